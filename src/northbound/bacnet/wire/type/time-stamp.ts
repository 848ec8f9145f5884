import { BacnetReject } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import { type Four, readFour } from '../value.ts'
import type { Writer } from '../writer.ts'
import { type DateTime, readDateTime, writeDateTime } from './date-time.ts'

/** BACnetTimeStamp (clause 21). */
export type TimeStamp =
  | { readonly kind: 'time'; readonly time: Four }
  | { readonly kind: 'sequence'; readonly sequence: number }
  | { readonly kind: 'date-time'; readonly dateTime: DateTime }

export function readTimeStamp(reader: Reader): TimeStamp {
  if (reader.done) throw new BacnetReject('missing-required-parameter')
  if (reader.nextIsContext(0)) return { kind: 'time', time: readFour(reader, reader.context(0)) }
  if (reader.nextIsContext(1)) return { kind: 'sequence', sequence: reader.unsigned(reader.context(1)) }
  reader.opening(2)
  const dateTime = readDateTime(reader)
  reader.closing(2)
  return { kind: 'date-time', dateTime }
}

export function writeTimeStamp(writer: Writer, stamp: TimeStamp): void {
  switch (stamp.kind) {
    case 'time':
      writer.contextFourOctets(0, stamp.time)
      break
    case 'sequence':
      writer.contextUnsigned(1, stamp.sequence)
      break
    case 'date-time':
      writer.opening(2)
      writeDateTime(writer, stamp.dateTime)
      writer.closing(2)
  }
}

/** A time stamp between the tags of a parameter. */
export function readTimeStampIn(reader: Reader, number: number): TimeStamp {
  reader.opening(number)
  const stamp = readTimeStamp(reader)
  reader.closing(number)
  return stamp
}

export function writeTimeStampIn(writer: Writer, number: number, stamp: TimeStamp): void {
  writer.opening(number)
  writeTimeStamp(writer, stamp)
  writer.closing(number)
}
