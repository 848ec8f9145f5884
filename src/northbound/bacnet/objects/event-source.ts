import { z } from 'zod'
import type { AlarmClass } from '../alarm.ts'
import { type AlarmRow, alarmClasses, alarmCondition } from '../alarm.ts'
import { eventStates, reliabilities } from '../wire/type/enumerations.ts'
import type { PointObject } from './point-object.ts'

const states = ['normal', 'fault', 'offnormal', 'high-limit', 'low-limit'] as const
export type EventState = (typeof states)[number]
export type Three<T> = readonly [T, T, T]
/** A place in the arrays of three (clause 21, BACnetEventTransitionBits). */
export type Transition = 0 | 1 | 2
const TO_OFFNORMAL = 0
export const TO_FAULT = 1
const TO_NORMAL = 2

/** The last transition of a kind. */
interface Happened {
  /** Milliseconds, as the building counts them. */
  readonly at: number
  readonly state: EventState
  /** BACnetEventType of what was told: faults have their own. */
  readonly eventType: number
  readonly message: string
}

/** What clients may set; kept over restarts. */
export interface EventSettings {
  readonly enable: Three<boolean>
  readonly delayMs: number
  readonly notifyType: 'alarm' | 'event'
  readonly notificationClass: number
  /** Only where the condition is a range. */
  readonly high: number
  readonly low: number
  readonly deadband: number
  /** Low, then high (clause 21, BACnetLimitEnable). */
  readonly limits: readonly [boolean, boolean]
}

/** How things stand; kept over restarts. */
export interface EventStanding {
  readonly state: EventState
  /** BACnetReliability when it came to this: another one is another fault. */
  readonly reliability: number
  readonly acked: Three<boolean>
  readonly last: Three<Happened | undefined>
}

const fresh: EventStanding = {
  state: 'normal',
  reliability: reliabilities['no-fault-detected'],
  acked: [true, true, true],
  last: [undefined, undefined, undefined],
}

const three = z.tuple([z.boolean(), z.boolean(), z.boolean()])
const LATEST_MS = 8.64e15
/** JSON has no undefined: what never happened is null there. */
const happened = z
  .object({
    at: z.number().int().min(0).max(LATEST_MS),
    state: z.enum(states),
    eventType: z.number().int().min(0),
    message: z.string(),
  })
  .nullable()
  .transform((own): Happened | undefined => own ?? undefined)
const keptStanding = z.object({
  state: z.enum(states),
  reliability: z.number().int().min(0),
  acked: three,
  last: z.tuple([happened, happened, happened]),
})
const keptSettings = z.object({
  enable: three.exactOptional(),
  delayMs: z.number().int().min(0).exactOptional(),
  notifyType: z.enum(['alarm', 'event']).exactOptional(),
  notificationClass: z.number().int().min(0).exactOptional(),
  high: z.number().exactOptional(),
  low: z.number().exactOptional(),
  deadband: z.number().min(0).exactOptional(),
  limits: z.tuple([z.boolean(), z.boolean()]).exactOptional(),
})

/** Intrinsic reporting of one object (13.2): its condition, and what became of it. Decides nothing by itself. */
export class EventSource {
  readonly object: PointObject
  readonly class: AlarmClass
  /** Of how long nothing is told after a start of the bridge, in milliseconds. */
  readonly quietMs: number
  /** States that are alarms, from 0; undefined: the condition is a range. */
  readonly states: readonly number[] | undefined
  /** As the mapping says: what the charger is built for may be told later. */
  readonly #initial: () => EventSettings
  #written: Partial<EventSettings>
  #standing: EventStanding

  constructor(object: PointObject, row: AlarmRow, states: readonly number[] | undefined, initial: () => EventSettings) {
    this.object = object
    this.class = row.class
    this.quietMs = row.quiet
    this.states = states
    this.#initial = initial
    const { pages } = object.device.common
    this.#written = pages.read(this.#page('alarm'), keptSettings) ?? {}
    this.#standing = pages.read(this.#page('event'), keptStanding) ?? fresh
  }

  get standing(): EventStanding {
    return this.#standing
  }

  get settings(): EventSettings {
    return { ...this.#initial(), ...this.#written }
  }

  /** A client's change; false where it is none. */
  set(settings: Partial<EventSettings>): boolean {
    const before = this.settings
    if (JSON.stringify({ ...before, ...settings }) === JSON.stringify(before)) return false
    const written = { ...this.#written, ...settings }
    this.object.device.common.pages.keep(this.#page('alarm'), written)
    this.#written = written
    return true
  }

  stand(standing: EventStanding): void {
    this.#standing = standing
    this.object.device.common.pages.keepLater(this.#page('event'), standing)
  }

  /** Somebody has acknowledged the last transition of a kind: kept when it returns, since that is answered. */
  acknowledge(transition: Transition): void {
    const standing = { ...this.#standing, acked: replaced(this.#standing.acked, transition, true) }
    this.object.device.common.pages.keep(this.#page('event'), standing)
    this.#standing = standing
  }

  #page(kind: 'alarm' | 'event'): string {
    const { device, type, instance } = this.object
    return `${kind} ${device.instance} ${type} ${instance}`
  }
}

/** The event source of an object whose row has an alarm that fits its point. */
export function eventSourceOf(object: PointObject): EventSource | undefined {
  const { point, row } = object
  if (row.alarm === undefined) return undefined
  const condition = alarmCondition(point, row.alarm, object.stateTexts)
  if (condition.kind === 'problem') return undefined
  return new EventSource(object, row.alarm, condition.kind === 'states' ? condition.states : undefined, () =>
    initialSettings(object, row.alarm as AlarmRow),
  )
}

function initialSettings(object: PointObject, row: AlarmRow): EventSettings {
  const condition = alarmCondition(object.point, row, object.stateTexts)
  const [low, high] = condition.kind === 'range' ? [condition.low, condition.high] : []
  return {
    // A charger that is away makes all its values unreliable: `online` tells it once, so that the others needn't.
    enable: [true, false, true],
    delayMs: row.delay,
    notifyType: 'alarm',
    notificationClass: alarmClasses[row.class],
    high: high ?? 0,
    low: low ?? 0,
    deadband: row.deadband,
    limits: [low !== undefined, high !== undefined],
  }
}

/** The same three but for one. */
export function replaced<T>([a, b, c]: Three<T>, at: Transition, value: T): Three<T> {
  return [at === 0 ? value : a, at === 1 ? value : b, at === 2 ? value : c]
}

export function transitionTo(state: EventState): Transition {
  return state === 'normal' ? TO_NORMAL : state === 'fault' ? TO_FAULT : TO_OFFNORMAL
}

export function eventStateNumber(state: EventState): number {
  return eventStates[state]
}
