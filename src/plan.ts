import { existsSync } from 'node:fs'
import { loadConfig } from './config/load.ts'
import type { Settings } from './config/settings.ts'
import { Charger } from './core/charger/charger.ts'
import type { BridgeView } from './core/points/bridge-points.ts'
import type { Point } from './core/points/point.ts'
import type { ChargerSettings, Device, Finding, Listing, Store } from './core/ports.ts'
import { systemClock } from './lib/clock.ts'
import { hasErrors, type Problem, sortProblems } from './lib/problem.ts'
import { version } from './lib/version.ts'
import type { YamlFile } from './lib/yaml-file.ts'
import { type Assignments, assign } from './mapping/assign.ts'
import { checkListings } from './mapping/check.ts'
import { expand, expandBridge } from './mapping/expand.ts'
import { loadMappings, type Mappings } from './mapping/load.ts'
import { northbound, sections, southbound } from './plugins.ts'
import { openSqlite } from './store/sqlite.ts'

const configSections = {
  southbound: { ocpp: sections.southbound.ocpp.config },
  northbound: sections.northbound,
  services: { web: sections.services.web.config },
} as const

type BridgeSettings = Settings<typeof configSections>

/** A config that can be run: its mappings, and where each charger stands. */
export interface Plan {
  readonly settings: BridgeSettings
  readonly mappings: Mappings
  readonly assignments: Assignments
}

export interface Drawn {
  readonly problems: readonly Problem[]
  /** Undefined when a problem is more than a warning. */
  readonly plan: Plan | undefined
  readonly listings: readonly Listing[]
}

/** Nothing runs yet: what the bridge's own points show in a list. */
const still: BridgeView = {
  configured: 0,
  online: 0,
  charging: 0,
  faulted: 0,
  powerW: 0,
  version,
  authorizeMode: 'all',
}

/**
 * Reads config and mappings, gives every charger its number, and finds every problem of all of them at once. With
 * `keep` the numbers are kept in the config's own store, as a run does; else they are only looked up there.
 */
export function draw(file: string, keep: boolean): Drawn {
  const { problems: found, draft, settings, source } = loadConfig(file, configSections)
  const problems = [...found]
  if (draft === undefined) return { problems, plan: undefined, listings: [] }
  const mappings = loadMappings(draft.chargers, source, northbound)
  const context = { protocols: northbound, configs: draft.northbound, config: source }
  const store = numbers(settings, keep)
  const assignments = assign(draft.chargers, context, store)
  const nextId = counter()
  const listings: Listing[] = [
    { device: bridgeDevice(draft.site, assignments), points: expandBridge(mappings.bridge, still, nextId) },
  ]
  for (const { settings: own, mapping: name } of draft.chargers) {
    const mapping = mappings.byName.get(name)
    if (mapping === undefined) continue
    const connectors = own.connectors ?? Number(store.held(own.id).get('connectors') ?? 1)
    const charger = new Charger(own, { guest: false, connectors, limits: draft.limits })
    const points: Point[] = []
    for (let connector = 0; connector <= connectors; connector += 1)
      points.push(...expand(mapping, charger, connector, nextId))
    listings.push({ device: chargerDevice(draft.site, charger, assignments), points })
  }
  store.close()
  problems.push(...mappings.problems, ...assignments.problems, ...checkListings(listings, draft.chargers, context))
  for (const { name, check } of southbound) {
    const own = draft.southbound[name]
    if (own !== undefined) problems.push(...check(own, draft).map((finding) => placed(finding, name, source)))
  }
  const sorted = sortProblems(problems)
  const plan = settings === undefined || hasErrors(sorted) ? undefined : { settings, mappings, assignments }
  return { problems: sorted, plan, listings }
}

export function bridgeDevice(site: string, { bridge }: Assignments): Device {
  return { charger: undefined, name: site, number: 0, addresses: bridge }
}

export function chargerDevice(site: string, charger: Charger, { chargers }: Assignments): Device {
  const own = chargers.get(charger.id)
  return { charger, name: nameOf(site, charger.settings), number: own?.number ?? 0, addresses: own?.addresses ?? {} }
}

export function counter(): () => number {
  let next = 0
  return () => next++
}

/** What a southbound protocol objects to always has a place in the config. */
function placed({ code, message, key, warning }: Finding, protocol: string, source: YamlFile): Problem {
  const problem = source.problem(code, key ?? [protocol], message)
  return warning ? { ...problem, warning } : problem
}

function nameOf(site: string, { name }: ChargerSettings): string {
  return `${site}.${name}`
}

/** A store that is only looked into is copied to memory when there is one. */
function numbers(settings: BridgeSettings | undefined, keep: boolean): Store {
  const file = settings?.store ?? ':memory:'
  if (keep || file === ':memory:') return openSqlite(file, systemClock)
  const store = openSqlite(':memory:', systemClock)
  if (!existsSync(file) || settings === undefined) return store
  const kept = openSqlite(file, systemClock)
  for (const { settings: own } of settings.chargers) {
    const known = kept.knownNumber(own.id)
    if (known !== undefined) store.number(own.id, (n) => n === known)
    const connectors = kept.held(own.id).get('connectors')
    if (connectors !== undefined) store.hold(own.id, 'connectors', connectors)
  }
  kept.close()
  return store
}
