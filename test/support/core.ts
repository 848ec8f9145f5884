import { Authorizer } from '../../src/core/charger/authorize.ts'
import type { Charger } from '../../src/core/charger/charger.ts'
import type { Command } from '../../src/core/charger/command.ts'
import { Fleet } from '../../src/core/charger/fleet.ts'
import { Totals } from '../../src/core/charger/totals.ts'
import { type History, noHistory } from '../../src/core/history.ts'
import { findPoint } from '../../src/core/points/catalogue.ts'
import { PointDownlink } from '../../src/core/points/downlink.ts'
import { Point } from '../../src/core/points/point.ts'
import { givePoints } from '../../src/core/points/point-table.ts'
import { isUnit } from '../../src/core/points/unit.ts'
import { PointUplink } from '../../src/core/points/uplink.ts'
import type { ChargerSettings, FleetSettings, Northbound, Store } from '../../src/core/ports.ts'
import { type Log, silentLog } from '../../src/lib/log.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { FakeClock } from './fake-clock.ts'

export const fleetSettings: FleetSettings = {
  limits: { default: 'rating', minimum: 6, step: 1, increaseInterval: 30_000, clearOnAdopt: true },
  guests: { registration: 'pending', retryInterval: 120_000 },
  heartbeatInterval: 300_000,
  connectionLostFault: true,
  silenceTimeout: 900_000,
  configRefresh: 3_600_000,
  authorize: { mode: 'all', allow: [], deny: [], oneTransactionPerTag: false, localList: true },
  shareIdTags: false,
  remoteStartIdTag: 'BMS',
  actions: { trigger: 'edge', deadline: 30_000 },
}

export const chargerSettings: ChargerSettings = {
  id: 'CP-1',
  name: 'Bay 01',
  connectors: 2,
  electrical: { kind: 'ac', maxCurrent: 32, phases: 3, voltage: 230 },
  registration: 'accepted',
  securityProfile: 0,
  password: undefined,
}

/** A link that remembers what it was told to send; questions about limits apart, which follow each that is accepted. */
export class FakeLink {
  readonly sent: Command[] = []
  readonly questions: Command[] = []
  closed: string | undefined
  refreshed = 0

  send(command: Command): void {
    if (command.kind === 'verify-limit') this.questions.push(command)
    else this.sent.push(command)
  }

  refresh(): void {
    this.refreshed += 1
  }

  close(reason: string): void {
    this.closed = reason
  }

  /** Takes out what was sent since the last call. */
  take(): Command[] {
    return this.sent.splice(0)
  }
}

/** Core without south and north: one charger, its points by name, and what a northbound was told. */
export function core(
  options: {
    readonly settings?: Partial<FleetSettings>
    readonly charger?: Partial<ChargerSettings>
    readonly store?: Store
    readonly clock?: FakeClock
    readonly limitUnit?: 'A' | 'W' | 'kW'
    readonly log?: Log
    readonly history?: History
  } = {},
) {
  const clock = options.clock ?? new FakeClock()
  const store = options.store ?? openSqlite(':memory:', clock, { random: () => 0.25 })
  const history = options.history ?? noHistory
  const settings = { ...fleetSettings, ...options.settings }
  const changed: Point[] = []
  const northbound: Northbound = {
    name: 'fake',
    attach: () => {},
    detach: () => {},
    configure: () => {},
    pointChanged: (point) => void changed.push(point),
    start: () => Promise.resolve(''),
    stop: () => Promise.resolve(),
  }
  const totals = new Totals()
  const uplink = new PointUplink([northbound], totals)
  const authorizer = new Authorizer(settings.authorize)
  const grown: Charger[] = []
  const fleet = new Fleet({
    settings,
    authorizer,
    store,
    uplink,
    history,
    clock,
    log: options.log ?? silentLog,
    shownTag: (tag) => `#${tag}`,
    connectorsGrew: (charger) => void grown.push(charger),
  })
  const downlink = new PointDownlink({
    settings,
    store,
    clock,
    log: options.log ?? silentLog,
    history,
    authorizer,
    uplink,
    settle: (charger) => fleet.settle(charger),
  })
  const charger = fleet.add({ ...chargerSettings, ...options.charger })
  const points = new Map<string, Point>()
  let nextId = 0

  function point(
    name: string,
    connector: number,
    extra: { writable?: boolean; unit?: string; enforce?: boolean } = {},
  ): Point {
    const key = `${connector}/${name}`
    const found = points.get(key)
    if (found) return found
    const definition = findPoint(connector === 0 ? 'charger' : 'connector', name)
    if (definition === undefined) throw new Error(`no point ${name}`)
    const unit = extra.unit ?? definition.unit
    const made = new Point({
      id: nextId,
      charger,
      connector,
      definition,
      unit: unit !== undefined && isUnit(unit) ? unit : undefined,
      states: definition.states,
      writable: extra.writable ?? (definition.write !== undefined && !definition.guarded),
      enforce: extra.enforce ?? false,
      bindings: {},
      read: (now) => definition.read(charger, connector, now),
    })
    nextId += 1
    points.set(key, made)
    charger.points[connector] ??= []
    charger.points[connector]?.push(made)
    made.refresh(clock.now())
    return made
  }

  const limitUnit = options.limitUnit ?? 'A'
  for (let connector = 0; connector <= charger.connectorCount; connector += 1)
    point('limit', connector, { unit: limitUnit })
  givePoints(charger, new Map(charger.points.map((own, connector) => [connector, own])), store, clock.now())
  fleet.start()

  return {
    clock,
    store,
    fleet,
    authorizer,
    downlink,
    charger,
    totals,
    changed,
    grown,
    point,
    /** Connects, boots and becomes ready. */
    bring(): FakeLink {
      const link = new FakeLink()
      fleet.connected(charger, link)
      fleet.event(charger, { kind: 'booted', identity: { vendor: 'ACME', model: 'M1' } })
      fleet.event(charger, { kind: 'ready' })
      return link
    },
    /** The charger says which limit (A) it keeps to since the last one that it was told. */
    tellLimit(connector: number, limit: number): void {
      const of = charger.control.connectors[connector]?.limitProgress.sent?.command
      if (of === undefined) throw new Error('it was told no limit')
      fleet.event(charger, { kind: 'limit-told', connector, unit: 'A', limit, of })
    },
    /** Answers everything that the link was told, accepted unless said otherwise. */
    answerAll(link: FakeLink, answer: 'accepted' | 'rejected' | 'not-supported' | 'no-answer' = 'accepted'): Command[] {
      const commands = link.take()
      for (const command of commands) fleet.event(charger, { kind: 'answered', command, answer })
      return commands
    },
  }
}

export const writer = { source: 'BACnet', client: 'bacnet:192.0.2.7' } as const
