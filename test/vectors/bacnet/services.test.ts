import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Apdu, parseApdu } from '../../../src/northbound/bacnet/wire/apdu.ts'
import { parseBvlc } from '../../../src/northbound/bacnet/wire/bvlc.ts'
import { BacnetReject, type RejectReason } from '../../../src/northbound/bacnet/wire/error-code.ts'
import { parseNpdu } from '../../../src/northbound/bacnet/wire/npdu.ts'
import { Reader } from '../../../src/northbound/bacnet/wire/reader.ts'
import { Writer } from '../../../src/northbound/bacnet/wire/writer.ts'
import {
  acknowledgements,
  type Codec,
  confirmedRequests,
  errors,
  unconfirmedRequests,
} from '../../support/bacnet-codecs.ts'
import { udpPayloads } from '../../support/pcap.ts'
import { shown, told } from '../../support/tshark-values.ts'

/** A row a frame: its number, then tshark's lines. */
const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'services.json'), 'utf8')) as Record<
  string,
  readonly (readonly string[])[]
>

const requestOf: Readonly<Record<number, Codec<unknown>>> = {
  0: confirmedRequests.acknowledgeAlarm,
  2: confirmedRequests.eventNotification,
  3: confirmedRequests.getAlarmSummary,
  4: confirmedRequests.getEnrollmentSummary,
  8: confirmedRequests.listElement,
  9: confirmedRequests.listElement,
  16: confirmedRequests.writePropertyMultiple,
  17: confirmedRequests.deviceCommunicationControl,
  20: confirmedRequests.reinitializeDevice,
  26: confirmedRequests.readRange,
  28: confirmedRequests.subscribeCovProperty,
  29: confirmedRequests.getEventInformation,
}
const unconfirmedOf: Readonly<Record<number, Codec<unknown>>> = {
  0: unconfirmedRequests.iAm,
  3: confirmedRequests.eventNotification,
  6: unconfirmedRequests.timeSynchronization,
  9: unconfirmedRequests.timeSynchronization,
}
const acknowledgementOf: Readonly<Record<number, Codec<unknown>>> = {
  3: acknowledgements.getAlarmSummary,
  26: acknowledgements.readRange,
  29: acknowledgements.getEventInformation,
}
const errorOf: Readonly<Record<number, Codec<unknown>>> = {
  8: errors.changeList,
  9: errors.changeList,
  16: errors.writePropertyMultiple,
}

function codecOf(apdu: Apdu): { readonly codec: Codec<unknown>; readonly data: Uint8Array } {
  if (!('data' in apdu)) throw new Error(`${apdu.kind} has no parameters`)
  const { service, data } = apdu
  const codec =
    apdu.kind === 'confirmed-request'
      ? requestOf[service]
      : apdu.kind === 'unconfirmed-request'
        ? unconfirmedOf[service]
        : apdu.kind === 'complex-ack'
          ? acknowledgementOf[service]
          : (errorOf[service] ?? errors.plain)
  if (codec === undefined) throw new Error(`no codec for ${apdu.kind} ${service}`)
  return { codec, data }
}

function apduOf(datagram: Uint8Array): Apdu {
  const bvlc = parseBvlc(datagram)
  if (bvlc?.kind !== 'npdu') throw new Error('no NPDU')
  return parseApdu(parseNpdu(bvlc.npdu).data)
}

/** Requests that break the encoding on purpose: what each is refused with. */
const broken: Readonly<Record<string, Readonly<Record<string, RejectReason>>>> = {
  // Priorities 0 and 17; no object.
  'wpm-bacpypes3-server.pcap': {
    23: 'parameter-out-of-range',
    25: 'parameter-out-of-range',
    31: 'missing-required-parameter',
    32: 'missing-required-parameter',
  },
  'wpm-c-server.pcap': {
    23: 'parameter-out-of-range',
    25: 'parameter-out-of-range',
    31: 'missing-required-parameter',
  },
}

/** Destinations for properties that have none: neither tshark nor anybody can say what they are there. */
const senseless: Readonly<Record<string, readonly string[]>> = { 'list-elements-bacpypes3-server.pcap': ['27', '29'] }

/** What an event type with no codec here tells is taken whole: up to there the two are compared. */
function comparable(value: unknown, lines: readonly string[]): readonly string[] {
  const taken = shown(value)
  return Object(Object(value).values).kind === 'other' ? told(lines).slice(0, taken.length) : told(lines)
}

function framesOf(file: string): readonly (ReturnType<typeof codecOf> & { frame: string; lines: readonly string[] })[] {
  const payloads = udpPayloads(join(import.meta.dirname, 'captures', file))
  return (expected[file] ?? []).map(([frame = '', ...lines]) => {
    const apdu = apduOf(payloads[Number(frame) - 1] ?? new Uint8Array())
    return { frame, lines, ...codecOf(apdu) }
  })
}

describe.each(Object.keys(expected))('%s', (file) => {
  const whole = framesOf(file).filter(({ frame }) => broken[file]?.[frame] === undefined)

  it('is read as tshark reads it', () => {
    for (const { frame, lines, codec, data } of whole) {
      if (senseless[file]?.includes(frame)) continue
      const reader = new Reader(data)
      const value = codec.read(reader)
      expect(reader.done, `frame ${frame}`).toBe(true)
      expect(shown(value), `frame ${frame}`).toEqual(comparable(value, lines))
    }
  })

  it('is written again to the same octets', () => {
    for (const { frame, codec, data } of whole) {
      const writer = new Writer()
      codec.write(writer, codec.read(new Reader(data)))
      expect(Buffer.from(writer.finish()).toString('hex'), `frame ${frame}`).toBe(Buffer.from(data).toString('hex'))
    }
  })
})

it.each(Object.keys(broken))('%s: requests that break the encoding are refused', (file) => {
  const refused: Record<string, string> = {}
  for (const { frame, codec, data } of framesOf(file)) {
    try {
      codec.read(new Reader(data))
    } catch (error) {
      if (!(error instanceof BacnetReject)) throw error
      refused[frame] = error.reason
    }
  }
  expect(refused).toEqual(broken[file])
})

it('every service is among the captures', () => {
  const used = new Set(Object.keys(expected).flatMap((file) => framesOf(file).map(({ codec }) => codec)))
  const known = [requestOf, unconfirmedOf, acknowledgementOf, errorOf].flatMap((table) => Object.values(table))
  expect(known.filter((codec) => !used.has(codec))).toEqual([])
})
