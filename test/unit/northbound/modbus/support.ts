import { connect, type Socket } from 'node:net'
import { Authorizer } from '../../../../src/core/charger/authorize.ts'
import { Fleet } from '../../../../src/core/charger/fleet.ts'
import { Totals } from '../../../../src/core/charger/totals.ts'
import { type History, noHistory } from '../../../../src/core/history.ts'
import { keptAtOnce } from '../../../../src/core/keep.ts'
import type { BridgePointDefinition } from '../../../../src/core/points/bridge-points.ts'
import { findBridgePoint, findPoint } from '../../../../src/core/points/catalogue.ts'
import { PointDownlink } from '../../../../src/core/points/downlink.ts'
import { Point } from '../../../../src/core/points/point.ts'
import { givePoints } from '../../../../src/core/points/point-table.ts'
import { isUnit, type Unit } from '../../../../src/core/points/unit.ts'
import { PointUplink } from '../../../../src/core/points/uplink.ts'
import type { ChargerSettings, Northbound } from '../../../../src/core/ports.ts'
import type { Log } from '../../../../src/lib/log.ts'
import { modbus } from '../../../../src/northbound/modbus/index.ts'
import { openSqlite } from '../../../../src/store/sqlite.ts'
import { chargerSettings, FakeLink, fleetSettings } from '../../../support/core.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { journals } from '../../../support/journal.ts'
import { notebook } from '../../../support/notebook.ts'

export interface Row {
  readonly point: string
  readonly unit?: Unit
  readonly writable?: boolean
  readonly modbus: object
}

const chargerRows: readonly Row[] = [
  { point: 'online', modbus: { table: 'discrete', address: 0 } },
  { point: 'secondsSinceMessage', modbus: { table: 'input', address: 0, type: 'uint32' } },
  { point: 'status', modbus: { table: 'input', address: 2 } },
  { point: 'reset', modbus: { table: 'holding', address: 10 } },
  { point: 'clearCache', modbus: { table: 'holding', address: 11 } },
  { point: 'limit', modbus: { table: 'holding', address: 20, type: 'uint16', scale: 0.1 } },
  { point: 'vendor', modbus: { table: 'input', address: 10_000, words: 10 } },
  {
    point: 'config.MeterValueSampleInterval',
    writable: true,
    modbus: { table: 'holding', address: 10_100, type: 'uint16' },
  },
]

export const connectorRows: readonly Row[] = [
  { point: 'limit', modbus: { table: 'holding', address: 0, type: 'uint16', scale: 0.1 } },
  { point: 'availability', modbus: { table: 'holding', address: 1 } },
  { point: 'power', unit: 'kW', modbus: { table: 'input', address: 10 } },
  { point: 'energy', modbus: { table: 'input', address: 12, type: 'uint32' } },
  { point: 'current.L1', modbus: { table: 'input', address: 14, type: 'int16', scale: 0.1 } },
  { point: 'status', modbus: { table: 'input', address: 15 } },
  { point: 'transaction.duration', modbus: { table: 'input', address: 16, type: 'uint32' } },
  { point: 'limit.applied', modbus: { table: 'input', address: 18, type: 'uint16', scale: 0.1 } },
  { point: 'smartCharging.profileId', modbus: { table: 'holding', address: 20, type: 'int32' } },
  { point: 'smartCharging.stackLevel', modbus: { table: 'holding', address: 22 } },
  { point: 'start', modbus: { table: 'holding', address: 30 } },
  { point: 'stop', modbus: { table: 'holding', address: 31 } },
  { point: 'unlock', modbus: { table: 'holding', address: 32 } },
  { point: 'start.idTag', modbus: { table: 'holding', address: 10_000, words: 10 } },
  { point: 'plugged', modbus: { table: 'discrete', address: 0 } },
  { point: 'charging', modbus: { table: 'discrete', address: 1 } },
  { point: 'smartCharging.enable', modbus: { table: 'coil', address: 4 } },
  { point: 'availability', modbus: { table: 'coil', address: 5 } },
]

const bridgeRows: readonly Row[] = [
  { point: 'chargersConfigured', modbus: { table: 'input', address: 0, type: 'uint16' } },
  { point: 'totalPower', unit: 'kW', modbus: { table: 'input', address: 2 } },
  { point: 'authorizeMode', modbus: { table: 'holding', address: 10 } },
]

