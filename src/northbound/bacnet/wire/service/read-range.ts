import { BacnetReject } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { type DateTime, readDateTime, writeDateTime } from '../type/date-time.ts'
import { readExactBits } from '../value.ts'
import type { Writer } from '../writer.ts'

/** Where reading begins; `count` items from there on, or as many up to there where it is negative. */
export type Range =
  | { readonly kind: 'position'; readonly index: number; readonly count: number }
  | { readonly kind: 'sequence'; readonly sequence: number; readonly count: number }
  | { readonly kind: 'time'; readonly time: DateTime; readonly count: number }

/** ReadRange (15.8); without a range: all items. */
export interface ReadRange {
  readonly object: ObjectId
  readonly property: number
  readonly index: number | undefined
  readonly range: Range | undefined
}

const BY_POSITION = 3
const BY_SEQUENCE = 6
const BY_TIME = 7

export function readReadRange(reader: Reader): ReadRange {
  const object = reader.objectId(reader.context(0))
  const property = reader.unsigned(reader.context(1))
  const index = reader.nextIsContext(2) ? reader.unsigned(reader.context(2)) : undefined
  const range = reader.done ? undefined : readRange(reader)
  reader.finish()
  return { object, property, index, range }
}

function readRange(reader: Reader): Range {
  const { number, opening } = reader.tag()
  if (!opening) throw new BacnetReject('invalid-tag')
  const range = readReference(reader, number)
  reader.closing(number)
  return range
}

function readReference(reader: Reader, number: number): Range {
  switch (number) {
    case BY_POSITION: {
      const index = reader.unsigned(reader.application('unsigned'))
      return { kind: 'position', index, count: readCount(reader) }
    }
    case BY_SEQUENCE: {
      const sequence = reader.unsigned(reader.application('unsigned'))
      return { kind: 'sequence', sequence, count: readCount(reader) }
    }
    case BY_TIME: {
      const time = readDateTime(reader)
      return { kind: 'time', time, count: readCount(reader) }
    }
    default:
      throw new BacnetReject('invalid-tag')
  }
}

function readCount(reader: Reader): number {
  return reader.signed(reader.application('signed'))
}

export function writeReadRange(writer: Writer, { object, property, index, range }: ReadRange): void {
  writer.contextObjectId(0, object.type, object.instance).contextUnsigned(1, property)
  if (index !== undefined) writer.contextUnsigned(2, index)
  switch (range?.kind) {
    case 'position':
      writer.opening(BY_POSITION).unsigned(range.index).signed(range.count).closing(BY_POSITION)
      break
    case 'sequence':
      writer.opening(BY_SEQUENCE).unsigned(range.sequence).signed(range.count).closing(BY_SEQUENCE)
      break
    case 'time':
      writer.opening(BY_TIME)
      writeDateTime(writer, range.time)
      writer.signed(range.count).closing(BY_TIME)
  }
}

/** ReadRange-ACK (15.8). */
export interface ReadRangeAck {
  readonly object: ObjectId
  readonly property: number
  readonly index: number | undefined
  /** The first and the last item of the list are among these; there are more than fit. */
  readonly resultFlags: { readonly first: boolean; readonly last: boolean; readonly more: boolean }
  readonly itemCount: number
  /** The octets of all items. */
  readonly itemData: Uint8Array
  /** Only where the range was given by sequence or time, and there are items. */
  readonly firstSequenceNumber: number | undefined
}

export function readReadRangeAck(reader: Reader): ReadRangeAck {
  const object = reader.objectId(reader.context(0))
  const property = reader.unsigned(reader.context(1))
  const index = reader.nextIsContext(2) ? reader.unsigned(reader.context(2)) : undefined
  const [first = false, last = false, more = false] = readExactBits(reader, reader.context(3), 3)
  const itemCount = reader.unsigned(reader.context(4))
  reader.opening(5)
  const itemData = reader.span(5)
  const firstSequenceNumber = reader.nextIsContext(6) ? reader.unsigned(reader.context(6)) : undefined
  reader.finish()
  return { object, property, index, resultFlags: { first, last, more }, itemCount, itemData, firstSequenceNumber }
}

export function writeReadRangeAck(writer: Writer, ack: ReadRangeAck): void {
  const { object, property, index, resultFlags, itemCount, itemData, firstSequenceNumber } = ack
  writer.contextObjectId(0, object.type, object.instance).contextUnsigned(1, property)
  if (index !== undefined) writer.contextUnsigned(2, index)
  writer.contextBitString(3, [resultFlags.first, resultFlags.last, resultFlags.more]).contextUnsigned(4, itemCount)
  writer.opening(5).octets(itemData).closing(5)
  if (firstSequenceNumber !== undefined) writer.contextUnsigned(6, firstSequenceNumber)
}
