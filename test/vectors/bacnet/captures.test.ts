import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Apdu, parseApdu } from '../../../src/northbound/bacnet/wire/apdu.ts'
import { bvlcFunctions, parseBvlc } from '../../../src/northbound/bacnet/wire/bvlc.ts'
import { BacnetError, BacnetReject } from '../../../src/northbound/bacnet/wire/error-code.ts'
import { parseNpdu } from '../../../src/northbound/bacnet/wire/npdu.ts'
import type { ObjectId } from '../../../src/northbound/bacnet/wire/object-type.ts'
import { propertyIds } from '../../../src/northbound/bacnet/wire/property-id.ts'
import { Reader } from '../../../src/northbound/bacnet/wire/reader.ts'
import { readReadProperty } from '../../../src/northbound/bacnet/wire/service/read-property.ts'
import { readAccessSpecifications } from '../../../src/northbound/bacnet/wire/service/read-property-multiple.ts'
import { readSubscribeCov } from '../../../src/northbound/bacnet/wire/service/subscribe-cov.ts'
import { readWhoHas } from '../../../src/northbound/bacnet/wire/service/who-has.ts'
import { readWhoIs } from '../../../src/northbound/bacnet/wire/service/who-is.ts'
import { readWriteProperty } from '../../../src/northbound/bacnet/wire/service/write-property.ts'
import { readDestination } from '../../../src/northbound/bacnet/wire/type/destination.ts'
import { type ApplicationValue, readApplication, writeApplication } from '../../../src/northbound/bacnet/wire/value.ts'
import { Writer } from '../../../src/northbound/bacnet/wire/writer.ts'
import { udpPayloads } from '../../support/pcap.ts'

type Row = readonly string[]

const names = [
  'frame',
  'bvlc',
  'control',
  'dnet',
  'snet',
  'hops',
  'message',
  'type',
  'invokeId',
  'confirmed',
  'unconfirmed',
  'objects',
  'instances',
  'properties',
  'errorClass',
  'errorCode',
  'reject',
  'abort',
  'real',
  'text',
  'malformed',
] as const
type Field = (typeof names)[number]

const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected.json'), 'utf8')) as Record<string, Row[]>

/** tshark's fields of one frame. */
class Told {
  readonly #row: Row

  constructor(row: Row) {
    this.#row = row
  }

  text(field: Field): string {
    return this.#row[names.indexOf(field)] ?? ''
  }

  number(field: Field): number | undefined {
    const [first = ''] = this.text(field).split(',')
    return first === '' ? undefined : Number(first)
  }

  numbers(field: Field): readonly number[] {
    return this.text(field) === '' ? [] : this.text(field).split(',').map(Number)
  }
}

const kinds = [
  'confirmed-request',
  'unconfirmed-request',
  'simple-ack',
  'complex-ack',
  'segment-ack',
  'error',
  'reject',
  'abort',
] as const

/** What a decoded request names, in the order of its octets, as tshark lists it. */
interface Named {
  readonly objects: readonly ObjectId[]
  readonly properties: readonly number[]
}

function named(apdu: Apdu): Named | undefined {
  if (apdu.kind === 'unconfirmed-request') {
    if (apdu.service === 8) {
      readWhoIs(new Reader(apdu.data))
      return { objects: [], properties: [] }
    }
    if (apdu.service !== 7) return undefined
    const { object } = readWhoHas(new Reader(apdu.data))
    return { objects: typeof object === 'string' ? [] : [object], properties: [] }
  }
  if (apdu.kind !== 'confirmed-request' || apdu.segmented) return undefined
  const reader = new Reader(apdu.data)
  switch (apdu.service) {
    case 5: {
      const { object } = readSubscribeCov(reader)
      return { objects: [object], properties: [] }
    }
    case 12: {
      const { object, property } = readReadProperty(reader)
      return { objects: [object], properties: [property] }
    }
    case 14: {
      const all = [...readAccessSpecifications(reader)]
      return {
        objects: all.map(({ object }) => object),
        properties: all.flatMap(({ references }) => references.map(({ property }) => property)),
      }
    }
    case 15: {
      const { object, property, value } = readWriteProperty(reader)
      // An object identifier as the value is listed by tshark, too.
      const written =
        property === propertyIds['recipient-list']
          ? recipients(value)
          : values(value).flatMap((each) => (each.type === 'object-identifier' ? [each.value] : []))
      return { objects: [object, ...written], properties: [property] }
    }
    default:
      return undefined
  }
}

