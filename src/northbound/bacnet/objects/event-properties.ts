import { BacnetError } from '../wire/error-code.ts'
import { type propertyIds as ids, propertyIds } from '../wire/property-id.ts'
import { localDateTime } from '../wire/type/date-time.ts'
import { eventTransitions, notifyTypes } from '../wire/type/enumerations.ts'
import { type TimeStamp, writeTimeStamp } from '../wire/type/time-stamp.ts'
import type { ApplicationValue } from '../wire/value.ts'
import type { Writer } from '../wire/writer.ts'
import { type EventSettings, type EventSource, eventStateNumber, type Three, type Transition } from './event-source.ts'
import type { PointObject } from './point-object.ts'
import type { Property, WriteContext } from './property.ts'

type Row = Property<PointObject>

const TRANSITIONS = Object.keys(eventTransitions).length
const MAX_UNSIGNED32 = 0xffff_ffff

/** A transition that never happened has the time stamp of all wildcards (12.2). */
const never: TimeStamp = {
  kind: 'date-time',
  dateTime: { date: [255, 255, 255, 255], time: [255, 255, 255, 255] },
}

/** The time stamp of a moment in milliseconds, as the building counts them. */
export function timeStampOf(at: number | undefined): TimeStamp {
  return at === undefined ? never : { kind: 'date-time', dateTime: localDateTime(at) }
}

/** Tables with these rows belong to objects with events only. */
function eventsOf({ events }: PointObject): EventSource {
  if (events === undefined) throw new BacnetError('property', 'unknown-property')
  return events
}

function row(
  id: keyof typeof ids,
  read: (writer: Writer, events: EventSource, index: number) => void,
  write?: (events: EventSource, value: ApplicationValue, context: WriteContext) => Partial<EventSettings>,
): Row {
  return {
    id: propertyIds[id],
    required: false,
    read: (writer, object, _downlink, index) => read(writer, eventsOf(object), index),
    ...(write !== undefined && {
      write: (object, value, context) => {
        const events = eventsOf(object)
        if (!events.set(write(events, value, context))) return
        const told = value.type === 'null' ? 'null' : JSON.stringify(value.value)
        object.device.common.written(object, id, told, context.client)
      },
    }),
  }
}

function unsigned(value: ApplicationValue, most = MAX_UNSIGNED32): number {
  if (value.type !== 'unsigned') throw new BacnetError('property', 'invalid-data-type')
  if (value.value > most) throw new BacnetError('property', 'value-out-of-range')
  return value.value
}

/** A REAL has fewer digits than what the mapping says: one that reads the same is the same. */
function real(value: ApplicationValue, before: number): number {
  if (value.type !== 'real') throw new BacnetError('property', 'invalid-data-type')
  if (!Number.isFinite(value.value)) throw new BacnetError('property', 'value-out-of-range')
  return Math.fround(before) === value.value ? before : value.value
}

function bits<N extends number>(value: ApplicationValue, length: N): readonly boolean[] {
  if (value.type !== 'bit-string') throw new BacnetError('property', 'invalid-data-type')
  if (value.value.length !== length) throw new BacnetError('property', 'value-out-of-range')
  return value.value
}

/** What an object with intrinsic reporting has beside its own properties (13.2). */
const common: readonly Row[] = [
  row(
    'time-delay',
    (writer, { settings }) => writer.unsigned(Math.round(settings.delayMs / 1000)),
    (_events, value) => ({ delayMs: unsigned(value) * 1000 }),
  ),
  row(
    'notification-class',
    (writer, { settings }) => writer.unsigned(settings.notificationClass),
    (_events, value) => ({ notificationClass: unsigned(value) }),
  ),
  row(
    'event-enable',
    (writer, { settings }) => writer.bitString(TRANSITIONS, (bit) => settings.enable[bit as Transition]),
    (_events, value) => ({ enable: bits(value, 3) as Three<boolean> }),
  ),
  row('acked-transitions', (writer, { standing }) =>
    writer.bitString(TRANSITIONS, (bit) => standing.acked[bit as Transition]),
  ),
  row(
    'notify-type',
    (writer, { settings }) => writer.enumerated(notifyTypes[settings.notifyType]),
    (_events, value) => {
      if (value.type !== 'enumerated') throw new BacnetError('property', 'invalid-data-type')
      if (value.value !== notifyTypes.alarm && value.value !== notifyTypes.event)
        throw new BacnetError('property', 'value-out-of-range')
      return { notifyType: value.value === notifyTypes.alarm ? 'alarm' : 'event' }
    },
  ),
  {
    ...row('event-time-stamps', (writer, { standing }, index) =>
      writeTimeStamp(writer, timeStampOf(standing.last[(index - 1) as Transition]?.at)),
    ),
    length: () => TRANSITIONS,
  },
  {
    ...row('event-message-texts', (writer, { standing }, index) =>
      writer.characterString(standing.last[(index - 1) as Transition]?.message ?? ''),
    ),
    length: () => TRANSITIONS,
  },
  row('event-detection-enable', (writer) => writer.boolean(true)),
]

/** Alarm_Value of a binary object: the one of its two states. */
const binary: readonly Row[] = [row('alarm-value', (writer, { states }) => writer.enumerated(states?.[0] ?? 0))]

const multiState: readonly Row[] = [
  {
    ...row('alarm-values', (writer, { states }, index) => writer.unsigned((states?.[index - 1] ?? 0) + 1)),
    items: (object) => eventsOf(object).states?.length ?? 0,
  },
  // Faulted is a state of the charger, not a fault of the object: none of the states is one.
  { ...row('fault-values', () => {}), items: () => 0 },
]

const analog: readonly Row[] = [
  row(
    'high-limit',
    (writer, { settings }) => writer.real(settings.high),
    ({ settings }, value) => ({ high: real(value, settings.high) }),
  ),
  row(
    'low-limit',
    (writer, { settings }) => writer.real(settings.low),
    ({ settings }, value) => ({ low: real(value, settings.low) }),
  ),
  row(
    'deadband',
    (writer, { settings }) => writer.real(settings.deadband),
    ({ settings }, value) => {
      const deadband = real(value, settings.deadband)
      if (deadband < 0) throw new BacnetError('property', 'value-out-of-range')
      return { deadband }
    },
  ),
  row(
    'limit-enable',
    (writer, { settings }) => writer.bitString(2, (bit) => settings.limits[bit as 0 | 1]),
    (_events, value) => ({ limits: bits(value, 2) as readonly [boolean, boolean] }),
  ),
]

export const eventProperties = {
  analog: [...analog, ...common],
  binary: [...binary, ...common],
  'multi-state': [...multiState, ...common],
} as const

export const eventState: Row = {
  id: propertyIds['event-state'],
  required: true,
  read: (writer, { events }) => writer.enumerated(eventStateNumber(events?.standing.state ?? 'normal')),
}
