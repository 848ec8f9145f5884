import { stringify } from 'yaml'
import type { Charger } from '../core/charger/charger.ts'
import type { ConfigurationState } from '../core/charger/state.ts'
import { configurationPoint } from '../core/points/configuration-point.ts'
import { meterPoint } from '../core/points/meter-point.ts'
import type { ChargerPointDefinition } from '../core/points/point.ts'
import { isSecretKey, type KeyType, looksSecret, standardKey, standardKeys } from '../core/points/standard-keys.ts'
import type { Unit } from '../core/points/unit.ts'
import type { Newcomer, RowBinding, Vacancies } from '../core/ports.ts'
import type { BoundRow, Mapping } from './mapping.ts'
import type { Protocol, ProtocolConfigs } from './protocol.ts'

/** Something that a charger has shown; without a definition it can't be a point, and the note says why. */
interface Found {
  readonly name: string
  readonly note: string
  readonly newcomer?: Newcomer
  /** Of a vendor's key. */
  readonly type?: KeyType
}

type Scope = 'charger' | 'connector'

/** What people count power and energy in. */
const shownIn: Partial<Record<Unit, Unit>> = { W: 'kW', Wh: 'kWh', var: 'kvar', varh: 'kvarh' }

/**
 * Rows for all that a charger has ever shown and its mapping doesn't show, each in a place that is free: YAML to be pasted
 * under the same keys of a mapping.
 */
export function discover(
  charger: Charger,
  mapping: Mapping,
  { protocols, configs }: { readonly protocols: readonly Protocol[]; readonly configs: ProtocolConfigs },
): string {
  const found: Record<Scope, readonly Found[]> = {
    charger: [...keysOf(charger, mapping.charger), ...metersOf(charger, [0], mapping.charger)],
    connector: metersOf(charger, range(1, charger.connectorCount), mapping.connector),
  }
  const scopes = (['charger', 'connector'] as const).map((scope) => {
    const finders = protocols.map(({ name, vacancies }) => ({
      name,
      find: vacancies(configs[name], placed(mapping[scope], name)),
    }))
    return { scope, rows: found[scope].map((each) => rowOf(each, finders)) }
  })
  const lines = scopes.flatMap(({ scope, rows }) => section(scope, rows))
  if (lines.length === 0) return `# ${charger.id} has shown nothing that its mapping ${mapping.name} does not show.\n`
  return `${[...heading(charger, mapping), ...lines].join('\n')}\n`
}

function heading({ id }: Charger, { name }: Mapping): readonly string[] {
  return [
    `# What ${id} has shown and its mapping ${name} does not. Paste what you need under the same keys of a mapping of yours:`,
    '#   mapping: mine',
    `#   extends: ${name}`,
  ]
}

function section(
  scope: Scope,
  rows: readonly { readonly text: readonly string[]; readonly live: boolean }[],
): readonly string[] {
  if (rows.length === 0) return []
  const live = rows.some((row) => row.live)
  return [`${live ? '' : '# '}${scope}:`, ...rows.flatMap(({ text }) => text)]
}

/** Configuration keys, in the order in which the charger told them. */
function keysOf(charger: Charger, rows: readonly BoundRow[]): readonly Found[] {
  const shown = new Set(rows.map(({ definition }) => definition.name.toLowerCase()))
  return [...charger.state.configuration].flatMap(([lower, told]): readonly Found[] => {
    const standard = standardKey(lower)
    const key = standard ?? told.key ?? lower
    const name = `config.${key}`
    if (isSecretKey(lower) || shown.has(name.toLowerCase())) return []
    const type = standard === undefined ? guess(told.value) : undefined
    const definition = configurationPoint(name, type)
    if (definition === undefined) return [{ name, note: 'its name has characters that no point may have' }]
    if (standard === undefined && looksSecret(key)) return [{ name, note: 'looks like a password' }]
    return [keyFound(definition, key, told, type)]
  })
}

