import type { PointObject } from './point-object.ts'

/** Whether a change is told: a number has to move by the increment, everything else by anything (13.1). */
export function differs(object: PointObject, before: unknown, after: unknown, increment: number): boolean {
  if (after === before) return false
  const { type } = object.point.definition
  if (type !== 'number' && type !== 'integer') return true
  if (typeof after !== 'number' || typeof before !== 'number') return true
  const moved = Math.abs(after - before)
  // A hair's breadth: 7.1 - 7.0 is 0.09999999999999964.
  return moved > 0 && moved >= increment - 1e-9
}
