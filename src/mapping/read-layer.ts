import { basename } from 'node:path'
import { z } from 'zod'
import type { BridgePointDefinition } from '../core/points/bridge-points.ts'
import { findBridgePoint, findPoint } from '../core/points/catalogue.ts'
import type { ChargerPointDefinition, PointDefinition } from '../core/points/point.ts'
import type { KeyType } from '../core/points/standard-keys.ts'
import { units } from '../core/points/unit.ts'
import type { Path, Problem } from '../lib/problem.ts'
import { validate } from '../lib/validate.ts'
import type { YamlFile } from '../lib/yaml-file.ts'
import { placeOf, type Row } from './mapping.ts'
import type { Protocol } from './protocol.ts'
import { readRow, unknownPoint } from './read-row.ts'
import { type fileSchema, rowSchema, stridesSchema } from './schema.ts'

interface Rows {
  readonly bridge: readonly Row<BridgePointDefinition>[]
  readonly charger: readonly Row<ChargerPointDefinition>[]
  readonly connector: readonly Row<ChargerPointDefinition>[]
}
type Scope = keyof Rows

/** One mapping file, before and after what it extends was put under it. */
export interface Layer {
  readonly extends: string | undefined
  /** As written: what a file leaves out, the one that it extends may say. */
  readonly strides: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly rows: Rows
  /** Points that this file takes away from what it extends. */
  readonly removals: readonly { readonly scope: Scope; readonly point: string; readonly problem: Problem }[]
}

/** A file's own rows; those with problems are left out. */
export function readLayer(
  yaml: YamlFile,
  schema: ReturnType<typeof fileSchema>,
  protocols: readonly Protocol[],
  problems: Problem[],
): Layer {
  problems.push(...yaml.problems)
  const written = record(yaml.value)
  const removals: Layer['removals'][number][] = []
  if (yaml.problems.length === 0) {
    const list = z.array(z.unknown()).nullish()
    validate(schema.extend({ bridge: list, charger: list, connector: list }), yaml.value ?? {}, yaml, [], problems)
    const name = basename(yaml.file, '.yaml')
    if (typeof written.mapping === 'string' && written.mapping !== name)
      problems.push(yaml.problem('mapping-name', ['mapping'], `the file is named ${name}: write mapping: ${name}`))
  }

  const rowsOf = <D extends PointDefinition>(
    scope: Scope,
    find: (name: string, vendorType: KeyType | undefined) => D | undefined,
  ): readonly Row<D>[] => {
    const rowShape = rowSchema(scope, protocols)
    return list(written[scope]).flatMap((entry, index) => {
      const path: Path = [scope, index]
      const row = validate(rowShape, entry, yaml, path, problems)
      const name = row?.point ?? record(entry).point
      const definition = typeof name === 'string' ? find(name, row?.type) : undefined
      if (typeof name === 'string' && definition === undefined)
        problems.push(yaml.problem('unknown-point', [...path, 'point'], unknownPoint(scope, name)))
      if (row === undefined || definition === undefined) return []
      if (row.remove) {
        const message = `nothing that is extended shows ${row.point} here`
        removals.push({ scope, point: row.point, problem: yaml.problem('nothing-to-remove', path, message) })
        return []
      }
      const names = protocols.map((protocol) => protocol.name)
      return readRow(row, definition, { yaml, path, protocols: names, problems }) ?? []
    })
  }

  return {
    extends: typeof written.extends === 'string' ? written.extends : undefined,
    strides: record(written.strides),
    options: Object.fromEntries(protocols.map(({ name }) => [name, record(written[name])])),
    rows: {
      bridge: rowsOf('bridge', findBridgePoint),
      charger: rowsOf('charger', (name, type) => findPoint('charger', name, type)),
      connector: rowsOf('connector', (name) => findPoint('connector', name)),
    },
    removals,
  }
}

