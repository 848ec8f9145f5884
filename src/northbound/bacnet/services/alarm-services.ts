import type { DeviceModel } from '../objects/device-model.ts'
import { timeStampOf } from '../objects/event-properties.ts'
import { type EventSource, eventStateNumber, type Transition, transitionTo } from '../objects/event-source.ts'
import { PointObject } from '../objects/point-object.ts'
import { recipientText } from '../recipient-text.ts'
import { BacnetError } from '../wire/error-code.ts'
import { readAcknowledgeAlarm } from '../wire/service/acknowledge-alarm.ts'
import { writeAlarmSummary } from '../wire/service/get-alarm-summary.ts'
import {
  type GetEnrollmentSummary,
  readGetEnrollmentSummary,
  writeEnrollmentSummary,
} from '../wire/service/get-enrollment-summary.ts'
import {
  beginEventSummaries,
  endEventSummaries,
  readGetEventInformation,
  writeEventSummary,
} from '../wire/service/get-event-information.ts'
import { notifyTypes } from '../wire/type/enumerations.ts'
import type { RecipientProcess } from '../wire/type/recipient.ts'
import type { TimeStamp } from '../wire/type/time-stamp.ts'
import type { Writer } from '../wire/writer.ts'
import { type Alarms, classOf, eventTypeOf } from './alarms.ts'
import { found } from './read.ts'
import type { ConfirmedService } from './service.ts'

/** Longest run of events in one answer, where the client's room doesn't end it before. */
const MAX_SUMMARIES = 500
/** Octets that the end of an answer takes. */
const CLOSING_OCTETS = 3

const ANY = 255
/** Characters of who acknowledged, as others are told. */
const MAX_SOURCE = 64

const transitions: readonly Transition[] = [0, 1, 2]

/** AcknowledgeAlarm (13.5): of the last transition of a kind, by its time stamp. */
export function acknowledgeAlarmService(alarms: Alarms): ConfirmedService {
  return {
    guarded: true,
    execute({ client, device, reader }) {
      const { eventState, object: id, source: sent, timeStamp } = readAcknowledgeAlarm(reader)
      const object = found(device, id)
      const events = object instanceof PointObject ? object.events : undefined
      if (events === undefined) throw new BacnetError('object', 'no-alarm-configured')
      const transition = transitions.find((each) => isMeant(events, each, eventState))
      if (transition === undefined) throw new BacnetError('services', 'invalid-event-state')
      const { acked, last } = events.standing
      if (!isSame(timeStampOf(last[transition]?.at), timeStamp)) throw new BacnetError('services', 'invalid-time-stamp')
      const source = shortened(sent)
      alarms.acknowledged(events, transition, source)
      if (!acked[transition]) device.common.written(object, 'acked-transitions', `acknowledged by ${source}`, client)
    },
  }
}

/** GetAlarmSummary (13.10): what is an alarm now, and not normal. */
export function getAlarmSummaryService(): ConfirmedService {
  return {
    complex: true,
    execute({ device, reader }, answer) {
      reader.finish()
      for (const events of eventsOf(device)) {
        const { object, standing } = events
        if (standing.state === 'normal' || events.settings.notifyType !== 'alarm') continue
        const alarmState = eventStateNumber(standing.state)
        writeAlarmSummary(answer, { object, alarmState, acknowledgedTransitions: standing.acked })
      }
    },
  }
}

/** GetEventInformation (13.12): what is not normal or not acknowledged, in portions that the client can take. */
export function getEventInformationService(): ConfirmedService {
  return {
    complex: true,
    execute({ device, reader }, answer) {
      const after = readGetEventInformation(reader)
      const all = eventsOf(device)
      // The last that was told need not be told of any more: it is those behind it that are.
      const last = after === undefined ? undefined : device.find(after.type, after.instance)
      const from = last instanceof PointObject && last.events !== undefined ? all.indexOf(last.events) + 1 : 0
      beginEventSummaries(answer)
      let told = 0
      let more = false
      for (let index = from; index < all.length && !more; index += 1) {
        const events = all[index]
        if (events === undefined || !isToldOf(events)) continue
        const write = () => writeSummary(answer, events)
        more = told >= MAX_SUMMARIES || !answer.fits(CLOSING_OCTETS, write)
        // With no room for a single one the client would ask for ever: this aborts.
        if (more && told === 0) write()
        told += 1
      }
      endEventSummaries(answer, more)
    },
  }
}

