import type { Charger } from '../core/charger/charger.ts'
import type { BridgeView } from '../core/points/bridge-points.ts'
import { Point, type PointReading } from '../core/points/point.ts'
import type { BoundRow, Mapping } from './mapping.ts'

/** The points of one connector of a charger (0: the charge point itself). */
export function expand(mapping: Mapping, charger: Charger, connector: number, nextId: () => number): readonly Point[] {
  const rows = connector === 0 ? mapping.charger : mapping.connector
  return rows.map((row) => {
    const { read } = row.definition
    return pointOf(row, nextId(), charger, connector, (now) => read(charger, connector, now))
  })
}

/** The bridge's own points. */
export function expandBridge(mapping: Mapping, view: BridgeView, nextId: () => number): readonly Point[] {
  return mapping.bridge.map((row) => pointOf(row, nextId(), undefined, 0, () => row.definition.read(view)))
}

function pointOf(
  { definition, unit, states, writable, enforce, bindings }: BoundRow,
  id: number,
  charger: Charger | undefined,
  connector: number,
  read: (now: number) => PointReading,
): Point {
  return new Point({ id, charger, connector, definition, unit, states, writable, enforce, bindings, read })
}
