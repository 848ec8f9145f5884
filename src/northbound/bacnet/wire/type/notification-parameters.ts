import { BacnetReject } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import { readReal } from '../value.ts'
import type { Writer } from '../writer.ts'
import {
  type DeviceObjectPropertyReference,
  readDeviceObjectPropertyReference,
  writeDeviceObjectPropertyReference,
} from './device-object-reference.ts'
import { eventTypes } from './enumerations.ts'
import { type PropertyState, readPropertyState, writePropertyState } from './property-state.ts'
import { type PropertyValue, readPropertyValue, writePropertyValue } from './property-value.ts'
import { readStatusFlags, writeContextStatusFlags } from './status-flags.ts'

/** Limits of a value as the object's data type writes numbers: REAL, INTEGER and Unsigned. */
const ranges = {
  'out-of-range': { value: 'real', deadband: 'real' },
  'double-out-of-range': { value: 'double', deadband: 'double' },
  'signed-out-of-range': { value: 'signed', deadband: 'unsigned' },
  'unsigned-out-of-range': { value: 'unsigned', deadband: 'unsigned' },
} as const
type Form = 'real' | 'double' | 'signed' | 'unsigned'

/** BACnetNotificationParameters (clause 21). Flags: in-alarm 8, fault 4, overridden 2, out-of-service 1. */
export type NotificationParameters =
  | { readonly kind: 'change-of-state'; readonly newState: PropertyState; readonly statusFlags: number }
  | {
      readonly kind: keyof typeof ranges
      readonly exceedingValue: number
      readonly statusFlags: number
      readonly deadband: number
      readonly exceededLimit: number
    }
  | {
      readonly kind: 'buffer-ready'
      readonly bufferProperty: DeviceObjectPropertyReference
      readonly previousNotification: number
      readonly currentNotification: number
    }
  | {
      readonly kind: 'unsigned-range'
      readonly exceedingValue: number
      readonly statusFlags: number
      readonly exceededLimit: number
    }
  | {
      readonly kind: 'change-of-reliability'
      readonly reliability: number
      readonly statusFlags: number
      readonly propertyValues: readonly PropertyValue[]
    }
  /** Parameters of the event type `choice`, as octets. */
  | { readonly kind: 'other'; readonly choice: number; readonly data: Uint8Array }

const rangeOf: ReadonlyMap<number, keyof typeof ranges> = new Map(
  (Object.keys(ranges) as (keyof typeof ranges)[]).map((kind) => [eventTypes[kind], kind]),
)

export function readNotificationParameters(reader: Reader): NotificationParameters {
  if (reader.done) throw new BacnetReject('missing-required-parameter')
  const { number, opening } = reader.tag()
  if (!opening) throw new BacnetReject('invalid-tag')
  // An event type with no codec here is taken whole, closing tag included.
  const range = rangeOf.get(number)
  if (range === undefined && !structured.has(number))
    return { kind: 'other', choice: number, data: reader.span(number).slice() }
  const parameters = range !== undefined ? readRange(reader, range) : readStructured(reader, number)
  reader.closing(number)
  return parameters
}

const structured: ReadonlySet<number> = new Set([
  eventTypes['change-of-state'],
  eventTypes['buffer-ready'],
  eventTypes['unsigned-range'],
  eventTypes['change-of-reliability'],
])

function readStructured(reader: Reader, number: number): NotificationParameters {
  switch (number) {
    case eventTypes['change-of-state']: {
      reader.opening(0)
      const newState = readPropertyState(reader)
      reader.closing(0)
      return { kind: 'change-of-state', newState, statusFlags: readStatusFlags(reader, reader.context(1)) }
    }
    case eventTypes['buffer-ready']: {
      reader.opening(0)
      const bufferProperty = readDeviceObjectPropertyReference(reader)
      reader.closing(0)
      const previousNotification = reader.unsigned(reader.context(1))
      const currentNotification = reader.unsigned(reader.context(2))
      return { kind: 'buffer-ready', bufferProperty, previousNotification, currentNotification }
    }
    case eventTypes['unsigned-range']: {
      const exceedingValue = reader.unsigned(reader.context(0))
      const statusFlags = readStatusFlags(reader, reader.context(1))
      return { kind: 'unsigned-range', exceedingValue, statusFlags, exceededLimit: reader.unsigned(reader.context(2)) }
    }
    default: {
      const reliability = reader.unsigned(reader.context(0))
      const statusFlags = readStatusFlags(reader, reader.context(1))
      reader.opening(2)
      const propertyValues: PropertyValue[] = []
      while (!reader.nextIsClosing(2)) {
        const read = readPropertyValue(reader)
        propertyValues.push({ ...read, value: read.value.slice() })
      }
      reader.closing(2)
      return { kind: 'change-of-reliability', reliability, statusFlags, propertyValues }
    }
  }
}

function readRange(reader: Reader, kind: keyof typeof ranges): NotificationParameters {
  const form = ranges[kind]
  const exceedingValue = readNumber(reader, 0, form.value)
  const statusFlags = readStatusFlags(reader, reader.context(1))
  const deadband = readNumber(reader, 2, form.deadband)
  return { kind, exceedingValue, statusFlags, deadband, exceededLimit: readNumber(reader, 3, form.value) }
}

function readNumber(reader: Reader, number: number, form: Form): number {
  const length = reader.context(number)
  switch (form) {
    case 'real':
      return readReal(reader, length)
    case 'double':
      if (length !== 8) throw new BacnetReject('invalid-tag')
      return reader.float64()
    default:
      return reader[form](length)
  }
}

export function writeNotificationParameters(writer: Writer, parameters: NotificationParameters): void {
  const choice = parameters.kind === 'other' ? parameters.choice : eventTypes[parameters.kind]
  writer.opening(choice)
  switch (parameters.kind) {
    case 'change-of-state':
      writer.opening(0)
      writePropertyState(writer, parameters.newState)
      writer.closing(0)
      writeContextStatusFlags(writer, 1, parameters.statusFlags)
      break
    case 'buffer-ready':
      writer.opening(0)
      writeDeviceObjectPropertyReference(writer, parameters.bufferProperty)
      writer.closing(0)
      writer.contextUnsigned(1, parameters.previousNotification).contextUnsigned(2, parameters.currentNotification)
      break
    case 'unsigned-range':
      writer.contextUnsigned(0, parameters.exceedingValue)
      writeContextStatusFlags(writer, 1, parameters.statusFlags)
      writer.contextUnsigned(2, parameters.exceededLimit)
      break
    case 'change-of-reliability':
      writer.contextUnsigned(0, parameters.reliability)
      writeContextStatusFlags(writer, 1, parameters.statusFlags)
      writer.opening(2)
      for (const each of parameters.propertyValues) writePropertyValue(writer, each)
      writer.closing(2)
      break
    case 'other':
      writer.octets(parameters.data)
      break
    default: {
      const form = ranges[parameters.kind]
      writeNumber(writer, 0, form.value, parameters.exceedingValue)
      writeContextStatusFlags(writer, 1, parameters.statusFlags)
      writeNumber(writer, 2, form.deadband, parameters.deadband)
      writeNumber(writer, 3, form.value, parameters.exceededLimit)
    }
  }
  writer.closing(choice)
}

const writers = {
  real: 'contextReal',
  double: 'contextDouble',
  signed: 'contextSigned',
  unsigned: 'contextUnsigned',
} as const

function writeNumber(writer: Writer, number: number, form: Form, value: number): void {
  writer[writers[form]](number, value)
}
