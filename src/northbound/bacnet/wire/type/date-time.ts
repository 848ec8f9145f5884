import type { Reader } from '../reader.ts'
import { type Four, readFour } from '../value.ts'
import type { Writer } from '../writer.ts'

/** BACnetDateTime (clause 21): a date and a time, each as its four octets with wildcards (255). */
export interface DateTime {
  readonly date: Four
  readonly time: Four
}

/** A moment (milliseconds UTC) in the time zone of this machine. Years count from 1900, weekdays from Monday = 1 (20.2.12). */
export function localDateTime(ms: number): DateTime {
  const at = new Date(ms)
  const date = [at.getFullYear() - 1900, at.getMonth() + 1, at.getDate(), at.getDay() || 7] as const
  return { date, time: [at.getHours(), at.getMinutes(), at.getSeconds(), Math.floor(at.getMilliseconds() / 10)] }
}

/** Milliseconds UTC of a moment that is said in full, in this machine's time zone or in UTC; undefined with wildcards, or no such day. */
export function millisecondsOf({ date, time }: DateTime, zone: 'local' | 'utc'): number | undefined {
  const [year, month, day] = date
  const [hour, minute, second, hundredths] = time
  if (year === 255 || month < 1 || month > 12 || day < 1 || day > 31) return undefined
  if (hour > 23 || minute > 59 || second > 59 || hundredths > 99) return undefined
  const parts = [year + 1900, month - 1, day, hour, minute, second, hundredths * 10] as const
  return zone === 'utc' ? Date.UTC(...parts) : new Date(...parts).getTime()
}

export function readDateTime(reader: Reader): DateTime {
  const date = readFour(reader, reader.application('date'))
  return { date, time: readFour(reader, reader.application('time')) }
}

export function writeDateTime(writer: Writer, { date, time }: DateTime): void {
  writer.fourOctets('date', date).fourOctets('time', time)
}
