import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { readTimeStamp, type TimeStamp, writeTimeStamp } from '../type/time-stamp.ts'
import { readExactBits } from '../value.ts'
import type { Writer } from '../writer.ts'

/** GetEventInformation: the last object of the answer before, absent in the first request. */
export function readGetEventInformation(reader: Reader): ObjectId | undefined {
  const last = reader.done ? undefined : reader.objectId(reader.context(0))
  reader.finish()
  return last
}

export function writeGetEventInformation(writer: Writer, last: ObjectId | undefined): void {
  if (last !== undefined) writer.contextObjectId(0, last.type, last.instance)
}

/** One object's events (clause 21). Threes are to off-normal, to fault, to normal. */
export interface EventSummary {
  readonly object: ObjectId
  readonly eventState: number
  readonly acknowledgedTransitions: readonly boolean[]
  readonly eventTimeStamps: readonly [TimeStamp, TimeStamp, TimeStamp]
  readonly notifyType: number
  readonly eventEnable: readonly boolean[]
  readonly eventPriorities: readonly [number, number, number]
}

/** The acknowledgement: begin, then each summary, then end. */
export function beginEventSummaries(writer: Writer): void {
  writer.opening(0)
}

export function writeEventSummary(writer: Writer, summary: EventSummary): void {
  const { object, eventState, acknowledgedTransitions, eventTimeStamps, notifyType, eventEnable } = summary
  writer.contextObjectId(0, object.type, object.instance).contextUnsigned(1, eventState)
  writer.contextBitString(2, acknowledgedTransitions).opening(3)
  for (const stamp of eventTimeStamps) writeTimeStamp(writer, stamp)
  writer.closing(3).contextUnsigned(4, notifyType).contextBitString(5, eventEnable).opening(6)
  for (const priority of summary.eventPriorities) writer.unsigned(priority)
  writer.closing(6)
}

/** `more`: there are events beyond those told, to be asked for with the last object. */
export function endEventSummaries(writer: Writer, more: boolean): void {
  writer.closing(0).contextBoolean(1, more)
}

export function readGetEventInformationAck(reader: Reader): {
  readonly summaries: readonly EventSummary[]
  readonly moreEvents: boolean
} {
  const summaries: EventSummary[] = []
  reader.opening(0)
  while (!reader.nextIsClosing(0)) summaries.push(readEventSummary(reader))
  reader.closing(0)
  const moreEvents = reader.boolean(reader.context(1))
  reader.finish()
  return { summaries, moreEvents }
}

function readEventSummary(reader: Reader): EventSummary {
  const object = reader.objectId(reader.context(0))
  const eventState = reader.unsigned(reader.context(1))
  const acknowledgedTransitions = readExactBits(reader, reader.context(2), 3)
  reader.opening(3)
  const eventTimeStamps = [readTimeStamp(reader), readTimeStamp(reader), readTimeStamp(reader)] as const
  reader.closing(3)
  const notifyType = reader.unsigned(reader.context(4))
  const eventEnable = readExactBits(reader, reader.context(5), 3)
  reader.opening(6)
  const priority = () => reader.unsigned(reader.application('unsigned'))
  const eventPriorities = [priority(), priority(), priority()] as const
  reader.closing(6)
  return { object, eventState, acknowledgedTransitions, eventTimeStamps, notifyType, eventEnable, eventPriorities }
}