/** The devices of a list of destinations. */
function recipients(span: Uint8Array): readonly ObjectId[] {
  const reader = new Reader(span)
  const found: ObjectId[] = []
  while (!reader.done) {
    const { recipient } = readDestination(reader)
    if (recipient.kind === 'device') found.push({ type: 8, instance: recipient.instance })
  }
  return found
}

/** The primitive values of a span; nothing where it is constructed. */
function values(span: Uint8Array): readonly ApplicationValue[] {
  const reader = new Reader(span)
  const found: ApplicationValue[] = []
  while (!reader.done && reader.peek()?.context === false) found.push(readApplication(reader))
  return found
}

/** The values of a ReadProperty acknowledgement. */
function acknowledged(apdu: Apdu): readonly ApplicationValue[] {
  if (apdu.kind !== 'complex-ack' || apdu.segmented || apdu.service !== 12) return []
  const reader = new Reader(apdu.data)
  reader.objectId(reader.context(0))
  reader.unsigned(reader.context(1))
  if (reader.nextIsContext(2)) reader.unsigned(reader.context(2))
  reader.opening(3)
  return values(reader.span(3))
}

/** Requests that break the encoding on purpose, which tshark shows as far as they go: what each is refused with. */
const broken: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  // 19, 23: arguments cut off; 27: in the wrong order; 78 to 80: Who-Is with one limit, with the other, in the wrong order.
  'apdu-edge-c-server.pcap': {
    19: 'missing-required-parameter',
    23: 'missing-required-parameter',
    27: 'invalid-tag',
    78: 'missing-required-parameter',
    79: 'invalid-tag',
    80: 'invalid-tag',
  },
  // BVLC type 0x82 is BACnet/IPv6.
  'bvlc-bacpypes3-not-bbmd.pcap': { 48: 'bvlc' },
  // A lifetime without saying how to notify.
  'cov-bacpypes3-server.pcap': { 62: 'missing-required-parameter' },
  'cov-c-server.pcap': { 64: 'missing-required-parameter' },
  // Version 2 of the network layer.
  'routing-gw-network-messages.pcap': { 171: 'other' },
  // No property, no object.
  'rpm-bacpypes3-server.pcap': {
    27: 'missing-required-parameter',
    29: 'missing-required-parameter',
    30: 'missing-required-parameter',
  },
  'rpm-c-server.pcap': { 27: 'missing-required-parameter', 29: 'missing-required-parameter' },
  // Character sets DBCS, JIS and an unknown one, written and read back; an unsigned and a signed number without octets.
  'values-raw-c-server-1.pcap': {
    9: 'property/character-set-not-supported',
    12: 'property/character-set-not-supported',
    13: 'property/character-set-not-supported',
    16: 'property/character-set-not-supported',
    37: 'property/character-set-not-supported',
    40: 'property/character-set-not-supported',
    83: 'invalid-tag',
    115: 'invalid-tag',
  },
  // A REAL of three octets; eight unused bits; an unknown tag behind the value; a date of three octets.
  'values-raw-c-server-2.pcap': { 9: 'invalid-tag', 49: 'invalid-tag', 57: 'invalid-tag', 85: 'invalid-tag' },
  // One limit only.
  'who-is.pcap': { 25: 'missing-required-parameter' },
  // Priorities 0 and 17.
  'write-property-bacpypes3-server.pcap': { 27: 'parameter-out-of-range', 29: 'parameter-out-of-range' },
  'write-property-c-server.pcap': { 27: 'parameter-out-of-range', 29: 'parameter-out-of-range' },
}

