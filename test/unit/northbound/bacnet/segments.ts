import { expect } from 'vitest'
import { context, local, oid, type PointInit, read, type Stack, type Station, stack } from './support.ts'

/** One segment of a ComplexACK as this file's own decoder sees it. */
export interface Segment {
  readonly to: string
  readonly apdu: string
  readonly moreFollows: boolean
  readonly invokeId: number
  readonly sequence: number
  readonly window: number
  readonly service: number
  readonly data: string
}

export const byte = (value: number): string => value.toString(16).padStart(2, '0')

/** The APDU of a datagram, whatever addresses stand before it. */
export function apduOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  expect(bytes.readUInt16BE(2)).toBe(bytes.length)
  const control = bytes[5] ?? 0
  let at = 6
  if (control & 0x20) at += 3 + (bytes[at + 2] ?? 0)
  if (control & 0x08) at += 3 + (bytes[at + 2] ?? 0)
  if (control & 0x20) at += 1
  return hex.slice(at * 2)
}

export interface Datagram {
  readonly to: string
  readonly hex: string
}

export function segmentOf(sent: Datagram): Segment {
  const apdu = apduOf(sent.hex)
  // A segment expects an answer (6.2.2).
  expect(Number.parseInt(sent.hex.slice(10, 12), 16) & 0x04).toBe(0x04)
  const bytes = Buffer.from(apdu, 'hex')
  expect((bytes[0] ?? 0) & ~0x04).toBe(0x38)
  return {
    to: sent.to,
    apdu,
    moreFollows: ((bytes[0] ?? 0) & 0x04) !== 0,
    invokeId: bytes[1] ?? 0,
    sequence: bytes[2] ?? 0,
    window: bytes[3] ?? 0,
    service: bytes[4] ?? 0,
    data: apdu.slice(10),
  }
}

/** The segments that were sent since the last time; anything else fails. */
export function segments(own: Stack): readonly Segment[] {
  return own.take().map(segmentOf)
}

/** A SegmentACK of the client (20.1.6). */
export function ack(invokeId: number, sequence: number, window: number, flags = 0): string {
  return `${byte(0x40 | flags)}${byte(invokeId)}${byte(sequence & 0xff)}${byte(window)}`
}

export const NEGATIVE = 0x02
export const SERVER = 0x01

/** Max-APDU-length-accepted by its four bits (20.1.2.5). */
export const apduCodes = { 50: 0, 128: 1, 206: 2, 480: 3, 1024: 4, 1476: 5 } as const

/** A request that takes segments: `maxSegments` as its three bits. */
export function asking(service: number, data: string, apdu: number, maxSegments = 0, invokeId = 1): string {
  return `02${byte((maxSegments << 4) | apdu)}${byte(invokeId)}${byte(service)}${data}`
}

export interface Collected {
  readonly data: string
  readonly count: number
  /** Segments that came without an acknowledgement between them. */
  readonly most: number
  readonly longestApdu: number
}

/** Takes the rest of an answer behind the pieces that were `taken` (or the datagrams it begins with), acknowledging each window, and puts it together. */
export function collect(
  own: Stack,
  window: number,
  {
    invokeId = 1,
    from,
    wrap = local,
    taken = [],
    begun = [],
  }: {
    invokeId?: number
    from?: Station
    wrap?: (apdu: string) => string
    taken?: readonly string[]
    begun?: readonly Datagram[]
  } = {},
): Collected {
  const pieces = [...taken]
  let most = 0
  let longestApdu = 0
  for (;;) {
    const came = [...(pieces.length === taken.length ? begun.map(segmentOf) : []), ...segments(own)]
    if (came.length === 0) throw new Error(`nothing came after ${pieces.length} segments`)
    most = Math.max(most, came.length)
    for (const segment of came) {
      expect(segment.sequence).toBe(pieces.length % 256)
      expect(segment.invokeId).toBe(invokeId)
      longestApdu = Math.max(longestApdu, segment.apdu.length / 2)
      pieces.push(segment.data)
    }
    own.receive(wrap(ack(invokeId, pieces.length - 1, window)), from)
    if (came.at(-1)?.moreFollows === false) return { data: pieces.join(''), count: pieces.length, most, longestApdu }
  }
}

/** One segment of a confirmed request (20.1.2). */
export function requestSegment(
  service: number,
  data: string,
  {
    sequence,
    moreFollows,
    window = 4,
    invokeId = 1,
    accepts = false,
    apdu = 5,
  }: {
    sequence: number
    moreFollows: boolean
    window?: number
    invokeId?: number
    accepts?: boolean
    apdu?: number
  },
): string {
  const first = 0x08 | (moreFollows ? 0x04 : 0) | (accepts ? 0x02 : 0)
  return `${byte(first)}${byte(apdu)}${byte(invokeId)}${byte(sequence & 0xff)}${byte(window)}${byte(service)}${data}`
}

/** Hexadecimal digits cut into pieces of so many octets. */
export function cut(data: string, octets: number): readonly string[] {
  return data.match(new RegExp(`.{1,${octets * 2}}`, 'g')) ?? []
}

export const DEVICE = 8
export const OBJECT_LIST = 76
const READ = 12

export const input = (instance: number): PointInit => ({ object: 'analog-input', instance, type: 'number' })

/** A bridge whose own device has so many objects, itself included. */
export async function withObjects(count: number): Promise<Stack> {
  const own = await stack()
  own.attach([])
  const there = Number.parseInt(read(own, DEVICE, 4000, OBJECT_LIST, 0).slice(2), 16)
  own.attach(Array.from({ length: count - there }, (_, n) => input(n + 1)))
  return own
}

/** Asks for the Object_List. */
export const LIST = `0c${oid(DEVICE, 4000)}${context(1, OBJECT_LIST)}`
export const askList = (apdu: number, maxSegments = 0, invokeId = 1) =>
  local(asking(READ, LIST, apdu, maxSegments, invokeId))

/** The list by its elements, each asked for by its index. */
export function listByIndex(own: Stack, count: number): string {
  let list = ''
  for (let n = 1; n <= count; n += 1) list += read(own, DEVICE, 4000, OBJECT_LIST, n)
  return list
}

/** The parameters of the answer to `askList`. */
export const answered = (list: string) => `${LIST}3e${list}3f`
