import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { timeStampOf } from '../objects/event-properties.ts'
import {
  type EventSettings,
  type EventSource,
  type EventState,
  eventStateNumber,
  replaced,
  TO_FAULT,
  type Transition,
  transitionTo,
} from '../objects/event-source.ts'
import { NotificationClass } from '../objects/notification-class.ts'
import type { PointObject } from '../objects/point-object.ts'
import { reliability, statusFlags, writePresentValue } from '../objects/point-properties.ts'
import { objectTypes } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import { eventTypes, notifyTypes, reliabilities } from '../wire/type/enumerations.ts'
import type { NotificationParameters } from '../wire/type/notification-parameters.ts'
import { Writer } from '../wire/writer.ts'
import type { Notification, Notifier } from './notifier.ts'

const NO_FAULT = reliabilities['no-fault-detected']

export interface AlarmsParts {
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds UTC, as the building counts them. */
  readonly now: () => number
  readonly notifier: Pick<Notifier, 'tell'>
  /** The status flags of an object have changed. */
  readonly flagsChanged: (object: PointObject) => void
}

interface Pending {
  readonly state: EventState
  /** Time_Delay when it began. */
  readonly settingMs: number
  readonly cancel: Cancel
}

/** Watches the conditions of all objects with events, and says when one begins or ends (13.2, 13.3). */
export class Alarms {
  readonly #parts: AlarmsParts
  /** A state that has to last before it counts. */
  readonly #pending = new Map<EventSource, Pending>()
  #startedAt: number

  constructor(parts: AlarmsParts) {
    this.#parts = parts
    this.#startedAt = parts.clock.steady()
  }

  start(): void {
    this.#startedAt = this.#parts.clock.steady()
  }

  /** A point's value, quality or service state changed, or what its alarm is. */
  changed(object: PointObject): void {
    const { events } = object
    if (events === undefined) return
    const { settings, standing } = events
    const { state } = standing
    const fault = reliability(object)
    const target = fault === NO_FAULT ? conditionOf(events, settings) : 'fault'
    const waiting = this.#pending.get(events)
    const delayMs = this.#delayMs(events, settings, target)
    // What waits goes on waiting, unless it need not any more.
    if (target === waiting?.state && waiting.settingMs === settings.delayMs && delayMs > 0) return
    waiting?.cancel()
    this.#pending.delete(events)
    // From one fault to another is a transition as well (13.2.2.1).
    if (target === state && (target !== 'fault' || fault === standing.reliability)) return
    if (delayMs === 0) {
      this.#enter(events, target)
      return
    }
    const cancel = this.#parts.clock.after(delayMs, () => {
      this.#pending.delete(events)
      this.#enter(events, target)
    })
    this.#pending.set(events, { state: target, settingMs: settings.delayMs, cancel })
  }

  forget(object: PointObject): void {
    if (object.events === undefined) return
    this.#pending.get(object.events)?.cancel()
    this.#pending.delete(object.events)
  }

  /** Tells everybody that a transition was acknowledged, once more if it was already (13.5.2). */
  acknowledged(events: EventSource, transition: Transition, source: string): void {
    const { object, standing } = events
    const happened = standing.last[transition]
    if (happened === undefined) return
    events.acknowledge(transition)
    this.#tell(events, transition, {
      object,
      timeStamp: timeStampOf(this.#parts.now()),
      eventType: happened.eventType,
      message: `${object.name}: acknowledged by ${source}`,
      notifyType: notifyTypes['ack-notification'],
      ackRequired: undefined,
      fromState: undefined,
      toState: eventStateNumber(happened.state),
      values: undefined,
    })
  }

  stop(): void {
    for (const { cancel } of this.#pending.values()) cancel()
    this.#pending.clear()
  }

  /** Faults come and go at once, and so does a limit that is disabled; whatever else has to last, and waits after a start. */
  #delayMs({ quietMs, standing: { state } }: EventSource, { delayMs, limits }: EventSettings, to: EventState): number {
    if (to === 'fault' || state === 'fault') return 0
    const [isLow, isHigh] = limits
    if ((state === 'high-limit' && !isHigh) || (state === 'low-limit' && !isLow)) return 0
    if (to === 'normal') return delayMs
    return Math.max(this.#startedAt + quietMs - this.#parts.clock.steady(), delayMs)
  }

  #enter(events: EventSource, to: EventState): void {
    const { object, settings, standing } = events
    const from = standing.state
    const transition = transitionTo(to)
    const own = classOf(events)
    // The end of a fault whose beginning nobody was told of is no news.
    const isNews = from !== 'fault' || to !== 'normal' || settings.enable[TO_FAULT]
    const isTold = settings.enable[transition] && isNews
    const at = this.#parts.now()
    const message = messageOf(object, from, to)
    const isFault = from === 'fault' || to === 'fault'
    const eventType = isFault ? eventTypes['change-of-reliability'] : eventTypeOf(events)
    // Nobody can be asked to acknowledge what nobody was told (12.2, Acked_Transitions).
    const needsAck = isTold && own?.ackRequired[transition] === true
    events.stand({
      state: to,
      reliability: reliability(object),
      acked: replaced(standing.acked, transition, !needsAck),
      last: replaced(standing.last, transition, { at, state: to, eventType, message }),
    })
    if (isTold) {
      const words = to === 'normal' ? 'the alarm is over' : 'alarm'
      this.#parts.log.info({ charger: object.charger?.id, object: object.name, from, to }, `${words}: ${message}`)
      this.#tell(events, transition, {
        object,
        timeStamp: timeStampOf(at),
        eventType,
        message,
        notifyType: notifyTypes[settings.notifyType],
        ackRequired: needsAck,
        fromState: eventStateNumber(from),
        toState: eventStateNumber(to),
        values: parametersOf(events, from, to),
      })
    }
    this.#parts.flagsChanged(object)
    // From a fault it goes through normal to what the value says.
    this.changed(object)
  }

  #tell(events: EventSource, transition: Transition, notification: Notification): void {
    const own = classOf(events)
    if (own !== undefined) this.#parts.notifier.tell(own, transition, notification)
  }
}

