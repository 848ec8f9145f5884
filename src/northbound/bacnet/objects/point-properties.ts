import type { Value } from '../../../core/points/point.ts'
import type { PointObjectType } from '../binding.ts'
import { countScale, engineeringUnit } from '../binding.ts'
import { refuse } from '../downlink.ts'
import { BacnetError, BacnetReject } from '../wire/error-code.ts'
import { propertyIds } from '../wire/property-id.ts'
import { Reader } from '../wire/reader.ts'
import { reliabilities } from '../wire/type/enumerations.ts'
import { type ApplicationValue, readApplication } from '../wire/value.ts'
import type { Writer } from '../wire/writer.ts'
import { eventProperties, eventState } from './event-properties.ts'
import type { PointObject } from './point-object.ts'
import { identification, type Property, type PropertyTable, propertyTable } from './property.ts'

const NORMAL = 0
const PRIORITIES = 16
/** Max_Pres_Value of a counter: what an Unsigned has room for in most clients. */
const MAX_COUNT = 0xffff_ffff

type Row = Property<PointObject>
type Family = 'analog' | 'binary' | 'multi-state' | 'text' | 'unsigned' | 'double' | 'count'

const families: Record<PointObjectType, Family> = {
  'analog-input': 'analog',
  'analog-output': 'analog',
  'analog-value': 'analog',
  'binary-input': 'binary',
  'binary-output': 'binary',
  'binary-value': 'binary',
  'multi-state-input': 'multi-state',
  'multi-state-output': 'multi-state',
  'multi-state-value': 'multi-state',
  'characterstring-value': 'text',
  'positive-integer-value': 'unsigned',
  'large-analog-value': 'double',
  accumulator: 'count',
}

/** How a quality shows: inputs have a sensor that may be missing, everything else is unreliable. */
export function reliability(object: PointObject): number {
  const { point } = object
  if (point.outOfService) return reliabilities['no-fault-detected']
  switch (point.quality) {
    case 'good':
      return reliabilities['no-fault-detected']
    case 'offline':
      return reliabilities['communication-failure']
    case 'never':
      return object.isInput ? reliabilities['no-sensor'] : reliabilities['unreliable-other']
    case 'unknown':
      return reliabilities['unreliable-other']
  }
}

/** In-alarm, fault, overridden, out-of-service as a number of four bits, the first the highest. */
export function statusFlags(object: PointObject): number {
  const inAlarm = object.events !== undefined && object.events.standing.state !== 'normal'
  return (
    (inAlarm ? 0b1000 : 0) | (reliability(object) === NORMAL ? 0 : 0b0100) | (object.point.outOfService ? 0b0001 : 0)
  )
}

export function writeStatusFlags(writer: Writer, flags: number): void {
  writer.bitString(4, (bit) => (flags & (0b1000 >> bit)) !== 0)
}

/** A value in the object's own data type. What was never received is still a value: 0, the first state, nothing. */
function writeValue(writer: Writer, object: PointObject, value: Value | undefined): void {
  switch (families[object.kind]) {
    case 'analog':
      writer.real(Number(value ?? 0))
      break
    case 'binary':
      writer.enumerated(value === true ? 1 : 0)
      break
    case 'multi-state':
      writer.unsigned(Number(value ?? 0) + 1)
      break
    case 'text':
      writer.characterString(String(value ?? ''))
      break
    case 'unsigned':
      writer.unsigned(Math.max(0, Math.round(Number(value ?? 0))))
      break
    case 'double':
      writer.double(Number(value ?? 0))
      break
    case 'count':
      writer.unsigned(counted(object, Number(value ?? 0)))
      break
  }
}

/** After Max_Pres_Value a counter goes on with 0 (12.1). */
function counted({ point }: PointObject, value: number): number {
  const count = Math.max(0, Math.round(value / 10 ** (countScale(point.unit) ?? 0)))
  return count % (MAX_COUNT + 1)
}

export function writePresentValue(writer: Writer, object: PointObject): void {
  const { point, device } = object
  if (point.definition.ticking) point.refresh(device.common.now())
  writeValue(writer, object, point.value)
}

