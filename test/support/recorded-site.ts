import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach } from 'vitest'
import { type BridgeProcess, startBridge } from './bridge-process.ts'
import { PlainCharger } from './plain-charger.ts'

type Row = Readonly<Record<string, unknown>>

/** A bridge of its own process, chargers, a building that speaks Modbus, and what is in the files afterwards. */
export class RecordedSite {
  folder = ''
  bridge: BridgeProcess | undefined
  readonly #chargers: PlainCharger[] = []

  /** Within a file of tests: each has a folder of its own. */
  constructor() {
    beforeEach(() => {
      this.folder = mkdtempSync(join(tmpdir(), 'recorded-'))
    })
    afterEach(() => {
      for (const charger of this.#chargers.splice(0)) charger.cut()
      this.bridge?.child.kill('SIGKILL')
      this.bridge = undefined
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  get config(): string {
    return join(this.folder, 'config.yaml')
  }

  get history(): string {
    return join(this.folder, 'bridge.history.db')
  }

  write({ chargers = 2, ocpp = '', more = [] as readonly string[], store = 'store: "sqlite:bridge.db"' } = {}): void {
    const ids = Array.from({ length: chargers }, (_, index) => `CP-${index + 1}`)
    const lines = [
      'site: Depot',
      `ocpp: { listen: "127.0.0.1:0"${ocpp} }`,
      'modbus: { tcp: { listen: "127.0.0.1:0" } }',
      store,
      ...more,
      'chargers:',
      ...ids.map((id) => `  - { id: ${id}, connectors: 1, electrical: { maxCurrent: 32 } }`),
    ]
    writeFileSync(this.config, `${lines.join('\n')}\n`)
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<BridgeProcess> {
    this.bridge = await startBridge(['run', '--config', this.config], 20_000, [], environment)
    return this.bridge
  }

  async charger(id: string): Promise<PlainCharger> {
    const charger = new PlainCharger(this.bridge?.addresses.get('ocpp') ?? '', id)
    this.#chargers.push(charger)
    await charger.connect()
    await charger.boot()
    return charger
  }

  /** Until no charger has been told anything for a while. */
  async quiet(): Promise<void> {
    const count = () => this.#chargers.reduce((sum, { received }) => sum + received.length, 0)
    for (let before = -1; before !== count(); ) {
      before = count()
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }

  /** One request of Modbus, and its answer's PDU in hexadecimal. */
  modbus(unit: number, pdu: string): Promise<string> {
    const body = Buffer.from(pdu.replaceAll(' ', ''), 'hex')
    return new Promise((resolve, reject) => {
      const socket = connect(this.bridge?.port('modbus') ?? 0, '127.0.0.1', () =>
        socket.write(Buffer.concat([Buffer.from([0, 1, 0, 0, 0, body.length + 1, unit]), body])),
      )
      socket.once('data', (answer) => {
        socket.destroy()
        resolve(answer.subarray(7).toString('hex'))
      })
      socket.once('error', reject)
    })
  }

  /** A limit in tenths of an ampere for connector 1 of a charger, by its number. */
  limit(charger: number, tenths: number): Promise<string> {
    return this.modbus(charger, `06 0064 ${tenths.toString(16).padStart(4, '0')}`)
  }

  /** As another program reads the file of histories. */
  rows(query: string, ...values: readonly unknown[]): readonly Row[] {
    const database = new SqliteDatabase(this.history, { readonly: true })
    try {
      return database.prepare(query).all(...values) as Row[]
    } finally {
      database.close()
    }
  }

  frames(charger: string, sender: 'charger' | 'bridge'): readonly string[] {
    return this.rows('SELECT frame FROM log WHERE charger = ? AND sender = ? ORDER BY revision', charger, sender).map(
      ({ frame }) => String(frame),
    )
  }

  /** What is in the log against what went over the wire, in words; empty: all of it, once, in order. */
  differences({ id, sent, received }: PlainCharger): readonly string[] {
    return [
      ...difference(`${id} sent`, sent, this.frames(id, 'charger')),
      ...difference(`${id} received`, received, this.frames(id, 'bridge')),
    ]
  }
}

function difference(what: string, wire: readonly string[], log: readonly string[]): readonly string[] {
  const length = Math.max(wire.length, log.length)
  const place = Array.from({ length }, (_, index) => wire[index] === log[index]).indexOf(false)
  if (place < 0) return []
  const of = (list: readonly string[]) => `${list.length}, there ${list[place]?.slice(0, 80)}`
  return [`what ${what} is another from ${place} on: on the wire ${of(wire)}; in the log ${of(log)}`]
}

/** A moment of the recorded day. */
export function moment(second: number): string {
  return new Date(Date.UTC(2026, 10, 1) + second * 1_000).toISOString()
}

/** What a meter on connector 1 says. */
export function meterValues(second: number, wh: number, transactionId?: number) {
  const sampledValue = [
    { value: String(wh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    { value: '3600', measurand: 'Power.Active.Import', unit: 'W' },
  ]
  return { connectorId: 1, transactionId, meterValue: [{ timestamp: moment(second), sampledValue }] }
}

export function startTransaction(second: number, meterStart: number, idTag = 'TAG-1') {
  return { connectorId: 1, idTag, meterStart, timestamp: moment(second) }
}