describe.each(Object.entries(expected))('%s', (file, rows) => {
  const payloads = udpPayloads(join(import.meta.dirname, 'captures', file))

  it('has a payload for each frame', () => {
    expect(payloads).toHaveLength(rows.length)
  })

  it('is decoded as tshark decodes it', () => {
    const refused: Record<number, string> = {}
    rows.forEach((row, index) => {
      const told = new Told(row)
      const where = `frame ${told.text('frame')}`
      const bvlc = parseBvlc(payloads[index] ?? new Uint8Array())
      if (told.text('malformed') !== '') {
        expect(() => whole(payloads[index] ?? new Uint8Array()), where).not.toThrow(TypeError)
        return
      }
      if (bvlc === undefined) {
        refused[index + 1] = 'bvlc'
        return
      }
      const broadcast = told.number('bvlc') === 0x0b
      if (bvlc.kind !== 'npdu') {
        expect(bvlc.kind === 'other' ? bvlc.function : bvlcFunctions[bvlc.kind], where).toBe(told.number('bvlc'))
        return
      }
      expect([0x04, 0x0a, 0x0b], where).toContain(told.number('bvlc'))
      if (told.number('bvlc') !== 0x04) expect(bvlc.broadcast, where).toBe(broadcast)
      try {
        compareNpdu(bvlc.npdu, told, where)
      } catch (error) {
        if (!(error instanceof BacnetReject || error instanceof BacnetError)) throw error
        refused[index + 1] = error.message
      }
    })
    expect(refused).toEqual(broken[file] ?? {})
  })
})

function compareNpdu(bytes: Uint8Array, told: Told, where: string): void {
  const npdu = parseNpdu(bytes)
  const control = told.number('control') ?? 0
  if (control & 0x20) expect(npdu.destination?.network, where).toBe(told.number('dnet'))
  if (control & 0x08) expect(npdu.source?.network, where).toBe(told.number('snet'))
  expect(npdu.hopCount, where).toBe(told.number('hops'))
  if (npdu.message !== undefined) {
    expect(npdu.message, where).toBe(told.number('message'))
    return
  }
  if (told.text('type') === '') return
  const apdu = parseApdu(npdu.data)
  expect(apdu.kind, where).toBe(kinds[told.number('type') ?? -1])
  if ('invokeId' in apdu && told.text('invokeId') !== '') expect(apdu.invokeId, where).toBe(told.number('invokeId'))
  if ('service' in apdu) {
    const service = apdu.kind === 'unconfirmed-request' ? told.number('unconfirmed') : told.number('confirmed')
    if (service !== undefined) expect(apdu.service, where).toBe(service)
  }
  if (apdu.kind === 'reject') expect(apdu.reason, where).toBe(told.number('reject'))
  if (apdu.kind === 'abort') expect(apdu.reason, where).toBe(told.number('abort'))
  if (apdu.kind === 'error' && [5, 12, 14, 15].includes(apdu.service)) {
    expect(values(apdu.data), where).toEqual([
      { type: 'enumerated', value: told.number('errorClass') },
      { type: 'enumerated', value: told.number('errorCode') },
    ])
  }
  const request = named(apdu)
  if (request !== undefined) {
    expect(
      request.objects.map(({ type }) => type),
      where,
    ).toEqual(told.numbers('objects'))
    expect(
      request.objects.map(({ instance }) => instance),
      where,
    ).toEqual(told.numbers('instances'))
    expect(request.properties, where).toEqual(told.numbers('properties'))
  }
  const answer = acknowledged(apdu)
  const [only] = answer
  if (answer.length === 1 && only?.type === 'real')
    expect(only.value, where).toBeCloseTo(told.number('real') ?? Number.NaN, 3)
  if (
    answer.length === 1 &&
    only?.type === 'character-string' &&
    told.text('text') !== '' &&
    !only.value.includes('\0')
  )
    expect(only.value.slice(0, 200), where).toBe(told.text('text').slice(0, 200))
  // What was decoded is encoded again to the same octets, where the sender chose the shortest form.
  // Beyond 2^53 a number is rounded: no property here is that large.
  for (const value of answer)
    if (
      !('value' in value) ||
      Math.abs(Number(value.value)) <= Number.MAX_SAFE_INTEGER ||
      Number.isNaN(Number(value.value))
    )
      roundTrip(value, where)
}

function roundTrip(value: ApplicationValue, where: string): void {
  const writer = new Writer()
  writeApplication(writer, value)
  expect(readApplication(new Reader(writer.finish())), where).toEqual(value)
}

/** Everything that is done with a datagram before a service runs; what is malformed gives a typed error or nothing. */
function whole(datagram: Uint8Array): void {
  const bvlc = parseBvlc(datagram)
  if (bvlc?.kind !== 'npdu') return
  try {
    const npdu = parseNpdu(bvlc.npdu)
    if (npdu.message === undefined) named(parseApdu(npdu.data))
  } catch (error) {
    if (!(error instanceof BacnetReject || error instanceof BacnetError)) throw error
  }
}
