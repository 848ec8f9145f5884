import { enumerationName } from '../enumeration.ts'
import { BacnetReject } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import { applicationTags, type Reader } from '../reader.ts'
import { type RecipientProcess, readRecipientProcess, writeRecipientProcess } from '../type/recipient.ts'
import type { Writer } from '../writer.ts'

const acknowledgmentFilters = { all: 0, acked: 1, 'not-acked': 2 } as const
const eventStateFilters = { offnormal: 0, fault: 1, normal: 2, all: 3, active: 4 } as const

/** GetEnrollmentSummary (clause 21): which objects are asked for; an absent filter lets all pass. */
export interface GetEnrollmentSummary {
  readonly acknowledgment: keyof typeof acknowledgmentFilters
  readonly enrollment: RecipientProcess | undefined
  readonly eventState: keyof typeof eventStateFilters | undefined
  readonly eventType: number | undefined
  /** Both included, 0 to 255. */
  readonly priority: { readonly min: number; readonly max: number } | undefined
  readonly notificationClass: number | undefined
}

export function readGetEnrollmentSummary(reader: Reader): GetEnrollmentSummary {
  const acknowledgment = enumerationName(acknowledgmentFilters, reader.unsigned(reader.context(0)))
  const enrollment = reader.nextIsOpening(1) ? readEnrollment(reader) : undefined
  const eventState = reader.nextIsContext(2)
    ? enumerationName(eventStateFilters, reader.unsigned(reader.context(2)))
    : undefined
  const eventType = reader.nextIsContext(3) ? reader.unsigned(reader.context(3)) : undefined
  const priority = reader.nextIsOpening(4) ? readPriority(reader) : undefined
  const notificationClass = reader.nextIsContext(5) ? reader.unsigned(reader.context(5)) : undefined
  reader.finish()
  return { acknowledgment, enrollment, eventState, eventType, priority, notificationClass }
}

function readEnrollment(reader: Reader): RecipientProcess {
  reader.opening(1)
  const enrollment = readRecipientProcess(reader)
  reader.closing(1)
  return enrollment
}

function readPriority(reader: Reader): { readonly min: number; readonly max: number } {
  reader.opening(4)
  const min = reader.unsigned(reader.context(0))
  const max = reader.unsigned(reader.context(1))
  reader.closing(4)
  if (min > 255 || max > 255) throw new BacnetReject('parameter-out-of-range')
  return { min, max }
}

export function writeGetEnrollmentSummary(writer: Writer, request: GetEnrollmentSummary): void {
  const { enrollment, eventState, eventType, priority, notificationClass } = request
  writer.contextUnsigned(0, acknowledgmentFilters[request.acknowledgment])
  if (enrollment !== undefined) {
    writer.opening(1)
    writeRecipientProcess(writer, enrollment)
    writer.closing(1)
  }
  if (eventState !== undefined) writer.contextUnsigned(2, eventStateFilters[eventState])
  if (eventType !== undefined) writer.contextUnsigned(3, eventType)
  if (priority !== undefined) {
    writer.opening(4).contextUnsigned(0, priority.min).contextUnsigned(1, priority.max).closing(4)
  }
  if (notificationClass !== undefined) writer.contextUnsigned(5, notificationClass)
}

/** One object of the acknowledgement. */
export interface EnrollmentSummary {
  readonly object: ObjectId
  readonly eventType: number
  readonly eventState: number
  readonly priority: number
  readonly notificationClass: number | undefined
}

export function writeEnrollmentSummary(writer: Writer, summary: EnrollmentSummary): void {
  const { object, eventType, eventState, priority, notificationClass } = summary
  writer.objectId(object.type, object.instance).enumerated(eventType).enumerated(eventState).unsigned(priority)
  if (notificationClass !== undefined) writer.unsigned(notificationClass)
}

export function readGetEnrollmentSummaryAck(reader: Reader): readonly EnrollmentSummary[] {
  const summaries: EnrollmentSummary[] = []
  while (!reader.done) {
    const object = reader.objectId(reader.application('object-identifier'))
    const eventType = reader.unsigned(reader.application('enumerated'))
    const eventState = reader.unsigned(reader.application('enumerated'))
    const priority = reader.unsigned(reader.application('unsigned'))
    const next = reader.peek()
    const classFollows = next !== undefined && !next.context && next.number === applicationTags.unsigned
    const notificationClass = classFollows ? reader.unsigned(reader.application('unsigned')) : undefined
    summaries.push({ object, eventType, eventState, priority, notificationClass })
  }
  return summaries
}
