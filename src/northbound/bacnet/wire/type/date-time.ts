import type { Reader } from '../reader.ts'
import { type Four, readFour } from '../value.ts'
import type { Writer } from '../writer.ts'

/** BACnetDateTime (clause 21): a date and a time, each as its four octets with wildcards (255). */
export interface DateTime {
  readonly date: Four
  readonly time: Four
}

export function readDateTime(reader: Reader): DateTime {
  const date = readFour(reader, reader.application('date'))
  return { date, time: readFour(reader, reader.application('time')) }
}

export function writeDateTime(writer: Writer, { date, time }: DateTime): void {
  writer.fourOctets('date', date).fourOctets('time', time)
}
