import { certificateFiles } from './config/certificate-files.ts'
import { checkListens } from './config/check-listens.ts'
import { type Config, configOf, loadConfig } from './config/load.ts'
import { checkFilter } from './config/log.ts'
import type { Settings } from './config/settings.ts'
import type { AuthorizeSettings } from './core/charger/authorize.ts'
import { Charger } from './core/charger/charger.ts'
import type { Finding } from './core/finding.ts'
import type { BridgeView } from './core/points/bridge-points.ts'
import type { Point } from './core/points/point.ts'
import type { ChargerSettings, Device, Listing, Store } from './core/ports.ts'
import { hasErrors, type Problem, sortProblems } from './lib/problem.ts'
import { version } from './lib/version.ts'
import type { YamlFile } from './lib/yaml-file.ts'
import { type Assignments, assign } from './mapping/assign.ts'
import { checkListings } from './mapping/check.ts'
import { expand, expandBridge } from './mapping/expand.ts'
import { loadMappings, type Mappings } from './mapping/load.ts'
import { numbering } from './mapping/numbering.ts'
import { northbound, sections, southbound } from './plugins.ts'
import { checkExport } from './store/history/check-export.ts'
import { viewStore } from './store/read.ts'

const [ocpp] = southbound

const configSections = {
  southbound: { ocpp: sections.southbound.ocpp.config },
  northbound: sections.northbound,
  services: {
    web: sections.services.web.config,
    history: sections.services.history.config,
    log: sections.services.log.config,
  },
} as const

type BridgeSettings = Settings<typeof configSections>

/** A config that can be run: its mappings, and where each charger stands. */
export interface Plan {
  readonly settings: BridgeSettings
  readonly mappings: Mappings
  readonly assignments: Assignments
  /** Who may charge, with the files of the lists read. */
  readonly authorize: AuthorizeSettings
  /** Files beside config and mappings whose change is a change of the plan. */
  readonly files: readonly string[]
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
  storage: { failing: false, waiting: 0, lost: 0 },
}

/** What is remembered of chargers outside the config. */
export interface Remembered {
  /** Their numbers, by identifier in lower case. */
  readonly numbers: ReadonlyMap<string, number>
  /** How many connectors one told of. */
  connectorsOf(id: string): number | undefined
}

/**
 * Reads config and mappings, gives every charger its number, and finds every problem of all of them at once. Nothing is
 * written: numbers are only looked up in the config's own store, or in what is `remembered`, and kept by `keepNumbers`.
 */
export function draw(file: string, remembered?: Remembered): Drawn {
  return drawn(loadConfig(file, configSections), remembered)
}

/** The same for a text that is already read; paths in it are relative to `source.file`. */
export function drawFrom(source: YamlFile, remembered?: Remembered): Drawn {
  return drawn(configOf(source, configSections), remembered)
}

function drawn(config: Config<typeof configSections>, remembered: Remembered | undefined): Drawn {
  const { problems: found, draft, settings, source } = config
  const problems = [...found]
  if (draft === undefined) return { problems, plan: undefined, listings: [] }
  const mappings = loadMappings(draft.chargers, source, northbound)
  const context = { protocols: northbound, configs: draft.northbound, config: source }
  const { numbers, connectorsOf } = remembered ?? rememberedIn(settings?.store ?? ':memory:')
  const assignments = assign(draft.chargers, context, numbering(numbers))
  const nextId = counter()
  const listings: Listing[] = [
    { device: bridgeDevice(draft.site, assignments), points: expandBridge(mappings.bridge, still, nextId) },
  ]
  for (const { settings: own, mapping: name } of draft.chargers) {
    const mapping = mappings.byName.get(name)
    if (mapping === undefined) continue
    const connectors = own.connectors ?? connectorsOf(own.id) ?? 1
    const charger = new Charger(own, { guest: false, connectors, limits: draft.limits })
    const points: Point[] = []
    for (let connector = 0; connector <= connectors; connector += 1)
      points.push(...expand(mapping, charger, connector, nextId))
    listings.push({ device: chargerDevice(draft.site, charger, assignments), points })
  }
  problems.push(...mappings.problems, ...assignments.problems, ...checkListings(listings, draft.chargers, context))
  for (const { name, check } of southbound) {
    const own = draft.southbound[name]
    if (own !== undefined) problems.push(...check(own, draft).map((finding) => placed(finding, name, source)))
  }
  const log = settings?.services.log
  if (log !== undefined) problems.push(...checkFilter(log, draft.chargers, source))
  if (settings !== undefined) {
    const { northbound, services, southbound } = settings
    if (services.history !== undefined) problems.push(...checkExport(services.history, source))
    // Of BACnet is UDP, which has ports of its own.
    const listening = { ocpp: southbound.ocpp, web: services.web, modbus: northbound.modbus }
    problems.push(...checkListens(listening, source))
  }
  const sorted = sortProblems(problems)
  if (settings === undefined || hasErrors(sorted)) return { problems: sorted, plan: undefined, listings }
  const { authorize: written } = settings.southbound.ocpp
  const authorize = ocpp.readLists(written, draft.folder)
  const plan = { settings, mappings, assignments, authorize, files: ocpp.tagFiles(written, draft.folder) }
  return { problems: sorted, plan, listings }
}

/** The files that a config names, all absolute; its mappings have their own places. */
export interface NamedFiles {
  readonly store: string
  /** Those of `Plan.files`, in their order. */
  readonly lists: readonly string[]
  readonly certificates: readonly string[]
  /** Whether a database that is no file holds the histories. */
  readonly postgres: boolean
}

/** What a config names, also where it can't run here: nothing but its own text and the environment is looked at. */
export function namedFiles(source: YamlFile): {
  readonly problems: readonly Problem[]
  readonly files: NamedFiles | undefined
} {
  const { problems, settings } = configOf(source, configSections)
  if (settings === undefined) return { problems, files: undefined }
  const lists = ocpp.tagFiles(settings.southbound.ocpp.authorize, settings.folder)
  return {
    problems,
    files: {
      store: settings.store,
      lists,
      certificates: certificateFiles(settings),
      postgres: settings.database !== undefined,
    },
  }
}

/** The chargers of a plan have their numbers for ever from now on. */
export function keepNumbers({ assignments }: Plan, store: Pick<Store, 'keepNumbers'>): void {
  store.keepNumbers(new Map([...assignments.chargers].map(([id, { number }]) => [id, number])))
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

/** What an open store remembers. */
export function rememberedBy(store: Pick<Store, 'numbers' | 'held'>): Remembered {
  return {
    get numbers() {
      return store.numbers()
    },
    connectorsOf(id) {
      const told = store.held(id).get('connectors')
      return told === undefined ? undefined : Number(told)
    },
  }
}

function rememberedIn(file: string): Remembered {
  const { numbers, connectors } = viewStore(file)
  return { numbers, connectorsOf: (id) => connectors.get(id) }
}
