import type { Charger } from '../charger/charger.ts'
import { restoreSlots } from '../charger/held.ts'
import { forgetLimit } from '../charger/reconcile.ts'
import type { Store } from '../ports.ts'
import type { Point } from './point.ts'
import { units } from './unit.ts'

/**
 * Gives a charger the points of some of its connectors. The mapping's unit of `limit` decides what the building's
 * limits are counted in; only then can the kept ones be read back.
 */
export function givePoints(
  charger: Charger,
  byConnector: ReadonlyMap<number, readonly Point[]>,
  store: Store,
  now: number,
): void {
  const { limitUnit } = charger.control
  for (const [connector, points] of byConnector) charger.points[connector] = [...points]
  for (const points of charger.points) {
    const limit = points?.find((point) => point.definition.name === 'limit')
    if (limit?.unit !== undefined) charger.control.limitUnit = units[limit.unit].quantity === 'power' ? 'W' : 'A'
  }
  // What was sent and answered is counted in the other unit: the limits are told anew.
  if (charger.control.limitUnit !== limitUnit) {
    for (const { limitProgress } of charger.control.connectors) {
      forgetLimit(limitProgress)
      limitProgress.applied = undefined
    }
  }
  restoreSlots(charger, store)
  for (const points of byConnector.values()) for (const point of points) point.refresh(now)
}
