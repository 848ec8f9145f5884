import type { Reader } from '../reader.ts'
import { type Four, readBoolean, readExactBits, readFour } from '../value.ts'
import type { Writer } from '../writer.ts'
import { type Recipient, readRecipient, writeRecipient } from './recipient.ts'

/** BACnetDestination (clause 21): who is told of a notification class's events, and when. */
export interface Destination {
  /** Monday to Sunday. */
  readonly validDays: readonly boolean[]
  readonly fromTime: Four
  readonly toTime: Four
  readonly recipient: Recipient
  readonly process: number
  readonly confirmed: boolean
  /** To off-normal, to fault, to normal. */
  readonly transitions: readonly boolean[]
}

export function readDestination(reader: Reader): Destination {
  const validDays = readExactBits(reader, reader.application('bit-string'), 7)
  const fromTime = readFour(reader, reader.application('time'))
  const toTime = readFour(reader, reader.application('time'))
  const recipient = readRecipient(reader)
  const process = reader.unsigned(reader.application('unsigned'))
  const confirmed = readBoolean(reader)
  const transitions = readExactBits(reader, reader.application('bit-string'), 3)
  return { validDays, fromTime, toTime, recipient, process, confirmed, transitions }
}

export function writeDestination(writer: Writer, destination: Destination): void {
  const { validDays, fromTime, toTime, recipient, process, confirmed, transitions } = destination
  writer.bitString(7, (bit) => validDays[bit] === true)
  writer.fourOctets('time', fromTime).fourOctets('time', toTime)
  writeRecipient(writer, recipient)
  writer.unsigned(process).boolean(confirmed)
  writer.bitString(3, (bit) => transitions[bit] === true)
}
