import { rating } from '../charger/limit.ts'
import { forbiddenPurpose, isOwnId } from '../charger/profile-overrides.ts'
import type { Refusal } from '../ports.ts'
import type { Parameter, Point, Value } from './point.ts'

const INT32_MAX = 2_147_483_647
/** float32 clients write 22.08 as 22.079999923706055 and 22.1 as 22.100000381469727. */
const FLOAT32_SLACK = 1 + 1e-6

/** Why a point can't have a value; undefined: it can. Values are in the point's unit. */
export function valueRefusal(point: Point, value: Value): Refusal | undefined {
  const { definition } = point
  switch (definition.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'wrong-type'
    case 'text':
      return typeof value === 'string' ? textRefusal(point, value) : 'wrong-type'
    case 'state': {
      if (typeof value !== 'number') return 'wrong-type'
      // The published orders end with Unknown, which nobody can ask for.
      const states = definition.states ?? []
      const writable = states.at(-1) === 'Unknown' && !point.outOfService ? states.length - 1 : states.length
      const purpose = definition.name === 'smartCharging.purpose' ? states[value] : undefined
      if (purpose !== undefined && forbiddenPurpose(point.connector, purpose)) return 'out-of-range'
      return Number.isInteger(value) && value >= 0 && value < writable ? undefined : 'out-of-range'
    }
    case 'integer':
      if (typeof value !== 'number') return 'wrong-type'
      return Number.isInteger(value) && within(definition.range, point.counted(value)) ? undefined : 'out-of-range'
    case 'number':
      return typeof value === 'number' ? numberRefusal(point, value) : 'wrong-type'
  }
}

function within(range = { min: -INT32_MAX, max: INT32_MAX }, value: number): boolean {
  return value >= range.min && value <= range.max
}

function textRefusal(point: Point, value: string): Refusal | undefined {
  // Control characters have no place in a tag or a configuration key.
  if ([...value].some((character) => character < ' ' || character === '\u007f')) return 'out-of-range'
  return value.length <= (point.definition.length ?? 255) ? undefined : 'out-of-range'
}

function numberRefusal(point: Point, value: number): Refusal | undefined {
  if (!Number.isFinite(value)) return 'out-of-range'
  const meaning = point.definition.write
  if (meaning?.kind === 'setpoint' && point.charger !== undefined) {
    const most = rating(point.charger, point.connector) * FLOAT32_SLACK
    return value >= 0 && point.counted(value) <= most ? undefined : 'out-of-range'
  }
  if (meaning?.kind === 'parameter') return parameterRefusal(meaning.parameter, value)
  return undefined
}

function parameterRefusal(parameter: Parameter, value: number): Refusal | undefined {
  const most = parameter === 'smartCharging.stackLevel' ? 999 : INT32_MAX
  if (parameter === 'smartCharging.profileId' && isOwnId(value)) return 'out-of-range'
  return Number.isInteger(value) && value >= -1 && value <= most ? undefined : 'out-of-range'
}
