import { createHash } from 'node:crypto'
import { Authorizer } from './core/charger/authorize.ts'
import type { Charger } from './core/charger/charger.ts'
import { Fleet } from './core/charger/fleet.ts'
import { Totals } from './core/charger/totals.ts'
import { authorizeModes } from './core/charger/vocabulary.ts'
import type { BridgeView } from './core/points/bridge-points.ts'
import { BRIDGE, PointDownlink } from './core/points/downlink.ts'
import type { Point } from './core/points/point.ts'
import { givePoints } from './core/points/point-table.ts'
import { PointUplink } from './core/points/uplink.ts'
import type { FleetSettings, Northbound, NorthboundParts, Southbound, Store } from './core/ports.ts'
import type { Clock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { version } from './lib/version.ts'
import { expand, expandBridge } from './mapping/expand.ts'
import { bridgeDevice, chargerDevice, counter, type Plan } from './plan.ts'
import { northbound, southbound } from './plugins.ts'
import { web } from './web/index.ts'

export interface GatewayParts {
  readonly clock: Clock
  readonly log: Log
  /** Closed by the gateway when it stops. */
  readonly store: Store
  /** The protocols, for those who bring transports of their own. */
  readonly plugins?: {
    readonly northbound: readonly NorthboundPlugin[]
    readonly southbound: readonly SouthboundPlugin[]
  }
}

interface NorthboundPlugin {
  readonly name: string
  create(config: unknown, parts: NorthboundParts): Northbound
}

interface SouthboundParts {
  readonly door: Fleet
  readonly clock: Clock
  readonly log: Log
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
  /** Starts every listener; resolves with what is told in the ready line, in its order. */
  start(): Promise<ReadonlyMap<string, string>>
  stop(): Promise<void>
}

/** Builds every part and hands each its neighbours. */
export function createGateway(
  { settings, mappings, assignments }: Plan,
  { clock, log, store, plugins = { northbound, southbound } }: GatewayParts,
): Gateway {
  const { ocpp } = settings.southbound
  const fleetSettings: FleetSettings = { ...ocpp, limits: settings.limits, actions: settings.actions }
  const authorizer = new Authorizer(ocpp.authorize)
  const kept = authorizeModes.find((mode) => mode === store.held(BRIDGE).get('authorize.mode'))
  if (kept !== undefined) authorizer.mode = kept

  const norths: Northbound[] = []
  const totals = new Totals()
  const uplink = new PointUplink(norths, totals)
  const points: Point[] = []
  const nextId = counter()
  const shownTag = ocpp.shareIdTags ? (idTag: string) => idTag : hashTag

  const fleet: Fleet = new Fleet({
    settings: fleetSettings,
    authorizer,
    store,
    uplink,
    clock,
    log,
    shownTag,
    connectorsGrew: (charger) => show(charger),
  })
  const downlink = new PointDownlink({
    settings: fleetSettings,
    store,
    clock,
    log,
    authorizer,
    uplink,
    settle: (charger) => fleet.settle(charger),
  })
  const configs: Readonly<Record<string, unknown>> = settings.northbound
  for (const plugin of plugins.northbound) {
    const own = configs[plugin.name]
    const parts = { clock, log, downlink, site: settings.site, version }
    if (own !== undefined) norths.push(plugin.create(own, parts))
  }
  const souths: Southbound[] = plugins.southbound.map((plugin) =>
    plugin.create(ocpp, { door: fleet, clock, log, folder: settings.folder }),
  )
  // The one southbound that there is; a second one will have to say which chargers are its own.
  const [south] = souths
  const api =
    settings.services.web === undefined || south === undefined
      ? undefined
      : web.create(settings.services.web, {
          chargers: () => fleet.chargers,
          call: (charger, action, payload) => south.call(charger, action, payload),
          clock,
          log,
        })

  const view: BridgeView = {
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
    get authorizeMode() {
      return authorizer.mode
    },
  }
  const own = expandBridge(mappings.bridge, view, nextId)
  points.push(...own)
  uplink.showBridge(own)
  for (const north of norths) north.attach(bridgeDevice(settings.site, assignments), own)

  const mappingOf = new Map(settings.chargers.map(({ settings: { id }, mapping }) => [id, mapping]))

  /** Shows the connectors of a charger that have no points yet. */
  function show(charger: Charger): void {
    const mapping = mappings.byName.get(mappingOf.get(charger.id) ?? '')
    if (mapping === undefined) return
    const added = new Map<number, readonly Point[]>()
    for (let connector = charger.points.length; connector <= charger.connectorCount; connector += 1) {
      added.set(connector, expand(mapping, charger, connector, nextId))
    }
    givePoints(charger, added, store, clock.now())
    const device = chargerDevice(settings.site, charger, assignments)
    for (const fresh of added.values()) {
      points.push(...fresh)
      for (const north of norths) north.attach(device, fresh)
    }
  }

  for (const { settings: charger } of settings.chargers) {
    const made = fleet.add(charger)
    show(made)
    totals.update(made)
  }
  uplink.bridgeChanged(clock.now())

  return {
    fleet,
    points,
    downlink,
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
      store.close()
    },
  }
}

/** Eight characters tell two tags apart on a display and give neither away. */
function hashTag(idTag: string): string {
  return idTag === '' ? '' : createHash('sha256').update(idTag.toLowerCase()).digest('hex').slice(0, 8)
}