/** GetEnrollmentSummary (13.11): the objects that can tell events, by what is asked for. */
export function getEnrollmentSummaryService(): ConfirmedService {
  return {
    complex: true,
    execute({ device, reader }, answer) {
      const asked = readGetEnrollmentSummary(reader)
      for (const events of eventsOf(device)) {
        const own = classOf(events)
        const priority = own?.priority[transitionTo(events.standing.state)] ?? 0
        if (!isAskedFor(events, asked, priority)) continue
        writeEnrollmentSummary(answer, {
          object: events.object,
          eventType: eventTypeOf(events),
          eventState: eventStateNumber(events.standing.state),
          priority,
          notificationClass: events.settings.notificationClass,
        })
      }
    },
  }
}

/** By device, for as long as it has the same objects: there may be a hundred thousand, and few of them have events. */
const sources = new WeakMap<DeviceModel, { readonly changes: number; readonly list: readonly EventSource[] }>()

function eventsOf(device: DeviceModel): readonly EventSource[] {
  const { changes, order } = device
  const known = sources.get(device)
  if (known?.changes === changes) return known.list
  const list = order.flatMap((object) => (object instanceof PointObject ? (object.events ?? []) : []))
  sources.set(device, { changes, list })
  return list
}

/** Whether GetEventInformation tells of it (13.12). */
function isToldOf({ standing }: EventSource): boolean {
  return standing.state !== 'normal' || standing.acked.some((acked) => !acked)
}

/** Whether an acknowledgement of a state means the last transition of that kind. */
function isMeant({ standing }: EventSource, transition: Transition, eventState: number): boolean {
  const state = standing.last[transition]?.state
  return state !== undefined && eventStateNumber(state) === eventState
}

/** Whether a client means this moment; some leave out the day of the week. */
function isSame(own: TimeStamp, sent: TimeStamp): boolean {
  if (own.kind !== 'date-time' || sent.kind !== 'date-time') return false
  const [year, month, day, weekday] = sent.dateTime.date
  const date = [year, month, day, weekday === ANY ? own.dateTime.date[3] : weekday]
  return [date, sent.dateTime.time].join() === [own.dateTime.date, own.dateTime.time].join()
}

function writeSummary(answer: Writer, events: EventSource): void {
  const { object, settings, standing } = events
  const [offnormal, fault, normal] = standing.last
  writeEventSummary(answer, {
    object,
    eventState: eventStateNumber(standing.state),
    acknowledgedTransitions: standing.acked,
    eventTimeStamps: [timeStampOf(offnormal?.at), timeStampOf(fault?.at), timeStampOf(normal?.at)],
    notifyType: notifyTypes[settings.notifyType],
    eventEnable: settings.enable,
    eventPriorities: classOf(events)?.priority ?? [0, 0, 0],
  })
}

function isAskedFor(events: EventSource, asked: GetEnrollmentSummary, priority: number): boolean {
  const { settings, standing } = events
  const isAcked = standing.acked.every((acked) => acked)
  if (asked.acknowledgment === 'acked' ? !isAcked : asked.acknowledgment === 'not-acked' && isAcked) return false
  if (asked.eventType !== undefined && asked.eventType !== eventTypeOf(events)) return false
  if (asked.notificationClass !== undefined && asked.notificationClass !== settings.notificationClass) return false
  if (asked.priority !== undefined && (priority < asked.priority.min || priority > asked.priority.max)) return false
  if (asked.enrollment !== undefined && !isEnrolled(events, asked.enrollment)) return false
  switch (asked.eventState) {
    case 'offnormal':
      return transitionTo(standing.state) === 0
    case 'fault':
      return standing.state === 'fault'
    case 'normal':
      return standing.state === 'normal'
    case 'active':
      return standing.state !== 'normal'
    case 'all':
    case undefined:
      return true
  }
}

function isEnrolled(events: EventSource, { process, recipient }: RecipientProcess): boolean {
  const text = recipientText(recipient)
  return (classOf(events)?.destinations ?? []).some(
    (own) => own.process === process && recipientText(own.recipient) === text,
  )
}

/** What anybody may send stands in the log and in a notification: one line, and not long. */
function shortened(text: string): string {
  return [...text.replaceAll(/\p{Cc}/gu, ' ')].slice(0, MAX_SOURCE).join('')
}