/** What was logged, by level. */
export class RecordingLog implements Log {
  readonly lines: { readonly level: string; readonly message: string }[] = []
  readonly debug = () => {}
  readonly info = (_fields: object, message: string) => void this.lines.push({ level: 'info', message })
  readonly warn = (_fields: object, message: string) => void this.lines.push({ level: 'warn', message })
  readonly debugs = false
  readonly error = (_fields: object, message: string) => void this.lines.push({ level: 'error', message })

  /** Lines of a level that contain a text. */
  count(level: string, text: string): number {
    return this.lines.filter((line) => line.level === level && line.message.includes(text)).length
  }
}

export interface BuildingOptions {
  readonly settings?: object
  readonly options?: object
  readonly charger?: Partial<ChargerSettings>
  readonly chargerRows?: readonly Row[]
  readonly connectorRows?: readonly Row[]
  /** From a connector's registers to the next one's; 100 where it isn't said. */
  readonly stride?: number
  readonly history?: History
}

/** Points as a mapping would make them; each row has one binding object, shared by its points. */
export function makePoints(building: BuildingOptions = {}) {
  const clock = new FakeClock()
  const store = openSqlite(':memory:', clock, { random: () => 0.25 })
  const log = new RecordingLog()
  const { history = noHistory } = building
  const northbounds: Northbound[] = []
  const totals = new Totals()
  const uplink = new PointUplink(northbounds, totals)
  const authorizer = new Authorizer(fleetSettings.authorize)
  const fleet = new Fleet({
    settings: fleetSettings,
    authorizer,
    store,
    uplink,
    history,
    clock,
    log,
    shownTag: (tag) => `#${tag}`,
    connectorsGrew: () => {},
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
  const charger = fleet.add({ ...chargerSettings, ...building.charger })
  const mappingOptions = modbus.mappingOptions.parse(building.options ?? {})
  let id = 0

  function expand(rows: readonly Row[], connectors: readonly number[]): Point[] {
    return rows.flatMap((row) => {
      const bindings = {
        modbus: { row: modbus.binding.parse(row.modbus), options: mappingOptions, stride: building.stride ?? 100 },
      }
      return connectors.map((connector) => {
        const definition = findPoint(connector === 0 ? 'charger' : 'connector', row.point)
        if (definition === undefined) throw new Error(`no point ${row.point}`)
        const unit = row.unit ?? definition.unit
        return new Point({
          id: id++,
          charger,
          connector,
          definition,
          unit: unit !== undefined && isUnit(unit) ? unit : undefined,
          states: definition.states,
          writable: row.writable ?? (definition.write !== undefined && !definition.guarded),
          bindings,
          read: (now) => definition.read(charger, connector, now),
        })
      })
    })
  }

  function bridge(): Point[] {
    return bridgeRows.map((row) => {
      const definition = findBridgePoint(row.point) as BridgePointDefinition
      const view = {
        configured: 1,
        online: 0,
        charging: 0,
        faulted: 0,
        powerW: 0,
        version: '1',
        authorizeMode: 'all',
        storage: { failing: false, waiting: 0, lost: 0 },
      } as const
      const point = new Point({
        id: id++,
        charger: undefined,
        connector: 0,
        definition,
        unit: row.unit ?? definition.unit,
        states: definition.states,
        writable: definition.write !== undefined,
        bindings: { modbus: { row: modbus.binding.parse(row.modbus), options: mappingOptions, stride: 100 } },
        read: () => definition.read(view),
      })
      point.refresh(clock.now())
      return point
    })
  }

  const numbers = Array.from({ length: charger.connectorCount }, (_, n) => n + 1)
  const points = [
    ...expand(building.chargerRows ?? chargerRows, [0]),
    ...expand(building.connectorRows ?? connectorRows, numbers),
  ]
  const byConnector = new Map([0, ...numbers].map((n) => [n, points.filter((point) => point.connector === n)]))
  givePoints(charger, byConnector, store, clock.now())
  fleet.start()

  return { clock, store, log, northbounds, fleet, downlink, uplink, charger, points, bridge: bridge() }
}

/** A Modbus server in front of one real charger of core, unit 7, and of the bridge. Time is a fake clock. */
export async function startBuilding(building: BuildingOptions = {}) {
  const parts = makePoints(building)
  const { clock, log, downlink, charger, points } = parts
  const config = modbus.config.parse({ tcp: { listen: '127.0.0.1:0' }, ...building.settings })
  const server = modbus.create(config, {
    clock,
    log,
    downlink,
    keeping: keptAtOnce,
    notebook: notebook(),
    journal: journals(),
    site: 'Tower',
    version: '1.2.3',
  })
  parts.northbounds.push(server)
  server.attach({ charger: undefined, name: 'Tower', number: 0, addresses: { modbus: 0 } }, parts.bridge)
  server.attach({ charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }, points)
  const address = await server.start()
  return {
    ...parts,
    server,
    address,
    port: Number(address.split(':').at(-1)),
    /** The charger connects, boots and becomes ready. */
    bring(): FakeLink {
      const link = new FakeLink()
      parts.fleet.connected(charger, link)
      parts.fleet.event(charger, { kind: 'booted', identity: { vendor: 'ACME', model: 'M1', firmwareVersion: '4.2' } })
      parts.fleet.event(charger, { kind: 'ready' })
      return link
    },
    find(name: string, connector: number): Point {
      const found = points.find((point) => point.definition.name === name && point.connector === connector)
      if (found === undefined) throw new Error(`no ${name} at ${connector}`)
      return found
    },
  }
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/[^0-9a-fA-F]/g, ''), 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** An ADU as a client sends it, header written by hand. */
export function adu(transaction: number, unit: number, pdu: Uint8Array | string): Uint8Array {
  const body = typeof pdu === 'string' ? hex(pdu) : pdu
  const length = body.length + 1
  return Uint8Array.of(transaction >> 8, transaction & 255, 0, 0, length >> 8, length & 255, unit, ...body)
}

/** A client that sends what it is told and cuts the answers by their length field. */
export class RawClient {
  readonly socket: Socket
  readonly answers: { readonly transaction: number; readonly unit: number; readonly pdu: string }[] = []
  closed = false
  #bytes = Buffer.alloc(0)
  #wake: () => void = () => {}
  #transaction = 0

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      while (this.#bytes.length >= 7 && this.#bytes.length >= 6 + this.#bytes.readUInt16BE(4)) {
        const end = 6 + this.#bytes.readUInt16BE(4)
        this.answers.push({
          transaction: this.#bytes.readUInt16BE(0),
          unit: this.#bytes[6] ?? 0,
          pdu: this.#bytes.subarray(7, end).toString('hex'),
        })
        this.#bytes = this.#bytes.subarray(end)
      }
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      const client = new RawClient(socket)
      socket.once('error', reject)
      socket.once('connect', () => resolve(client))
    })
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Waits until so many answers have come, or the server has closed. */
  async gather(count: number): Promise<readonly string[]> {
    await this.#until(() => this.answers.length >= count || this.closed)
    return this.answers.map(({ pdu }) => pdu)
  }

  async close(): Promise<void> {
    this.socket.destroy()
    await this.#until(() => this.closed)
  }

  async untilClosed(): Promise<void> {
    await this.#until(() => this.closed)
  }

  /** One request and its answer's PDU in hex. */
  async ask(unit: number, pdu: Uint8Array | string): Promise<string> {
    const before = this.answers.length
    this.#transaction = (this.#transaction + 1) & 0xffff
    this.send(adu(this.#transaction, unit, pdu))
    await this.#until(() => this.answers.length > before || this.closed)
    return this.answers[before]?.pdu ?? 'closed'
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

export const compact = (text: string) => text.replaceAll(' ', '').toLowerCase()

export type Building = Awaited<ReturnType<typeof startBuilding>>

/** Servers and clients of one test, closed together. `ask` asks the charger, unit 7. */
export class Scene {
  readonly #cleanups: (() => Promise<void>)[] = []

  async open(options: BuildingOptions = {}) {
    const building = await startBuilding(options)
    this.#cleanups.push(() => building.server.stop())
    const client = await this.connect(building)
    return { building, client, ask: (pdu: string) => client.ask(7, pdu) }
  }

  async connect(building: Building): Promise<RawClient> {
    const client = await RawClient.open(building.port)
    this.#cleanups.push(() => client.close())
    return client
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup()
  }
}
