import { z } from 'zod'
import type { Point } from '../../core/points/point.ts'
import { type Unit, units } from '../../core/points/unit.ts'
import type { RowBinding } from '../../core/ports.ts'
import { duration } from '../../lib/schema.ts'
import { alarm } from './alarm.ts'
import { trend } from './trend.ts'
import { objectTypes } from './wire/object-type.ts'

const objectNames = [
  'analog-input',
  'analog-output',
  'analog-value',
  'binary-input',
  'binary-output',
  'binary-value',
  'multi-state-input',
  'multi-state-output',
  'multi-state-value',
  'characterstring-value',
  'positive-integer-value',
  'large-analog-value',
  'accumulator',
] as const

export type PointObjectType = (typeof objectNames)[number]

/** A mapping row's key `bacnet`. */
export const binding = z.strictObject({
  object: z.enum(objectNames),
  instance: z.number().int().min(0).max(99_999),
  name: z
    .string()
    .regex(/^[\x20-\x7e]{1,64}$/, 'write 1 to 64 ASCII characters')
    .refine((name) => !name.includes('/'), "write no '/'"),
  covIncrement: z.number().min(0).optional(),
  covInterval: duration().optional(),
  activeText: z.string().min(1).max(64).optional(),
  inactiveText: z.string().min(1).max(64).optional(),
  description: z.string().max(255).optional(),
  alarm: alarm.optional(),
  trend: trend.optional(),
})

/** A mapping file's key `bacnet`: nothing that isn't said row by row. */
export const mappingOptions = z.strictObject({})

export type BacnetRow = z.output<typeof binding>

export function bindingOf(point: Point): RowBinding<BacnetRow, unknown> | undefined {
  return point.bindings.bacnet as RowBinding<BacnetRow, unknown> | undefined
}

/** BACnetEngineeringUnits (clause 21). */
const engineeringUnits: Record<Unit, number> = {
  W: 47,
  kW: 48,
  Wh: 18,
  kWh: 19,
  MWh: 146,
  A: 3,
  mA: 2,
  V: 5,
  kV: 6,
  var: 11,
  kvar: 12,
  varh: 203,
  kvarh: 204,
  Hz: 27,
  '°C': 62,
  '%': 98,
  rpm: 104,
  s: 73,
  min: 72,
  h: 71,
}
const NO_UNITS = 95

export function engineeringUnit(unit: Unit | undefined): number {
  return unit === undefined ? NO_UNITS : engineeringUnits[unit]
}

/** What a change has to reach before it is told, where the mapping names nothing: in the point's own unit. */
const defaultIncrements: Partial<Record<Unit, number>> = {
  kW: 0.1,
  W: 100,
  kWh: 0.1,
  Wh: 100,
  A: 0.5,
  V: 1,
  '%': 1,
  '°C': 0.5,
  Hz: 0.05,
  s: 60,
  min: 1,
}

export function covIncrement(point: Point, row: BacnetRow): number {
  if (row.covIncrement !== undefined) return row.covIncrement
  if (point.definition.write?.kind === 'setpoint') return 0.1
  return point.unit === undefined ? 0 : (defaultIncrement(point.unit) ?? 0)
}

export function defaultIncrement(unit: Unit): number | undefined {
  return defaultIncrements[unit]
}

export function objectTypeOf(row: BacnetRow): number {
  return objectTypes[row.object]
}

/** Which kinds of value an object type can show. */
const fitting: Record<PointObjectType, readonly Point['definition']['type'][]> = {
  'analog-input': ['number', 'integer'],
  'analog-output': ['number'],
  'analog-value': ['number', 'integer'],
  'binary-input': ['boolean'],
  'binary-output': ['boolean'],
  'binary-value': ['boolean'],
  'multi-state-input': ['state'],
  'multi-state-output': ['state'],
  'multi-state-value': ['state'],
  'characterstring-value': ['text'],
  'positive-integer-value': ['integer', 'number'],
  'large-analog-value': ['number', 'integer'],
  accumulator: ['number', 'integer'],
}

export function fits(point: Point, row: BacnetRow): boolean {
  return fitting[row.object].includes(point.definition.type)
}

/** Whether changes of such an object can be subscribed to (table 13-1): a counter's can't. */
export function tellsChanges({ object }: Pick<BacnetRow, 'object'>): boolean {
  return object !== 'accumulator'
}

/** A counter counts whole Wh or varh, in whichever unit it is shown: the power of ten from there to `unit`; undefined: no energy. */
export function countScale(unit: Unit | undefined): number | undefined {
  if (unit === undefined || !units[unit].quantity.endsWith('energy')) return undefined
  return 0 - Math.round(Math.log10(units[unit].factor))
}
