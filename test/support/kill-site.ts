import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type BridgeProcess, startBridge } from './bridge-process.ts'
import { QueueingCharger } from './queueing-charger.ts'
import { WritingMaster } from './writing-master.ts'

/** Register of connector 1's limit in the standard mapping. */
const LIMIT_REGISTER = 100

export interface KillSiteParts {
  readonly chargers: number
  /** The config's lines about where things are kept. */
  readonly store: readonly string[]
  readonly random: () => number
}

/** What should not be, in words; empty: nothing was lost, doubled or forgotten. */
export type Losses = readonly string[]

export interface KeptSession {
  readonly charger: string
  readonly id: number
  readonly meterStart: number | null
  readonly meterStop: number | null
  readonly stopped: boolean
}

/** What a history says of energy: of a charger's connector 1, in Wh. */
export interface KeptEnergy {
  readonly charger: string
  readonly quarterHours: number
  readonly days: number
}

/** A bridge that is killed again and again, chargers that go on as if nothing were, and a building that writes limits. */
export class KillSite {
  readonly folder = mkdtempSync(join(tmpdir(), 'kill-'))
  readonly losses: string[] = []
  kills = 0
  readonly #config = join(this.folder, 'config.yaml')
  readonly #chargers: readonly QueueingCharger[]
  readonly #master: WritingMaster
  readonly #random: () => number
  #bridge: BridgeProcess | undefined

  static async open(parts: KillSiteParts): Promise<KillSite> {
    const [ocpp, modbus] = [await freePort(), await freePort()]
    return new KillSite(parts, ocpp, modbus)
  }

  private constructor({ chargers, store, random }: KillSiteParts, ocpp: number, modbus: number) {
    this.#random = random
    const ids = Array.from({ length: chargers }, (_, index) => `CP-${index + 1}`)
    writeFileSync(
      this.#config,
      [
        'site: Kill',
        `ocpp: { listen: "127.0.0.1:${ocpp}" }`,
        `modbus: { tcp: { listen: "127.0.0.1:${modbus}" } }`,
        ...store,
        'chargers:',
        ...ids.map(
          (id, n) => `  - { id: ${id}, connectors: 1, electrical: { maxCurrent: 32 }, modbus: { unit: ${n + 1} } }`,
        ),
        '',
      ].join('\n'),
    )
    const url = () => (this.#bridge === undefined ? undefined : `ws://127.0.0.1:${ocpp}`)
    this.#chargers = ids.map((id) => new QueueingCharger(id, url, random))
    this.#master = new WritingMaster({ port: modbus, units: chargers, register: LIMIT_REGISTER, random })
  }

  /** Until all meters were seen once: what is counted is counted from there. */
  async begin(): Promise<void> {
    await this.#start()
    for (const charger of this.#chargers) charger.start()
    for (let tries = 0; this.#metersSeen() < this.#chargers.length; tries += 1) {
      if (tries > 600) throw new Error('the first meter values were never written')
      await pause(50)
    }
  }

  #metersSeen(): number {
    const file = join(this.folder, 'data/bridge.history.db')
    if (!existsSync(file)) return 0
    const histories = new Database(file, { readonly: true })
    try {
      return Number(histories.prepare('SELECT count(*) FROM head WHERE energy IS NOT NULL').pluck().get())
    } catch (error) {
      if (String(error).includes('no such table')) return 0
      throw error
    } finally {
      histories.close()
    }
  }

  /** Kills the bridge after a random while, begins it again, and looks whether it knows what it had acknowledged. */
  async kill(): Promise<void> {
    await pause(100 + this.#random() * 1_400)
    const bridge = this.#bridge
    this.#bridge = undefined
    const writing = this.#master.pause()
    await bridge?.end('SIGKILL')
    await writing
    this.kills += 1
    await this.#start()
  }

  /** Lets everything come to its end, and stops the bridge in peace; `arrived`: all of it has come to where it is kept. */
  async finish(arrived: () => Promise<boolean> = async () => true): Promise<void> {
    for (const charger of this.#chargers) charger.finish()
    for (let tries = 0; !this.#chargers.every(({ idle }) => idle); tries += 1) {
      if (tries > 1_200) throw new Error('the chargers never had all their answers')
      await pause(50)
    }
    this.#master.stop()
    // What is still on its way at the stop would come with the next start.
    for (let tries = 0; tries < 2_400 && !(await arrived()); tries += 1) await pause(50)
    await this.#bridge?.end()
    for (const charger of this.#chargers) charger.end()
  }

  close(): void {
    this.#master.stop()
    for (const charger of this.#chargers) charger.end()
    this.#bridge?.child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  get sessions(): number {
    return this.#chargers.reduce((sum, { sessions }) => sum + sessions.length, 0)
  }

  get acknowledgedWrites(): number {
    return this.#master.acknowledged
  }

  /** What the store has, against what the chargers know. */
  storedSessions(): readonly KeptSession[] {
    const store = new Database(join(this.folder, 'data/bridge.db'), { readonly: true })
    const rows = store
      .prepare('SELECT charger, id, meterStartWh AS meterStart, meterStopWh AS meterStop, stoppedAt FROM "transaction"')
      .all() as (Omit<KeptSession, 'stopped'> & { readonly stoppedAt: number | null })[]
    store.close()
    return rows.map(({ stoppedAt, ...row }) => ({ ...row, stopped: stoppedAt !== null }))
  }

  /** Each session of each charger has to be there once, as the charger was told it. */
  judgeSessions(where: string, kept: readonly KeptSession[]): Losses {
    const losses: string[] = []
    const byId = new Map(kept.map((row) => [row.id, row]))
    if (byId.size !== kept.length) losses.push(`${where}: ${kept.length - byId.size} numbers came twice`)
    for (const { id: charger, sessions } of this.#chargers) {
      const own = kept.filter((row) => row.charger === charger).length
      if (own !== sessions.length) losses.push(`${where}: ${charger} had ${sessions.length} sessions, ${own} are kept`)
      for (const { transactionId, meterStart, meterStop } of sessions) {
        const row = byId.get(transactionId ?? -1)
        const same =
          row?.charger === charger && row.meterStart === meterStart && row.meterStop === meterStop && row.stopped
        if (!same)
          losses.push(`${where}: ${charger} ${transactionId} ${meterStart} to ${meterStop}: ${JSON.stringify(row)}`)
      }
    }
    return losses
  }

  /** What flowed has to be what the meters counted since they were first seen. */
  judgeEnergy(kept: readonly KeptEnergy[]): Losses {
    return this.#chargers.flatMap(({ id, register, firstRegister }) => {
      const row = kept.find(({ charger }) => charger === id)
      const flowed = register - firstRegister
      const right = [row?.quarterHours, row?.days].every((wh) => Math.abs((wh ?? 0) - flowed) < 0.01)
      return right ? [] : [`energy: ${id} counted ${flowed} Wh, kept are ${JSON.stringify(row)}`]
    })
  }

  async #start(): Promise<void> {
    const bridge = await startBridge(['run', '--config', this.#config, '--log-level', 'error'], 60_000)
    this.losses.push(...(await this.#master.resume()))
    this.#bridge = bridge
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
