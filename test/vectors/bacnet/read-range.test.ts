import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../src/lib/log.ts'
import { parseApdu } from '../../../src/northbound/bacnet/wire/apdu.ts'
import { parseBvlc } from '../../../src/northbound/bacnet/wire/bvlc.ts'
import { parseNpdu } from '../../../src/northbound/bacnet/wire/npdu.ts'
import { Reader } from '../../../src/northbound/bacnet/wire/reader.ts'
import { readReadRangeAck } from '../../../src/northbound/bacnet/wire/service/read-range.ts'
import { journals } from '../../support/journal.ts'
import { udpPayloads } from '../../support/pcap.ts'
import { stack } from '../../unit/northbound/bacnet/support.ts'

const READ_RANGE = 26
/** Behind BVLC and NPDU of who is asked directly. */
const APDU_AT = 6
/** Opening 1, a REAL, closing 1. */
const datum = Uint8Array.from([0x1e, 0x2c, 0x41, 0x20, 0, 0, 0x1f])

function apduOf(datagram: Uint8Array) {
  const bvlc = parseBvlc(datagram)
  if (bvlc?.kind !== 'npdu') throw new Error('not an NPDU')
  return parseApdu(parseNpdu(bvlc.npdu).data)
}

/** `f` and `l` for the first and the last item, `m` for more; how many; the first sequence number. Or class and code. */
function shape(datagram: Uint8Array): string {
  const apdu = apduOf(datagram)
  if (apdu.kind === 'error') {
    const reader = new Reader(apdu.data)
    const [errorClass, errorCode] = [0, 1].map(() => reader.unsigned(reader.application('enumerated')))
    return `error ${errorClass}/${errorCode}`
  }
  if (apdu.kind !== 'complex-ack') return apdu.kind
  const { firstSequenceNumber, itemCount, resultFlags } = readReadRangeAck(new Reader(apdu.data))
  const { first, last, more } = resultFlags
  const sequence = firstSequenceNumber === undefined ? '' : ` #${firstSequenceNumber}`
  // How many fit depends on who answers.
  return `${first ? 'f' : ''}${last ? 'l' : ''}${more ? 'm' : ` ${itemCount}`}${sequence}`
}

/** What the bridge answers to each ReadRange of a capture with a log like that of its server, where it is another answer. */
async function differences(file: string, moments: readonly number[], last: number) {
  const journal = journals()
  const own = await stack({}, silentLog, { journal })
  const trend = { every: '1d', keep: moments.length }
  own.attach([{ object: 'analog-input', instance: 1, type: 'number', trend }])
  for (const book of journal.shelf.values()) {
    book.entries = moments.map((at, index) => ({ number: last - moments.length + 1 + index, at, data: datum }))
    book.last = last
  }
  const payloads = udpPayloads(join(import.meta.dirname, 'captures', file))
  const found: Record<number, string> = {}
  let compared = 0
  for (const [index, request] of payloads.entries()) {
    const asked = apduOf(request)
    if (asked.kind !== 'confirmed-request' || asked.service !== READ_RANGE) continue
    // Without segments: the answers of both servers have none.
    request[APDU_AT] = 0
    own.receive(Buffer.from(request).toString('hex'))
    const [answer] = own.take()
    const ours = shape(Uint8Array.from(Buffer.from(answer?.hex ?? '', 'hex')))
    const theirs = shape(payloads[index + 1] ?? new Uint8Array())
    compared += 1
    if (ours !== theirs) found[index + 1] = `${ours}, not ${theirs}`
  }
  return { compared, found }
}

describe('the ReadRange requests of another stack', () => {
  it('are answered as BACpypes3 does, but for what it forgives', async () => {
    const moments = Array.from({ length: 24 }, (_, n) => new Date(2026, 10, 22, 10, n < 19 ? n : n + 4).getTime())
    expect(await differences('read-range-bacpypes3-server.pcap', moments, 24)).toEqual({
      compared: 28,
      found: {
        // It tells at the most eight at once.
        23: 'fl 24, not fm',
        51: 'fl 24, not fm',
        // No items are asked for; one value is no list; a log is no array; a list of objects is an array.
        53: 'error 5/80, not  0',
        59: 'error 2/50, not f 5',
        61: 'error 5/22, not error 1/31',
      },
    })
  })

  it('are answered as bacnet-stack does, but for its mistakes', async () => {
    const start = new Date(2009, 1, 1).getTime()
    const moments = Array.from({ length: 1000 }, (_, n) => start + n * 15 * 60_000)
    expect(await differences('read-range-c-server.pcap', moments, 10_000)).toEqual({
      compared: 29,
      found: {
        // Position 0 is before the first item: it takes the last one for it.
        25: 'f 4, not  5',
        // No items; an object that is not there; a property that is no list.
        57: 'error 5/80, not error 5/0',
        61: 'error 1/31, not error 1/22',
        65: 'error 5/22, not error 2/22',
      },
    })
  })
})
