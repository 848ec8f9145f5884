import type { JournalEntry } from '../../../core/keep.ts'
import { errorClasses, errorCodes } from '../wire/error-code.ts'
import { Reader } from '../wire/reader.ts'
import { localDateTime } from '../wire/type/date-time.ts'
import { type LogDatum, writeLogContent, writeLogTimestamp } from '../wire/type/log-record.ts'
import { readApplication } from '../wire/value.ts'
import { Writer } from '../wire/writer.ts'
import type { PointObject } from './point-object.ts'
import { writePresentValue } from './point-properties.ts'

const scratch = new Writer(256)

/**
 * What a log records of an object's Present_Value. Of a value that never came: that it could not be had (12.25.14). Its
 * Present_Value reads as 0, which would stand in charts and sums, and NULL is the value of what has the type NULL.
 */
export function loggedValue(object: PointObject): LogDatum {
  writePresentValue(scratch.reset(), object)
  if (object.point.value === undefined)
    return { kind: 'failure', errorClass: errorClasses.property, errorCode: errorCodes['value-not-initialized'] }
  const data = scratch.finish()
  const value = readApplication(new Reader(data))
  switch (value.type) {
    case 'real':
    case 'enumerated':
    case 'unsigned':
      return { kind: value.type, value: value.value }
    default:
      return { kind: 'any', data }
  }
}

/** A record without its timestamp, as a journal keeps it. */
export function keptRecord(datum: LogDatum, statusFlags: number | undefined): Uint8Array {
  writeLogContent(scratch.reset(), datum, statusFlags)
  return scratch.finish()
}

/** The record that a journal kept, as a BACnetLogRecord. */
export function writeKeptRecord(writer: Writer, { at, data }: JournalEntry): void {
  writeLogTimestamp(writer, localDateTime(at))
  writer.octets(data)
}
