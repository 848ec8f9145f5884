import type { PointObject } from './point-object.ts'

/** What was told of an object the last time. */
export interface Told {
  readonly value: PointObject['point']['value']
  readonly flags: number
}

/** Flags always matter; a number has to move by its increment, everything else by anything (13.1). */
export function matters(told: Told, object: PointObject, value: Told['value'], flags: number): boolean {
  if (flags !== told.flags) return true
  if (value === told.value) return false
  const { type } = object.point.definition
  if (type !== 'number' && type !== 'integer') return true
  if (typeof value !== 'number' || typeof told.value !== 'number') return true
  const moved = Math.abs(value - told.value)
  // A hair's breadth: 7.1 - 7.0 is 0.09999999999999964.
  return moved > 0 && moved >= object.covIncrement - 1e-9
}