/** A layer on top of the one that it extends: a row takes the place of those that show the same point in the same kind of place. */
export function merge(parent: Layer, own: Layer, problems: Problem[]): Layer {
  for (const { scope, point, problem } of own.removals) {
    if (!parent.rows[scope].some(({ definition }) => definition.name === point)) problems.push(problem)
  }
  const rowsOf = <D extends PointDefinition>(scope: Scope, below: readonly Row<D>[], above: readonly Row<D>[]) => {
    const removed = own.removals.filter((removal) => removal.scope === scope).map(({ point }) => point)
    const waiting = new Set(above)
    const merged = below.flatMap((row) => {
      if (removed.includes(row.definition.name)) return []
      if (!above.some((other) => replaces(other, row))) return [row]
      // In the place of what it replaces, so that the building finds its points in the same order.
      const here = [...waiting].filter((other) => replaces(other, row))
      for (const other of here) waiting.delete(other)
      return here
    })
    return [...merged, ...waiting]
  }
  const protocols = new Set([...Object.keys(parent.options), ...Object.keys(own.options)])
  return {
    extends: own.extends,
    strides: { ...parent.strides, ...own.strides },
    options: Object.fromEntries(
      [...protocols].map((name) => [name, { ...parent.options[name], ...own.options[name] }]),
    ),
    rows: {
      bridge: rowsOf('bridge', parent.rows.bridge, own.rows.bridge),
      charger: rowsOf('charger', parent.rows.charger, own.rows.charger),
      connector: rowsOf('connector', parent.rows.connector, own.rows.connector),
    },
    removals: [],
  }
}

function replaces(row: Row, other: Row): boolean {
  return (
    row.definition.name === other.definition.name &&
    Object.keys(row.parts).some(
      (protocol) =>
        protocol in other.parts && placeOf(row.parts[protocol]).kind === placeOf(other.parts[protocol]).kind,
    )
  )
}

/** What only the whole of a mapping shows, and its options with their defaults. */
export function checkMapping(
  layer: Layer,
  kind: 'bridge' | 'charger',
  protocols: readonly Protocol[],
  problems: Problem[],
): { readonly rows: Rows; readonly strides: Record<string, number>; readonly options: Record<string, unknown> } {
  const { bridge, charger, connector } = layer.rows
  const misplaced: readonly Row[] = kind === 'bridge' ? [...charger, ...connector] : bridge
  for (const row of misplaced.slice(0, 1)) {
    const message =
      kind === 'bridge'
        ? "chargers' points don't belong into bridge.yaml"
        : "the bridge's own points belong into bridge.yaml"
    problems.push(row.problem('misplaced', message))
  }
  problems.push(...limitUnits([...charger, ...connector]))
  const strides = stridesSchema(protocols).safeParse(layer.strides)
  return {
    rows: {
      bridge: once(bridge, problems),
      charger: once(charger, problems),
      connector: once(connector, problems),
    },
    // What doesn't fit was said of its file; the defaults let the rest be checked.
    strides: (strides.data ?? stridesSchema(protocols).parse({})) as Record<string, number>,
    options: Object.fromEntries(
      protocols.map(({ name, mappingOptions }) => [
        name,
        mappingOptions.safeParse(layer.options[name]).data ?? mappingOptions.parse({}),
      ]),
    ),
  }
}

/** The limit of a charger is one setpoint: in amperes or in watts, and all that tells of it likewise. */
function limitUnits(rows: readonly Row[]): readonly Problem[] {
  const limits = rows.filter(({ definition }) => definition.alternativeUnit !== undefined)
  const first = limits.find(({ definition }) => definition.write !== undefined) ?? limits[0]
  const quantity = (row: Row) => (row.unit === undefined ? undefined : units[row.unit].quantity)
  return limits
    .filter((row) => first !== undefined && quantity(row) !== quantity(first))
    .map((row) =>
      row.problem(
        'limit-unit',
        `${row.definition.name} in ${row.unit} beside ${first?.definition.name} in ${first?.unit}: write all limits of a mapping in amperes, or all in watts`,
        'unit',
      ),
    )
}

/** Rows without those that show a point where it is already shown. */
function once<D extends PointDefinition>(rows: readonly Row<D>[], problems: Problem[]): readonly Row<D>[] {
  const seen = new Set<string>()
  return rows.filter((row) => {
    const places = Object.entries(row.parts).map(([protocol, part]) => {
      const { kind, number } = placeOf(part)
      return { protocol, key: `${row.definition.name} ${protocol} ${kind} ${number}` }
    })
    const again = places.filter(({ key }) => seen.has(key))
    for (const { key } of places) seen.add(key)
    for (const { protocol, key } of again)
      problems.push(row.problem('duplicate-row', `${key} stands in another row already`, protocol))
    return again.length === 0
  })
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
