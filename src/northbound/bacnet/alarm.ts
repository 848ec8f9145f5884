import { z } from 'zod'
import type { Point } from '../../core/points/point.ts'
import { convert } from '../../core/points/unit.ts'
import { withArticle } from '../../lib/article.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { duration } from '../../lib/schema.ts'

/** Why somebody is told: each is a notification class of every device, by its instance. */
export const alarmClasses = { limits: 1, charger: 2, communication: 3 } as const
export type AlarmClass = keyof typeof alarmClasses
export const alarmClassNames = Object.keys(alarmClasses) as [AlarmClass, ...AlarmClass[]]

const FORM = 'write { class: charger, values: [Faulted] } or { class: charger, high: 70 }'

/** A mapping row's `bacnet.alarm`. */
export const alarm = z
  .strictObject({
    class: z.enum(alarmClassNames),
    /** States that are alarms, as the row shows them or as they are published. */
    values: z.array(z.string()).min(1).optional(),
    /** Bounds of a number in the row's unit; `rating` is what the charger, or the connector, is built for. */
    high: z.union([z.number(), z.literal('rating')], 'write a number without quotes, or rating').optional(),
    low: z.number().optional(),
    /** How far inside a bound the value has to be for the alarm to end. */
    deadband: z.number().min(0).default(0),
    /** How long a state has to last before it is told. */
    delay: duration()
      .refine((ms) => ms % 1000 === 0, 'write whole seconds, such as 30s: Time_Delay counts them')
      .prefault('0s'),
    /** After a start of the bridge nothing is told for this long. */
    quiet: duration().prefault('0s'),
  })
  .meta({ form: FORM })

export type AlarmRow = z.output<typeof alarm>

/** When a point's value is an alarm (13.3): in certain states, or outside of bounds in the point's unit. */
export type AlarmCondition =
  | { readonly kind: 'states'; readonly states: readonly number[] }
  | { readonly kind: 'range'; readonly high: number | undefined; readonly low: number | undefined }

/** What a row's alarm means for a point, or why it means nothing. */
export function alarmCondition(
  point: Point,
  row: AlarmRow,
  texts: readonly string[] | undefined,
): AlarmCondition | { readonly kind: 'problem'; readonly message: string } {
  const { deadband, high, low, values } = row
  const isRange = high !== undefined || low !== undefined
  if (isRange === (values !== undefined))
    return { kind: 'problem', message: 'an alarm has either values (states) or high and low (bounds)' }
  if (values !== undefined) {
    if (deadband > 0) return { kind: 'problem', message: 'states have no deadband: it is for high and low' }
    return statesOf(point, values, texts)
  }
  if (point.definition.type !== 'number' && point.definition.type !== 'integer')
    return {
      kind: 'problem',
      message: `${withArticle(point.definition.type)} has no high and low: name the states in values`,
    }
  const upper = high === 'rating' ? ratingIn(point) : high
  if (high === 'rating' && upper === undefined)
    return { kind: 'problem', message: 'high: rating is for powers and, with alternating current, for currents' }
  if (upper !== undefined && low !== undefined && low > upper)
    return { kind: 'problem', message: `low ${low} is above high ${upper}` }
  if (upper !== undefined && low !== undefined && deadband >= upper - low) {
    const message = `no value is inside of both low ${low} and high ${upper} by deadband ${deadband}: the alarm would never end`
    return { kind: 'problem', message }
  }
  return { kind: 'range', high: upper, low }
}

function statesOf(
  point: Point,
  values: readonly string[],
  texts: readonly string[] | undefined,
): ReturnType<typeof alarmCondition> {
  const published =
    point.definition.states ?? (point.definition.type === 'boolean' ? ['inactive', 'active'] : undefined)
  if (published === undefined)
    return { kind: 'problem', message: `${withArticle(point.definition.type)} has no states: give high or low` }
  const states: number[] = []
  for (const value of values) {
    const state = Math.max(texts?.indexOf(value) ?? -1, published.indexOf(value))
    if (state < 0) {
      const known = texts ?? published
      const message = `${value} is none of its states${didYouMean(value, known)}: ${known.join(', ')}`
      return { kind: 'problem', message }
    }
    states.push(state)
  }
  return { kind: 'states', states }
}

/** What a connector (0: all of them together) is built for, in the point's unit. */
function ratingIn({ charger, connector, unit }: Point): number | undefined {
  if (charger === undefined || unit === undefined) return undefined
  const { electrical } = charger.settings
  const connectors = connector === 0 ? Math.max(1, charger.connectorCount) : 1
  if (unit === 'W' || unit === 'kW') {
    const watts =
      electrical.kind === 'dc' ? electrical.maxPower : electrical.maxCurrent * electrical.voltage * electrical.phases
    return convert(watts * connectors, 'W', unit)
  }
  if (electrical.kind === 'dc' || (unit !== 'A' && unit !== 'mA')) return undefined
  return convert(electrical.maxCurrent * connectors, 'A', unit)
}
