import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { readTimeStampIn, type TimeStamp, writeTimeStampIn } from '../type/time-stamp.ts'
import { readText } from '../value.ts'
import type { Writer } from '../writer.ts'

/** AcknowledgeAlarm (13.5). */
export interface AcknowledgeAlarm {
  readonly process: number
  readonly object: ObjectId
  readonly eventState: number
  /** Of the event that is acknowledged. */
  readonly timeStamp: TimeStamp
  readonly source: string
  readonly timeOfAcknowledgment: TimeStamp
}

export function readAcknowledgeAlarm(reader: Reader): AcknowledgeAlarm {
  const process = reader.unsigned(reader.context(0))
  const object = reader.objectId(reader.context(1))
  const eventState = reader.unsigned(reader.context(2))
  const timeStamp = readTimeStampIn(reader, 3)
  const source = readText(reader, reader.context(4))
  const timeOfAcknowledgment = readTimeStampIn(reader, 5)
  reader.finish()
  return { process, object, eventState, timeStamp, source, timeOfAcknowledgment }
}

export function writeAcknowledgeAlarm(writer: Writer, request: AcknowledgeAlarm): void {
  const { process, object, eventState, timeStamp, source, timeOfAcknowledgment } = request
  writer.contextUnsigned(0, process).contextObjectId(1, object.type, object.instance).contextUnsigned(2, eventState)
  writeTimeStampIn(writer, 3, timeStamp)
  writer.contextCharacterString(4, source)
  writeTimeStampIn(writer, 5, timeOfAcknowledgment)
}
