import type { Reader } from '../reader.ts'
import { type DateTime, readDateTime, writeDateTime } from '../type/date-time.ts'
import type { Writer } from '../writer.ts'

/** The parameters of TimeSynchronization, in local time, and of UTCTimeSynchronization (clause 21). */
export function readTimeSynchronization(reader: Reader): DateTime {
  const dateTime = readDateTime(reader)
  reader.finish()
  return dateTime
}

export function writeTimeSynchronization(writer: Writer, dateTime: DateTime): void {
  writeDateTime(writer, dateTime)
}
