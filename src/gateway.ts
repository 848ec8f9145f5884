import { passesFilter } from './config/log.ts'
import { Authorizer } from './core/charger/authorize.ts'
import { Fleet } from './core/charger/fleet.ts'
import { Totals } from './core/charger/totals.ts'
import { type AuthorizeMode, authorizeModes } from './core/charger/vocabulary.ts'
import { type History, noHistory } from './core/history.ts'
import type { BridgeView } from './core/points/bridge-points.ts'
import { BRIDGE, PointDownlink } from './core/points/downlink.ts'
import type { Point } from './core/points/point.ts'
import { PointUplink } from './core/points/uplink.ts'
import type { ChargerSettings, FleetSettings, Northbound, NorthboundParts, Southbound, Store } from './core/ports.ts'
import { StorageHealth } from './core/storage-health.ts'
import { type Difference, difference, isNothing } from './difference.ts'
import { Display } from './display.ts'
import type { Clock } from './lib/clock.ts'
import { filteredLog } from './lib/filtered-log.ts'
import type { Log } from './lib/log.ts'
import { version } from './lib/version.ts'
import { keepNumbers, type Plan } from './plan.ts'
import { liveKeys, northbound, southbound } from './plugins.ts'
import { hashTag } from './southbound/ocpp/hash-tag.ts'
import { web } from './web/index.ts'

export interface GatewayParts {
  readonly clock: Clock
  readonly log: Log
  /** Closed by the gateway when it stops. */
  readonly store: Store
  /** Told everything that happens; absent: nobody is. */
  readonly history?: KeptHistory
  /** How it stands with what the bridge keeps; absent: nobody tells. */
  readonly health?: StorageHealth
  /** Stops it soon and starts it anew; absent where nobody can. */
  readonly restart?: () => void
  /** The protocols, for those who bring transports of their own. */
  readonly plugins?: {
    readonly northbound: readonly NorthboundPlugin[]
    readonly southbound: readonly SouthboundPlugin[]
  }
}

const nothingKept: KeptHistory = noHistory

/** Where everything that happens is told, and what it needs to know beside that. */
export interface KeptHistory extends History {
  /** Whether whoever reads may see who charged, from now on. */
  shareIdTags?(share: boolean): void
  /** Writes what waits, and takes the last transactions of the store: before that is closed. */
  stop?(): Promise<void>
}

interface NorthboundPlugin {
  readonly name: string
  create(config: unknown, parts: NorthboundParts): Northbound
}

interface SouthboundParts {
  readonly door: Fleet
  readonly clock: Clock
  readonly log: Log
  readonly store: Store
  readonly history: History
  /** Where relative paths of the config start. */
  readonly folder: string
}

interface SouthboundPlugin {
  readonly name: string
  create(config: unknown, parts: SouthboundParts): Southbound
}

export interface Gateway {
  readonly fleet: Fleet
  readonly points: readonly Point[]
  readonly downlink: PointDownlink
  /** The plan that it follows. */
  readonly plan: Plan
  /**
   * Follows another plan while it runs: only the chargers that it concerns notice. Where something of it needs a
   * restart nothing is taken up. Answers with what the two plans differ in.
   */
  take(plan: Plan): Difference
  /** Starts every listener; resolves with what is told in the ready line, in its order. */
  start(): Promise<ReadonlyMap<string, string>>
  stop(): Promise<void>
}

