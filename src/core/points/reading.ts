import type { Charger } from '../charger/charger.ts'
import { type Outcome, outcomeOrder } from '../charger/vocabulary.ts'
import type { PointReading, Value } from './point.ts'

const never: PointReading = { value: undefined, quality: 'never' }

/** Something that the charger told: good while it is online, its last value while it is away. */
export function told(charger: Charger, value: Value | undefined): PointReading {
  if (value === undefined) return never
  return { value, quality: charger.online ? 'good' : 'offline' }
}

/** Something that the bridge itself knows. */
export function known(value: Value): PointReading {
  return { value, quality: 'good' }
}

/** A place in a list that is kept when the list doesn't have it: then the state Unknown. */
export function toldState(charger: Charger, states: readonly string[], text: string | undefined): PointReading {
  if (text === undefined) return { value: states.length - 1, quality: 'never' }
  return told(charger, states.indexOf(text))
}

/** A moment as ISO 8601 in UTC, to the second. */
export function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${new Date(ms).toISOString().slice(0, 19)}Z`
}

export function outcomeReading(outcome: Outcome): PointReading {
  return known(outcomeOrder.indexOf(outcome))
}
