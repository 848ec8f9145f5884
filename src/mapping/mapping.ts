import type { BridgePointDefinition } from '../core/points/bridge-points.ts'
import type { ChargerPointDefinition, Point, PointDefinition, RowBindings } from '../core/points/point.ts'
import type { Unit } from '../core/points/unit.ts'
import type { RowBinding } from '../core/ports.ts'
import type { Problem } from '../lib/problem.ts'

/** One row as read from its file. */
export interface Row<D extends PointDefinition = PointDefinition> {
  readonly definition: D
  /** Undefined: the value has none. */
  readonly unit: Unit | undefined
  /** Texts of a state: the labels of the row, or the published ones. */
  readonly states: readonly string[] | undefined
  readonly writable: boolean
  readonly enforce: boolean
  /** The protocol parts, as the protocols' schemas made them. */
  readonly parts: Readonly<Record<string, unknown>>
  /** Makes a problem at the row, or at its part for a protocol. */
  readonly problem: (code: string, message: string, part?: string) => Problem
}

/** A row together with what its protocols need at run time. */
export interface BoundRow<D extends PointDefinition = PointDefinition> extends Row<D> {
  readonly bindings: RowBindings
}

export interface Mapping {
  readonly name: string
  readonly bridge: readonly BoundRow<BridgePointDefinition>[]
  readonly charger: readonly BoundRow<ChargerPointDefinition>[]
  readonly connector: readonly BoundRow<ChargerPointDefinition>[]
}

const rows = new WeakMap<RowBindings, Row>()

/** Binds a row to its mapping's strides and options. */
export function bind<D extends PointDefinition>(
  row: Row<D>,
  strides: Readonly<Record<string, number>>,
  options: Readonly<Record<string, unknown>>,
): BoundRow<D> {
  const bindings = Object.fromEntries(
    Object.entries(row.parts).map(([protocol, part]): [string, RowBinding<unknown, unknown>] => [
      protocol,
      { row: part, options: options[protocol], stride: strides[protocol] ?? 0 },
    ]),
  )
  rows.set(bindings, row)
  return { ...row, bindings }
}

/** The row that a point was made from. */
export function rowOf(point: Point): Row | undefined {
  return rows.get(point.bindings)
}

const looks = new WeakMap<RowBindings, string>()

/** All that a row makes of a point, or a point shows of its row, as one text: points of rows alike in it needn't be made anew. */
export function looksOf(
  row: Pick<BoundRow, 'definition' | 'unit' | 'states' | 'writable' | 'enforce' | 'bindings'>,
): string {
  let known = looks.get(row.bindings)
  if (known === undefined) {
    const { definition, unit, states, writable, enforce, bindings } = row
    known = JSON.stringify([definition, unit, states, writable, enforce, bindings])
    looks.set(row.bindings, known)
  }
  return known
}

/** What kind of place a part takes in its protocol, and which. */
export function placeOf(part: unknown): { readonly kind: string; readonly number: number | undefined } {
  const { object, table, instance, address, bit } = part as Readonly<Record<string, unknown>>
  // Bits of a shared register are another kind of place than a register of one's own.
  const shared = bit === undefined ? '' : ' bit'
  return { kind: `${object ?? table}${shared}`, number: Number(instance ?? address) }
}
