import type { Store, StoredTransaction } from '../../src/core/ports.ts'
import { silentLog } from '../../src/lib/log.ts'
import { Conversation } from '../../src/southbound/ocpp/v16/conversation.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { core, fleetSettings } from './core.ts'
import { FakeClock } from './fake-clock.ts'

/** What the registers count. `mixed`: the lifetime in start and stop, the session in meter values. */
export type Registers = 'lifetime' | 'session' | 'mixed'

export interface FieldTransaction {
  readonly connector: number
  readonly tag: string
  readonly startedAt: number
  readonly meterStartWh: number
  /** The lifetime register at its start. */
  readonly lifetimeWh: number
  /** As the charger knows it. */
  id: number | undefined
  /** The start's answer was lost and the charger doesn't ask again. */
  forgotten: boolean
  lastSampleWh: number
  meterStopWh: number | undefined
  /** Power failed: no stop will come. */
  dead: boolean
}

interface Queued {
  readonly action: string
  readonly transaction: FieldTransaction
  readonly payload: () => Record<string, unknown>
}

/** A bridge that can be killed, and a charger with two connectors that knows what it really did. */
export class FieldCharger {
  readonly made: FieldTransaction[] = []
  readonly running: (FieldTransaction | undefined)[] = []
  readonly lifetimeWh: number[]
  readonly store: Store
  bridge!: ReturnType<typeof core>
  online = false
  readonly #storeClock = new FakeClock()
  readonly #registers: Registers
  readonly #queue: Queued[] = []
  readonly #sent: Queued[] = []
  readonly #ids = new Set<number>()
  #clock = new FakeClock()
  #conversation: Conversation | undefined
  #replies = new Map<string, Record<string, unknown>>()
  #next = 1

  constructor(registers: Registers) {
    this.#registers = registers
    // Two registers of one new charger show the same: not to be told apart before the first stop.
    this.lifetimeWh = registers === 'mixed' ? [0, 3_000_000, 3_000_000] : [0, 0, 0]
    const store = openSqlite(':memory:', this.#storeClock)
    this.store = {
      ...store,
      saveTransaction: (transaction: StoredTransaction) => {
        this.#ids.add(transaction.id)
        store.saveTransaction(transaction)
      },
    }
    this.restartBridge()
  }

  get now(): number {
    return this.#clock.now()
  }

  wait(ms: number): void {
    this.#clock.advance(ms)
    this.#storeClock.advance(ms)
  }

  /** The bridge is killed: nothing is said and nothing closed. Another begins on the same store. */
  restartBridge(): void {
    this.online = false
    this.#conversation = undefined
    // The killed one's timers never run again.
    this.#clock = new FakeClock(this.#storeClock.now())
    this.bridge = core({ store: this.store, clock: this.#clock })
    for (const connector of [1, 2]) this.bridge.point('energy', connector)
  }

  connect(boots: boolean): void {
    if (this.online) this.disconnect()
    this.#conversation = new Conversation({
      door: this.bridge.fleet,
      charger: this.bridge.charger,
      send: (text) => {
        const [type, id, payload] = JSON.parse(text) as [number, string, Record<string, unknown>]
        if (type === 3) this.#replies.set(id, payload)
      },
      close: () => {},
      clock: this.#clock,
      log: silentLog,
      // What the bridge asks is not the matter here: it waits for ever.
      settings: { ...fleetSettings, responseTimeout: 1e12 },
    })
    this.online = true
    if (boots) this.#call('BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1' })
    for (const connector of [1, 2]) this.#status(connector)
  }

  disconnect(): void {
    this.online = false
    this.#conversation?.closed()
    this.#conversation = undefined
  }

  start(connector: number): void {
    if (this.running[connector] !== undefined) return
    const lifetimeWh = this.#lifetime(connector)
    const transaction: FieldTransaction = {
      connector,
      tag: `Tag-${connector}`,
      startedAt: this.now,
      meterStartWh: this.#registers === 'session' ? 0 : lifetimeWh,
      lifetimeWh,
      id: undefined,
      forgotten: false,
      lastSampleWh: this.#registers === 'session' ? 0 : lifetimeWh,
      meterStopWh: undefined,
      dead: false,
    }
    this.made.push(transaction)
    this.running[connector] = transaction
    const payload = {
      connectorId: connector,
      idTag: transaction.tag,
      meterStart: transaction.meterStartWh,
      timestamp: iso(this.now),
    }
    this.#queue.push({ action: 'StartTransaction', transaction, payload: () => payload })
    this.#status(connector)
  }

  /** The car takes this much, and the charger says so. */
  charge(connector: number, wh: number): void {
    const transaction = this.running[connector]
    if (transaction === undefined) return
    this.lifetimeWh[connector] = this.#lifetime(connector) + wh
    const session = this.#lifetime(connector) - transaction.lifetimeWh
    transaction.lastSampleWh = transaction.meterStartWh + session
    const shown = this.#registers === 'lifetime' ? this.#lifetime(connector) : session
    const sampledValue = [
      { value: String(shown), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
      { value: '7000', measurand: 'Power.Active.Import', unit: 'W' },
    ]
    const meterValue = [{ timestamp: iso(this.now), sampledValue }]
    this.#queue.push({
      action: 'MeterValues',
      transaction,
      payload: () => ({
        connectorId: connector,
        meterValue,
        ...(!transaction.forgotten && { transactionId: transaction.id }),
      }),
    })
  }

