import type { Charger } from '../core/charger/charger.ts'
import type { BridgeView } from '../core/points/bridge-points.ts'
import { Point, type PointReading } from '../core/points/point.ts'
import type { BoundRow, Mapping } from './mapping.ts'

/** A point that is there already and fits a row as it is; undefined: a new one is made. */
export type Kept = (row: BoundRow) => Point | undefined

const none: Kept = () => undefined

/** The points of one connector of a charger (0: the charge point itself). */
export function expand(
  mapping: Mapping,
  charger: Charger,
  connector: number,
  nextId: () => number,
  kept: Kept = none,
): readonly Point[] {
  const rows = connector === 0 ? mapping.charger : mapping.connector
  return rows.map((row) => {
    const { read } = row.definition
    return kept(row) ?? pointOf(row, nextId(), charger, connector, (now) => read(charger, connector, now))
  })
}

/** The bridge's own points. */
export function expandBridge(
  mapping: Mapping,
  view: BridgeView,
  nextId: () => number,
  kept: Kept = none,
): readonly Point[] {
  return mapping.bridge.map((row) => kept(row) ?? pointOf(row, nextId(), undefined, 0, () => row.definition.read(view)))
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