function keyFound(
  definition: ChargerPointDefinition,
  key: string,
  { value = '', readonly }: ConfigurationState,
  type: KeyType | undefined,
): Found {
  const writable = !readonly && standardKeys[key]?.access !== 'R'
  return {
    name: definition.name,
    note: `${definition.type}, ${writable ? 'read and write' : 'read-only'}`,
    ...(type !== undefined && type !== 'text' && { type }),
    newcomer: {
      definition,
      unit: definition.unit,
      name: `Config ${key}`,
      writable,
      length: value.length,
      decimals: definition.type === 'number' ? (value.trim().split('.')[1]?.length ?? 0) : 0,
      negative: value.trim().startsWith('-') && definition.range === undefined,
    },
  }
}

/** The type that a vendor's value looks like: what doesn't fit an int32, or has zeros in front, is a text. */
function guess(value: string | undefined): KeyType {
  const plain = value?.trim() ?? ''
  if (/^(true|false)$/i.test(plain)) return 'boolean'
  if (/^-?(0|[1-9]\d{0,9})$/.test(plain) && Math.abs(Number(plain)) < 2 ** 31) return 'integer'
  return /^-?(0|[1-9]\d{0,8})\.\d{1,6}$/.test(plain) ? 'number' : 'text'
}

/** Meter values of the connectors of a scope, each once. */
function metersOf(charger: Charger, connectors: readonly number[], rows: readonly BoundRow[]): readonly Found[] {
  const meters = new Map<string, { readonly on: number[]; negative: boolean }>()
  for (const connector of connectors) {
    for (const [key, value] of charger.state.connectors[connector]?.meters ?? []) {
      const known = meters.get(key) ?? { on: [], negative: false }
      known.on.push(connector)
      known.negative ||= value < 0
      meters.set(key, known)
    }
  }
  return [...meters].flatMap(([key, { on, negative }]): readonly Found[] => {
    const name = `meter.${key}`
    const alias = rows.find(({ definition }) => (definition as ChargerPointDefinition).reading === key)
    if (rows.some(({ definition }) => definition.name === name)) return []
    if (alias !== undefined) return [{ name, note: `shown as ${alias.definition.name}` }]
    const definition = meterPoint(name)
    if (definition === undefined) return [{ name, note: 'no measurand, phase or location of OCPP 1.6' }]
    const unit = definition.unit && (shownIn[definition.unit] ?? definition.unit)
    const label = `Meter ${key.replace(/[.@]/g, ' ')}`
    const where = connectors.length === 1 ? '' : `connector${on.length === 1 ? '' : 's'} ${on.join(', ')}`
    return [
      {
        name,
        note: where,
        newcomer: { definition, unit, name: label, writable: false, length: 0, decimals: 1, negative },
      },
    ]
  })
}

/** A row as lines; one that can't be used as it stands is a comment. */
function rowOf(
  { name, note, newcomer, type }: Found,
  finders: readonly { readonly name: string; readonly find: Vacancies }[],
): { readonly text: readonly string[]; readonly live: boolean } {
  if (newcomer === undefined) return { text: [`  # ${oneLine(name)}: ${note}`], live: false }
  const parts = finders.flatMap((finder) => {
    const part = finder.find(newcomer)
    return part === undefined ? [] : [`    ${finder.name}: ${flow(part)}`]
  })
  if (parts.length === 0) return { text: [`  # ${name}: no room is left for it`], live: false }
  const { unit, writable } = newcomer
  return {
    live: true,
    text: [
      `  - point: ${flow(name)}${note === '' ? '' : ` # ${note}`}`,
      ...(type === undefined ? [] : [`    type: ${type}`]),
      ...(unit === undefined ? [] : [`    unit: ${flow(unit)}`]),
      ...(writable ? ['    writable: true'] : []),
      ...parts,
    ],
  }
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trimEnd()
}

/** A name that a charger made up, inside a comment. */
function oneLine(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?')
}

function placed(rows: readonly BoundRow[], protocol: string) {
  return rows.flatMap(({ definition, bindings }) => {
    const binding = bindings[protocol] as RowBinding<unknown, unknown> | undefined
    return binding === undefined ? [] : [{ definition, binding }]
  })
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n)
}
