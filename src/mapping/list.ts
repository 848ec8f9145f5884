import { type Options, stringify } from 'csv-stringify/sync'
import type { Point } from '../core/points/point.ts'
import type { Device, Listing } from '../core/ports.ts'
import { aligned } from '../lib/table.ts'
import { active, type Protocol, type ProtocolConfigs } from './protocol.ts'

export const listFormats = ['table', 'json', 'csv', 'markdown'] as const
export type ListFormat = (typeof listFormats)[number]

export function isListFormat(format: string): format is ListFormat {
  return listFormats.some((each) => each === format)
}

/** One point as the building sees it, and where each protocol shows it under its own name. */
export interface ListedPoint {
  /** Identifier of the charger; null for the bridge's own points. */
  readonly charger: string | null
  readonly connector: number
  readonly point: string
  /** `<site>.<charger>.<connector>.<name>`, as the BACnet object is named. */
  readonly name: string
  readonly unit: string | null
  readonly writable: boolean
  readonly states?: readonly string[]
  readonly [protocol: string]: unknown
}

const shared: readonly string[] = ['charger', 'connector', 'point', 'name', 'unit', 'writable', 'states']
/** The last columns of a sheet. */
const trailing: readonly string[] = ['chargerName', 'description']

/** All points of all devices in the order of their mappings; with `details`, all that a sheet says of them. */
export function listPoints(
  listings: readonly Listing[],
  {
    protocols,
    configs,
    details = false,
  }: { readonly protocols: readonly Protocol[]; readonly configs: ProtocolConfigs; readonly details?: boolean },
): readonly ListedPoint[] {
  const on = active(protocols, configs)
  return listings.flatMap(({ device, points }) =>
    points.map((point) => ({
      charger: point.charger?.id ?? null,
      connector: point.connector,
      point: point.definition.name,
      name: objectName(device, point),
      unit: point.unit ?? null,
      writable: point.writable,
      ...(point.states && { states: point.states }),
      ...Object.fromEntries(
        on.flatMap((protocol) => {
          const { name } = protocol
          const place = protocol.describe(configs[name], device, point)
          if (place === undefined) return []
          return [[name, details ? merged(place, protocol.details?.(configs[name], device, point)) : place]]
        }),
      ),
      ...(details && {
        chargerName: point.charger?.settings.name ?? '',
        description: point.definition.description,
      }),
    })),
  )
}

/** A place and the details of it, which may say more of a part that both have. */
function merged(place: object, details: object = {}): object {
  const more = Object.entries(details).map(([key, value]: [string, unknown]) => {
    const own: unknown = (place as Readonly<Record<string, unknown>>)[key]
    return [key, typeof own === 'object' && own !== null ? { ...own, ...(value as object) } : value]
  })
  return { ...place, ...Object.fromEntries(more) }
}

/** A list as text, ending in a line feed. */
export function formatPoints(points: readonly ListedPoint[], format: ListFormat): string {
  if (format === 'json') return `${JSON.stringify(points, undefined, 2)}\n`
  const flat = points.map((point) => flatten(point))
  const columns = columnsOf(flat).filter((column) => format !== 'table' || column !== 'states')
  const rows = flat.map((row) => columns.map((column) => row.get(column) ?? ''))
  if (format === 'csv') return stringify([columns, ...rows], csv)
  const lines =
    format === 'markdown'
      ? [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
      : aligned([columns, ...rows])
  return `${lines.join('\n')}\n`
}

/** The row's own name for the object, else the point's, below the device's. */
function objectName(device: Device, point: Point): string {
  const named = Object.values(point.bindings)
    .map((binding) => (binding as { readonly row: { readonly name?: unknown } }).row.name)
    .find((name) => typeof name === 'string')
  return [device.name, ...(point.connector === 0 ? [] : [point.connector]), named ?? point.definition.name].join('.')
}

/** The columns that every point has, then those of each protocol side by side, in the order of its fullest place. */
function columnsOf(rows: readonly ReadonlyMap<string, string>[]): readonly string[] {
  const own = rows.map((row) =>
    [...row.keys()].filter((column) => !shared.includes(column) && !trailing.includes(column)),
  )
  const protocols = new Set(own.flat().map((column) => column.split('.', 1)[0]))
  return [
    ...shared,
    ...[...protocols].flatMap((protocol) => {
      const places = own.map((columns) => columns.filter((column) => column.startsWith(`${protocol}.`)))
      const fullest = places.reduce((a, b) => (b.length > a.length ? b : a), [])
      return [...new Set([...fullest, ...places.flat()])]
    }),
    ...trailing.filter((column) => rows.some((row) => row.has(column))),
  ]
}

/** A protocol's place as columns of their own: `modbus.address`, `modbus.blocks.unit`. */
function flatten(point: object, prefix = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(point).flatMap(([key, value]: [string, unknown]): (readonly [string, string])[] => {
      const column = `${prefix}${key}`
      if (Array.isArray(value)) return [[column, value.join('; ')]]
      if (typeof value === 'object' && value !== null) return [...flatten(value, `${column}.`)]
      return [[column, value === null ? '' : String(value)]]
    }),
  )
}

const number = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i

/** RFC 4180. A name that a spreadsheet would carry out as a formula is a text in it; a number stays one. */
const csv: Options = {
  record_delimiter: 'unix',
  quoted_match: /\r/,
  escape_formulas: true,
  cast: { string: (cell) => (number.test(cell) ? { value: cell, escape_formulas: false } : cell) },
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|')
}
