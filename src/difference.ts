import { looksOf, type Mapping } from './mapping/mapping.ts'
import type { Plan } from './plan.ts'

type PlannedCharger = Plan['settings']['chargers'][number]

/** What of two plans is not the same. */
export interface Difference {
  /** Keys whose change only a restart takes up, such as `bacnet.network`. */
  readonly needRestart: readonly string[]
  /** Keys whose change is taken up, chargers and mappings aside. */
  readonly settings: readonly string[]
  readonly added: readonly PlannedCharger[]
  readonly removed: readonly PlannedCharger[]
  /** Another entry, other addresses, or a mapping that says something else. */
  readonly changed: readonly PlannedCharger[]
  /** The bridge's own points. */
  readonly bridge: boolean
}

/** By section, the keys that a running bridge takes up: what a protocol doesn't name needs a restart. */
export type LiveKeys = Readonly<Record<string, readonly string[]>>

const TAGS = 'ocpp.authorize'

const liveAtTop: readonly string[] = ['limits', 'actions']
/** Looked at on their own. */
const sectioned: readonly string[] = ['chargers', 'northbound', 'southbound', 'services']

/** What it takes to come from one plan to another. */
export function difference(from: Plan, to: Plan, live: LiveKeys): Difference {
  const top = topKeys(from, to)
  const sections = [
    ...inSections(from.settings.southbound, to.settings.southbound, live),
    ...inSections(from.settings.northbound, to.settings.northbound, live),
    ...inSections(from.settings.services, to.settings.services, live),
  ]
  // What a file of tags says, beside what the config says of it.
  const tags =
    same(from.authorize, to.authorize) || sections.some(({ key }) => key === TAGS) ? [] : [{ key: TAGS, live: true }]
  const keys = [...tags, ...top.map((key) => ({ key, live: liveAtTop.includes(key) })), ...sections]
  const before = new Map(from.settings.chargers.map((charger) => [charger.settings.id, charger]))
  const after = new Map(to.settings.chargers.map((charger) => [charger.settings.id, charger]))
  return {
    needRestart: keys.filter((each) => !each.live).map(({ key }) => key),
    settings: keys.filter((each) => each.live).map(({ key }) => key),
    added: [...after].flatMap(([id, charger]) => (before.has(id) ? [] : [charger])),
    removed: [...before].flatMap(([id, charger]) => (after.has(id) ? [] : [charger])),
    changed: [...after].flatMap(([id, charger]) => {
      const known = before.get(id)
      return known !== undefined && isChanged(known, charger, from, to) ? [charger] : []
    }),
    bridge: mappingText(from.mappings.bridge) !== mappingText(to.mappings.bridge),
  }
}

/** Nothing at all is different. */
export function isNothing({ needRestart, settings, added, removed, changed, bridge }: Difference): boolean {
  return !bridge && [needRestart, settings, added, removed, changed].every((list) => list.length === 0)
}

function isChanged(a: PlannedCharger, b: PlannedCharger, from: Plan, to: Plan): boolean {
  const { id } = a.settings
  return (
    !same(a.settings, b.settings) ||
    !same(from.assignments.chargers.get(id), to.assignments.chargers.get(id)) ||
    mappingText(from.mappings.byName.get(a.mapping)) !== mappingText(to.mappings.byName.get(b.mapping))
  )
}

function inSections(
  from: object,
  to: object,
  live: LiveKeys,
): readonly { readonly key: string; readonly live: boolean }[] {
  return changedKeys(from, to).flatMap((section) => {
    const before = (from as Readonly<Record<string, unknown>>)[section]
    const after = (to as Readonly<Record<string, unknown>>)[section]
    const isLive = (key: string) => live[section]?.includes(key) ?? false
    if (isSection(before) && isSection(after))
      return changedKeys(before, after).map((key) => ({ key: `${section}.${key}`, live: isLive(key) }))
    // A protocol that is switched on or off; what only has keys that are taken up can come and go.
    return [{ key: section, live: changedKeys(before ?? {}, after ?? {}).every(isLive) }]
  })
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** By their names in the file: `store` of the settings is there the spool of a PostgreSQL. */
function topKeys({ settings: from }: Plan, { settings: to }: Plan): readonly string[] {
  const keys = changedKeys(from, to).filter((key) => !sectioned.includes(key))
  const isSpool = from.database !== undefined && to.database !== undefined
  return [...new Set(keys.map((key) => (key === 'database' ? 'store' : key === 'store' && isSpool ? 'spool' : key)))]
}

function changedKeys(from: object, to: object): readonly string[] {
  const before = from as Readonly<Record<string, unknown>>
  const after = to as Readonly<Record<string, unknown>>
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !same(before[key], after[key]))
}

/** Settings are plain data in the order of their schema; what a network can do follows from its text. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

const texts = new WeakMap<Mapping, string>()

function mappingText(mapping: Mapping | undefined): string {
  if (mapping === undefined) return ''
  let text = texts.get(mapping)
  if (text === undefined) {
    text = [mapping.bridge, mapping.charger, mapping.connector].map((rows) => rows.map(looksOf).join('\n')).join('\n\n')
    texts.set(mapping, text)
  }
  return text
}