/** A client's value in core's terms; null is the application NULL. Throws where it isn't the object's data type. */
function understood(object: PointObject, value: ApplicationValue): Value | null {
  const wrong = new BacnetError('property', 'invalid-data-type')
  const outside = new BacnetError('property', 'value-out-of-range')
  if (value.type === 'null') return null
  switch (families[object.kind]) {
    case 'analog':
      if (value.type !== 'real') throw wrong
      return value.value
    case 'binary':
      if (value.type !== 'enumerated') throw wrong
      if (value.value > 1) throw outside
      return value.value === 1
    case 'multi-state':
      if (value.type !== 'unsigned') throw wrong
      if (value.value < 1) throw outside
      return value.value - 1
    case 'text':
      if (value.type !== 'character-string') throw wrong
      return value.value
    case 'unsigned':
      if (value.type !== 'unsigned') throw wrong
      return value.value
    case 'double':
      if (value.type !== 'double') throw wrong
      return value.value
    case 'count':
      if (value.type !== 'unsigned') throw wrong
      if (value.value > MAX_COUNT) throw outside
      return value.value * 10 ** (countScale(object.point.unit) ?? 0)
  }
}

/** What a Present_Value that was refused would have been, as far as it can be understood. */
export function writtenValue(object: PointObject, octets: Uint8Array): Value | null | undefined {
  try {
    return understood(object, readApplication(new Reader(octets)))
  } catch (error) {
    if (error instanceof BacnetError || error instanceof BacnetReject) return undefined
    throw error
  }
}

const presentValue: Row = {
  id: propertyIds['present-value'],
  required: true,
  read: (writer, object) => writePresentValue(writer, object),
  // Only what has a priority array can be released (19.2).
  releases: ({ commandable }) => commandable,
  write(object, sent, { downlink, client, priority }) {
    const { point } = object
    const value = understood(object, sent)
    if (point.outOfService && !object.commandable) refuse(downlink.override(point, value as Value, client))
    else refuse(downlink.write(point, value, client, priority))
  },
}

const priorityArray: Row = {
  id: propertyIds['priority-array'],
  required: true,
  length: () => PRIORITIES,
  read(writer, object, downlink, index) {
    const value = downlink.slots(object.point)?.[index - 1] ?? null
    if (value === null) writer.null()
    else writeValue(writer, object, value)
  },
}

const relinquishDefault: Row = {
  id: propertyIds['relinquish-default'],
  required: true,
  read: (writer, object, downlink) => writeValue(writer, object, downlink.relinquishDefault(object.point)),
}

const outOfService = (required: boolean): Row => ({
  id: propertyIds['out-of-service'],
  required,
  read: (writer, object) => writer.boolean(object.point.outOfService),
  write(object, sent, { client, downlink }) {
    if (sent.type !== 'boolean') throw new BacnetError('property', 'invalid-data-type')
    downlink.setOutOfService(object.point, sent.value, client)
  },
})

/** COV_Increment has the data type of Present_Value: Double for large-analog, Unsigned for positive-integer. */
const covIncrement: Row = {
  id: propertyIds['cov-increment'],
  required: false,
  read(writer, object) {
    const family = families[object.kind]
    if (family === 'double') writer.double(object.covIncrement)
    else if (family === 'unsigned') writer.unsigned(Math.round(object.covIncrement))
    else writer.real(object.covIncrement)
  },
  write(object, sent, { client }) {
    const family = families[object.kind]
    const type = family === 'double' ? 'double' : family === 'unsigned' ? 'unsigned' : 'real'
    if (sent.type !== type) throw new BacnetError('property', 'invalid-data-type')
    if (!(sent.value >= 0) || !Number.isFinite(sent.value)) throw new BacnetError('property', 'value-out-of-range')
    if (sent.value === object.covIncrement) return
    object.covIncrement = sent.value
    object.device.common.written(object, 'cov-increment', String(sent.value), client)
  },
}

const units: Row = {
  id: propertyIds.units,
  required: true,
  read: (writer, object) => writer.enumerated(engineeringUnit(object.point.unit)),
}

const polarity: Row = { id: propertyIds.polarity, required: true, read: (writer) => writer.enumerated(NORMAL) }

const numberOfStates: Row = {
  id: propertyIds['number-of-states'],
  required: true,
  read: (writer, { point }) => writer.unsigned(point.states?.length ?? 1),
}

const stateText: Row = {
  id: propertyIds['state-text'],
  required: false,
  length: ({ point }) => point.states?.length ?? 0,
  read: (writer, { point }, _downlink, index) => writer.characterString(point.states?.[index - 1] ?? ''),
}