/** The notification class of an object, if it is one that is there. */
export function classOf({ object, settings }: EventSource): NotificationClass | undefined {
  const own = object.device.find(objectTypes['notification-class'], settings.notificationClass)
  return own instanceof NotificationClass ? own : undefined
}

/** BACnetEventType of an object's algorithm. */
export function eventTypeOf({ states }: EventSource): number {
  return states === undefined ? eventTypes['out-of-range'] : eventTypes['change-of-state']
}

/** The state that the value asks for (13.3.2, 13.3.6): from one limit to the other it goes through normal. */
function conditionOf({ object, standing, states }: EventSource, settings: EventSettings): EventState {
  const { value } = object.point
  const { state: before } = standing
  // What went through a fault is judged from normal on.
  if (before === 'fault') return 'normal'
  if (states !== undefined) {
    const state = typeof value === 'boolean' ? Number(value) : Number(value ?? -1)
    return states.includes(state) ? 'offnormal' : 'normal'
  }
  const number = Number(value)
  const { deadband, high, limits, low } = settings
  const [isLow, isHigh] = limits
  if (before === 'high-limit') return isHigh && number >= high - deadband ? before : 'normal'
  if (before === 'low-limit') return isLow && number <= low + deadband ? before : 'normal'
  if (isHigh && number > high) return 'high-limit'
  return isLow && number < low ? 'low-limit' : 'normal'
}

function parametersOf(events: EventSource, from: EventState, to: EventState): NotificationParameters {
  const { object, settings, states } = events
  const flags = statusFlags(object)
  if (from === 'fault' || to === 'fault') {
    const writer = new Writer(256)
    writePresentValue(writer, object)
    const presentValue = {
      property: propertyIds['present-value'],
      index: undefined,
      value: writer.finish(),
      priority: undefined,
    }
    return {
      kind: 'change-of-reliability',
      reliability: reliability(object),
      statusFlags: flags,
      propertyValues: [presentValue],
    }
  }
  const { value } = object.point
  if (states !== undefined) {
    const newState =
      typeof value === 'boolean'
        ? ({ kind: 'binary', value: Number(value) } as const)
        : ({ kind: 'unsigned', value: Number(value) + 1 } as const)
    return { kind: 'change-of-state', newState, statusFlags: flags }
  }
  const isHigh = to === 'high-limit' || from === 'high-limit'
  return {
    kind: 'out-of-range',
    exceedingValue: Number(value),
    statusFlags: flags,
    deadband: settings.deadband,
    exceededLimit: isHigh ? settings.high : settings.low,
  }
}

/** One line for the operator. */
function messageOf(object: PointObject, from: EventState, to: EventState): string {
  const { point } = object
  const { name } = object
  if (to === 'fault') return `${name}: value not reliable`
  if (from === 'fault') return `${name}: value reliable again`
  const shown =
    point.definition.type === 'state' || point.definition.type === 'boolean'
      ? object.stateTexts?.[Number(point.value)]
      : `${Math.round(Number(point.value) * 1000) / 1000}${point.unit === undefined ? '' : ` ${point.unit}`}`
  const words = { 'high-limit': ', above its limit', 'low-limit': ', below its limit', offnormal: '', normal: '' }
  return `${name}: ${shown ?? 'unknown'}${words[to]}`
}