  stop(connector: number): void {
    const transaction = this.running[connector]
    if (transaction === undefined) return
    const meterStop = transaction.meterStartWh + this.#lifetime(connector) - transaction.lifetimeWh
    transaction.meterStopWh = meterStop
    this.running[connector] = undefined
    const timestamp = iso(this.now)
    this.#queue.push({
      action: 'StopTransaction',
      transaction,
      payload: () => ({
        transactionId: transaction.forgotten ? -1 : transaction.id,
        idTag: transaction.tag.toLowerCase(),
        meterStop,
        timestamp,
      }),
    })
    this.#status(connector)
  }

  /** Power fails: sessions end without a word, and the charger boots. */
  failPower(): void {
    for (const connector of [1, 2]) {
      const transaction = this.running[connector]
      if (transaction !== undefined) transaction.dead = true
      this.running[connector] = undefined
    }
    this.disconnect()
  }

  /** What is over since long ago is told last, as some do: the news comes first. */
  newsFirst(): void {
    const past = (each: Queued): boolean =>
      this.now - each.transaction.startedAt > 11 * 60_000 &&
      ['StartTransaction', 'StopTransaction'].every((action) =>
        this.#queue.some((other) => other.transaction === each.transaction && other.action === action),
      )
    this.#queue.sort((a, b) => Number(past(a)) - Number(past(b)))
  }

  /** Sends what waits. `lost`: the answer to the n-th message gets lost; a start is then asked for again, or not. */
  flush(lost = -1, forgets = false): void {
    for (let n = 0; this.online && this.#queue.length > 0; n += 1) {
      const [message] = this.#queue
      if (message === undefined) return
      const answer = this.#call(message.action, message.payload())
      if (n === lost) {
        if (!forgets || message.action !== 'StartTransaction') {
          this.disconnect()
          return
        }
        message.transaction.forgotten = true
      } else if (message.action === 'StartTransaction') {
        message.transaction.id = answer.transactionId as number
      }
      this.#queue.shift()
      this.#sent.push(message)
      this.wait(100)
    }
  }

  /** Says again what was answered long ago, the tag in other letters. */
  replay(pick: number): void {
    if (!this.online || this.#queue.length > 0) return
    const message = this.#sent[pick % Math.max(1, this.#sent.length)]
    if (message === undefined || message.transaction.forgotten || message.action === 'MeterValues') return
    const payload = message.payload()
    const answer = this.#call(message.action, { ...payload, idTag: String(payload.idTag).toUpperCase() })
    if (message.action === 'StartTransaction' && answer.transactionId !== message.transaction.id)
      throw new Error(`${message.transaction.id} was announced again and became ${answer.transactionId}`)
  }

  energyWh(connector: number): number {
    return (this.bridge.point('energy', connector).value as number | undefined) ?? 0
  }

  /** All transactions on record, in the order in which they began. */
  stored(): readonly StoredTransaction[] {
    return [...this.#ids].flatMap((id) => this.store.transaction(id) ?? []).sort((a, b) => a.startedAt - b.startedAt)
  }

  #lifetime(connector: number): number {
    return this.lifetimeWh[connector] ?? 0
  }

  #status(connector: number): void {
    if (!this.online) return
    const status = this.running[connector] === undefined ? 'Available' : 'Charging'
    this.#call('StatusNotification', { connectorId: connector, status, errorCode: 'NoError', timestamp: iso(this.now) })
  }

  #call(action: string, payload: object): Record<string, unknown> {
    const id = `c${this.#next}`
    this.#next += 1
    this.#conversation?.receive(JSON.stringify([2, id, action, payload]))
    const answer = this.#replies.get(id)
    if (answer === undefined) throw new Error(`${action} was not answered`)
    return answer
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