/** Builds every part and hands each its neighbours. */
export function createGateway(
  plan: Plan,
  {
    clock,
    log: whole,
    store,
    history = nothingKept,
    restart,
    health = new StorageHealth(),
    plugins = { northbound, southbound },
  }: GatewayParts,
): Gateway {
  let current = plan
  let passes = linesOf(plan)
  const log = filteredLog(whole, (level, fields) => passes(level, fields))
  keepNumbers(plan, store)
  // One object for all who look at it, so that a change of the config is seen by all of them at once.
  const fleetSettings = fleetSettingsOf(plan)
  const authorizer = new Authorizer(fleetSettings.authorize)
  authorizer.mode = modeInForce(store, authorizer.mode, log)

  const norths: Northbound[] = []
  const totals = new Totals()
  const uplink = new PointUplink(norths, totals)
  const fleet: Fleet = new Fleet({
    settings: fleetSettings,
    authorizer,
    store,
    uplink,
    history,
    clock,
    log,
    shownTag: (idTag) => (fleetSettings.shareIdTags ? idTag : hashTag(idTag)),
    connectorsGrew: (charger) => display.show(charger),
  })
  const downlink = new PointDownlink({
    settings: fleetSettings,
    store,
    clock,
    log,
    history,
    authorizer,
    uplink,
    settle: (charger) => fleet.settle(charger),
  })
  const sections: Readonly<Record<string, unknown>> = plan.settings.northbound
  for (const plugin of plugins.northbound) {
    const own = sections[plugin.name]
    const notebook = store.notebook(plugin.name)
    const journal = store.journals(plugin.name)
    const { folder, site } = plan.settings
    const parts = { clock, log, downlink, keeping: store.keeping, notebook, journal, site, folder, version, restart }
    if (own !== undefined) norths.push(plugin.create(own, parts))
  }
  const souths = plugins.southbound.map((plugin) =>
    plugin.create(plan.settings.southbound.ocpp, {
      door: fleet,
      clock,
      log,
      store,
      history,
      folder: plan.settings.folder,
    }),
  )
  // The one southbound that there is; a second one will have to say which chargers are its own.
  const [south] = souths
  const api =
    plan.settings.services.web === undefined || south === undefined
      ? undefined
      : web.create(plan.settings.services.web, {
          chargers: () => fleet.chargers,
          call: (charger, action, payload) => south.call(charger, action, payload),
          downlink,
          clock,
          log,
        })
  const display = new Display(plan, {
    norths,
    uplink,
    downlink,
    store,
    clock,
    view: viewOf(totals, authorizer, health),
  })

  function add(settings: ChargerSettings): void {
    const charger = fleet.add(settings)
    display.show(charger)
    totals.update(charger)
  }

  function configure(next: Plan, keys: readonly string[]): void {
    const { settings } = next
    Object.assign(fleetSettings, fleetSettingsOf(next))
    history.shareIdTags?.(fleetSettings.shareIdTags)
    if (keys.includes('ocpp.authorize')) {
      authorizer.configure(fleetSettings.authorize)
      authorizer.mode = modeInForce(store, fleetSettings.authorize.mode, log)
    }
    for (const south of souths) south.configure(settings.southbound.ocpp)
    const changed: Readonly<Record<string, unknown>> = settings.northbound
    for (const north of norths) north.configure(changed[north.name])
    fleet.configured()
  }

  display.showBridge()
  for (const { settings } of plan.settings.chargers) add(settings)
  uplink.bridgeChanged(clock.now())
  health.observe(() => uplink.bridgeChanged(clock.now()))

  return {
    fleet,
    get points() {
      return display.points
    },
    downlink,
    get plan() {
      return current
    },
    take(next) {
      const news = difference(current, next, liveKeys)
      if (news.needRestart.length > 0 || isNothing(news)) return news
      keepNumbers(next, store)
      current = next
      passes = linesOf(next)
      display.follow(next)
      const byId = new Map([...fleet.chargers].map((charger) => [charger.id, charger]))
      const changed = news.changed.flatMap(({ settings }) => {
        const charger = byId.get(settings.id)
        return charger === undefined ? [] : [{ charger, settings }]
      })
      // Whoever leaves an address does so before anybody takes it.
      for (const { settings } of news.removed) {
        const charger = byId.get(settings.id)
        if (charger === undefined) continue
        fleet.remove(charger)
        totals.remove(charger)
        display.remove(charger)
      }
      for (const { charger } of changed) if (display.hasMoved(charger)) display.hide(charger)
      if (news.settings.length > 0) configure(next, news.settings)
      if (news.bridge) display.showBridge()
      for (const { charger, settings } of changed) {
        fleet.change(charger, settings)
        display.show(charger)
        fleet.settle(charger)
      }
      for (const { settings } of news.added) add(settings)
      uplink.bridgeChanged(clock.now())
      return news
    },
    async start() {
      fleet.start()
      const addresses = new Map<string, string>()
      for (const [index, south] of souths.entries())
        addresses.set(plugins.southbound[index]?.name ?? '', await south.start())
      for (const north of norths) addresses.set(north.name, await north.start())
      if (api !== undefined) addresses.set(web.name, await api.start())
      return addresses
    },
    async stop() {
      await Promise.all([...souths, ...norths, ...(api === undefined ? [] : [api])].map((part) => part.stop()))
      fleet.stop()
      downlink.stop()
      await history.stop?.()
      store.close()
    },
  }
}

function fleetSettingsOf({ settings, authorize }: Plan): FleetSettings {
  return { ...settings.southbound.ocpp, authorize, limits: settings.limits, actions: settings.actions }
}

/** Which lines of the log a plan asks for. */
function linesOf({ settings: { chargers, services } }: Plan): ReturnType<typeof passesFilter> {
  return passesFilter(services.log ?? { filter: [] }, chargers)
}

/** What the building wrote counts for more than the config; who changes the config learns of it. */
function modeInForce(store: Store, configured: AuthorizeMode, log: Log): AuthorizeMode {
  const held = authorizeModes.find((mode) => mode === store.held(BRIDGE).get('authorize.mode'))
  if (held !== undefined && held !== configured)
    log.warn({ held, configured }, `ocpp.authorize.mode is ${configured}, but the building wrote ${held}, which counts`)
  return held ?? configured
}

function viewOf(totals: Totals, authorizer: Authorizer, storage: StorageHealth): BridgeView {
  return {
    get configured() {
      return totals.configured
    },
    get online() {
      return totals.online
    },
    get charging() {
      return totals.charging
    },
    get faulted() {
      return totals.faulted
    },
    get powerW() {
      return totals.powerW
    },
    version,
    storage,
    get authorizeMode() {
      return authorizer.mode
    },
  }
}