function binaryText(id: 'active-text' | 'inactive-text', text: (object: PointObject) => string): Row {
  return { id: propertyIds[id], required: false, read: (writer, object) => writer.characterString(text(object)) }
}

const activeText = binaryText('active-text', ({ row }) => row.activeText ?? 'active')
const inactiveText = binaryText('inactive-text', ({ row }) => row.inactiveText ?? 'inactive')

/** What every object has; Event_State and Out_Of_Service are required of those that the standard began with. */
function common(classic: boolean): readonly Row[] {
  return [
    ...identification(),
    presentValue,
    {
      id: propertyIds.description,
      required: false,
      read: (writer, { row, point }) => writer.characterString(row.description ?? point.definition.description),
    },
    {
      id: propertyIds['status-flags'],
      required: true,
      read: (writer, object) => writeStatusFlags(writer, statusFlags(object)),
    },
    { ...eventState, required: classic },
    { id: propertyIds.reliability, required: false, read: (writer, object) => writer.enumerated(reliability(object)) },
    outOfService(classic),
  ]
}

/** The slot that counts; NULL while it is Relinquish_Default (19.2). */
const currentCommandPriority: Row = {
  id: propertyIds['current-command-priority'],
  required: true,
  read(writer, object, downlink) {
    const slot = downlink.slots(object.point)?.findIndex((value) => value !== null) ?? -1
    if (slot === -1) writer.null()
    else writer.unsigned(slot + 1)
  },
}

const scale: Row = {
  id: propertyIds.scale,
  required: true,
  // The choice of an integer: Present_Value times this power of ten is a number of Units.
  read: (writer, { point }) => writer.contextSigned(1, countScale(point.unit) ?? 0),
}

const maxPresValue: Row = {
  id: propertyIds['max-pres-value'],
  required: true,
  read: (writer) => writer.unsigned(MAX_COUNT),
}

const commandable: readonly Row[] = [priorityArray, relinquishDefault, currentCommandPriority]
const optionally = (rows: readonly Row[]): readonly Row[] => rows.map((row) => ({ ...row, required: false }))

/** The property tables of 12.1 to 12.20 and 12.37 to 12.44; values that can be commanded have the array as well. */
function tables(isCommandable: boolean, hasEvents: boolean): Record<PointObjectType, PropertyTable<PointObject>> {
  const array = isCommandable ? commandable : []
  const analogEvents = hasEvents ? eventProperties.analog : []
  const binaryEvents = hasEvents ? eventProperties.binary : []
  const multiStateEvents = hasEvents ? eventProperties['multi-state'] : []
  return {
    'analog-input': propertyTable([...common(true), units, covIncrement, ...analogEvents]),
    'analog-output': propertyTable([...common(true), units, ...commandable, covIncrement, ...analogEvents]),
    'analog-value': propertyTable([...common(true), units, ...optionally(array), covIncrement, ...analogEvents]),
    'binary-input': propertyTable([...common(true), polarity, inactiveText, activeText, ...binaryEvents]),
    'binary-output': propertyTable([...common(true), polarity, inactiveText, activeText, ...commandable]),
    'binary-value': propertyTable([...common(true), inactiveText, activeText, ...optionally(array), ...binaryEvents]),
    'multi-state-input': propertyTable([...common(true), numberOfStates, stateText, ...multiStateEvents]),
    'multi-state-output': propertyTable([...common(true), numberOfStates, stateText, ...commandable]),
    'multi-state-value': propertyTable([
      ...common(true),
      numberOfStates,
      stateText,
      ...optionally(array),
      ...multiStateEvents,
    ]),
    'characterstring-value': propertyTable([...common(false), ...optionally(array)]),
    'positive-integer-value': propertyTable([...common(false), units, ...optionally(array), covIncrement]),
    'large-analog-value': propertyTable([...common(false), units, ...optionally(array), covIncrement]),
    accumulator: propertyTable([...common(true), scale, units, maxPresValue]),
  }
}

const quiet = { plain: tables(false, false), commandable: tables(true, false) } as const
const telling = { plain: tables(false, true), commandable: tables(true, true) } as const

export function pointProperties(object: PointObject): PropertyTable<PointObject> {
  const kinds = object.events === undefined ? quiet : telling
  return kinds[object.commandable ? 'commandable' : 'plain'][object.kind]
}
