import type { Cancel, Clock } from '../lib/clock.ts'
import { errorText, type Payload, parseFrame, resultText } from '../southbound/ocpp/wire/frame.ts'
import { Calls } from './calls.ts'
import type { Car } from './car.ts'
import { answerCommand } from './commands.ts'
import { Configuration } from './configuration.ts'
import { SimulatedConnector } from './connector.ts'
import { ProfileStore, type Situation } from './profiles.ts'
import { random16, sampledValues } from './samples.ts'
import type { ChargerSocket, SocketHandlers } from './transport/socket.ts'

/** Ways in which real chargers differ from what the standard asks for. */
interface Quirks {
  /** Purposes that it refuses. */
  readonly rejects?: readonly string[]
  /** Never answers a call. */
  readonly deaf?: boolean
  /** Forgets its profiles when the connection breaks. */
  readonly forgetsProfiles?: boolean
  /** Accepts profiles and charges as it likes. */
  readonly disobeys?: boolean
  /** Boots only once, not again when it reconnects. */
  readonly noBootOnReconnect?: boolean
}

export interface ChargePointOptions {
  readonly id: string
  readonly connectors: number
  /** Rating of each connector. */
  readonly maxAmps: number
  readonly phases: 1 | 2 | 3
  readonly clock: Clock
  readonly random: () => number
  readonly connect: (handlers: SocketHandlers) => ChargerSocket
  /** Seconds between meter values. */
  readonly meterInterval: number
  readonly quirks?: Quirks
}

const STEP_MS = 1_000
const VOLTAGE = 230

/** A charge point that speaks OCPP 1.6J and does what a real one does with cars, limits and broken links. */
export class ChargePoint {
  readonly options: ChargePointOptions
  readonly connectors: readonly SimulatedConnector[]
  readonly profiles = new ProfileStore()
  readonly configuration: Configuration
  readonly calls: Calls
  #socket: ChargerSocket | undefined
  #accepted = false
  #booted = false
  #steppedAt: number
  #heartbeatAt = Number.POSITIVE_INFINITY
  #cancelStep: Cancel = () => {}
  #cancelBoot: Cancel = () => {}

  constructor(options: ChargePointOptions) {
    this.options = options
    const { clock, connectors, meterInterval, random } = options
    this.connectors = Array.from(
      { length: connectors },
      (_, n) => new SimulatedConnector(n + 1, 100_000 + Math.floor(random() * 4_000_000)),
    )
    this.configuration = new Configuration(connectors, meterInterval)
    this.calls = new Calls(clock, (text) => this.#socket?.send(text))
    this.#steppedAt = clock.now()
  }

  start(): void {
    this.#socket = this.options.connect({
      opened: () => this.#opened(),
      received: (text) => this.#received(text),
      closed: () => this.#closed(),
    })
    this.#cancelStep = this.options.clock.after(STEP_MS, () => this.#step())
  }

  stop(): void {
    this.#cancelStep()
    this.#cancelBoot()
    this.#socket?.stop()
  }

  connector(id: number): SimulatedConnector | undefined {
    return this.connectors[id - 1]
  }

  /** A car arrives: its tag is asked about, and where it may charge it does. */
  plugIn(id: number, car: Car): void {
    const connector = this.connector(id)
    if (connector === undefined || connector.car !== undefined || connector.status !== 'Available') return
    connector.car = car
    this.#settle(connector)
    this.calls.make(
      'Authorize',
      () => ({ idTag: car.idTag }),
      {},
      (answer) => {
        const status = (answer?.idTagInfo as { status?: string } | undefined)?.status
        if (connector.car === car && status === 'Accepted') this.begin(connector, car.idTag)
      },
    )
  }

  unplug(id: number): void {
    const connector = this.connector(id)
    if (connector?.car === undefined) return
    connector.car = undefined
    this.end(connector, 'EVDisconnected')
    connector.status = 'Finishing'
    this.#settle(connector)
  }

  /** A fault, or with NoError its end. */
  fault(id: number, errorCode: string): void {
    const connector = this.connector(id)
    if (connector === undefined) return
    connector.errorCode = errorCode
    if (errorCode !== 'NoError') this.end(connector, 'Other')
    this.#settle(connector)
  }

  /** The link breaks, and comes back. */
  loseLink(backInMs: number): void {
    this.#socket?.cut(backInMs)
  }

  begin(connector: SimulatedConnector, idTag: string): void {
    if (connector.transaction !== undefined || !connector.operative || connector.errorCode !== 'NoError') return
    const now = this.options.clock.now()
    const transaction = {
      id: undefined as number | undefined,
      idTag,
      meterStart: Math.round(connector.energyWh),
      startedAt: now,
      meteredAt: now,
    }
    connector.transaction = transaction
    const timestamp = iso(now)
    const payload = { connectorId: connector.id, idTag, meterStart: transaction.meterStart, timestamp }
    this.calls.make(
      'StartTransaction',
      () => payload,
      { durable: true },
      (answer) => {
        const id = answer?.transactionId
        if (typeof id === 'number') transaction.id = id
        const status = (answer?.idTagInfo as { status?: string } | undefined)?.status
        if (status !== 'Accepted' && connector.transaction === transaction) this.end(connector, 'DeAuthorized')
      },
    )
    this.#settle(connector)
  }

  end(connector: SimulatedConnector, reason: string): void {
    const { transaction } = connector
    if (transaction === undefined) return
    connector.transaction = undefined
    connector.amps = 0
    this.profiles.transactionEnded(connector.id)
    const payload = {
      meterStop: Math.round(connector.energyWh),
      timestamp: iso(this.options.clock.now()),
      idTag: transaction.idTag,
      reason,
    }
    // The id is looked up when the message leaves: offline, the start is answered only then.
    this.calls.make('StopTransaction', () => ({ ...payload, transactionId: transaction.id ?? -1 }), { durable: true })
    if (connector.car !== undefined) connector.status = 'Finishing'
    this.#settle(connector)
  }

  /** Restarts as Reset asks for it: sessions end, the link breaks, and it boots. */
  reset(hard: boolean): void {
    for (const connector of this.connectors) this.end(connector, hard ? 'HardReset' : 'SoftReset')
    this.#booted = false
    this.options.clock.after(STEP_MS, () => this.loseLink(3 * STEP_MS))
  }

  boot(): void {
    const { id } = this.options
    const payload = {
      chargePointVendor: 'Simulated',
      chargePointModel: 'Twin 22',
      chargePointSerialNumber: id.slice(0, 25),
      chargeBoxSerialNumber: id.slice(0, 25),
      firmwareVersion: '1.0.0',
      meterType: 'simulated',
    }
    this.calls.make(
      'BootNotification',
      () => payload,
      { first: true },
      (answer) => this.#bootAnswered(answer),
    )
  }

  /** StatusNotification of a connector, 0 the charge point. */
  tellStatus(id: number): void {
    const connector = this.connector(id)
    const payload = {
      connectorId: id,
      status: connector?.status ?? 'Available',
      errorCode: connector?.errorCode ?? 'NoError',
      timestamp: iso(this.options.clock.now()),
    }
    this.calls.make('StatusNotification', () => payload)
  }

  tellMeter(connector: SimulatedConnector): void {
    const now = this.options.clock.now()
    const { transaction } = connector
    if (transaction !== undefined) transaction.meteredAt = now
    const sampledValue = sampledValues(connector, this.options.phases, random16(this.options.random))
    const payload = { connectorId: connector.id, meterValue: [{ timestamp: iso(now), sampledValue }] }
    this.calls.make('MeterValues', () =>
      transaction?.id === undefined ? payload : { ...payload, transactionId: transaction.id },
    )
  }

  /** Current per phase that a connector may draw now. */
  offered(connector: SimulatedConnector): number {
    const { clock, maxAmps, phases, quirks } = this.options
    if (quirks?.disobeys) return maxAmps
    const { transaction } = connector
    const situation: Situation = {
      now: clock.now(),
      voltage: VOLTAGE,
      phases,
      ...(transaction && { transaction: { id: transaction.id, startedAt: transaction.startedAt } }),
    }
    const busy = Math.max(1, this.connectors.filter((each) => each.transaction !== undefined).length)
    const whole = this.profiles.chargePointAmps(situation)
    return Math.min(
      maxAmps,
      this.profiles.connectorAmps(connector.id, situation) ?? maxAmps,
      whole === undefined ? maxAmps : whole / busy,
    )
  }

  /** A change of availability; during a session it waits for the end of it. */
  setOperative(connector: SimulatedConnector, operative: boolean): 'Accepted' | 'Scheduled' {
    connector.operative = operative
    this.#settle(connector)
    return !operative && connector.transaction !== undefined ? 'Scheduled' : 'Accepted'
  }

  #opened(): void {
    this.#accepted = this.#booted && this.options.quirks?.noBootOnReconnect === true
    this.calls.opened()
    if (!this.#accepted) this.boot()
    else for (const { id } of this.connectors) this.tellStatus(id)
  }

  #closed(): void {
    this.#accepted = false
    this.#cancelBoot()
    this.calls.closed()
    if (this.options.quirks?.forgetsProfiles) this.profiles.forgetAll()
  }

  #bootAnswered(answer: Payload | undefined): void {
    const { clock } = this.options
    const interval = Number(answer?.interval) > 0 ? Number(answer?.interval) : 60
    this.#accepted = answer?.status === 'Accepted'
    if (!this.#accepted) {
      this.#cancelBoot = clock.after(interval * 1000, () => this.boot())
      return
    }
    this.#booted = true
    this.configuration.set('HeartbeatInterval', String(interval))
    this.#heartbeatAt = clock.now() + interval * 1000
    for (let id = 0; id <= this.connectors.length; id += 1) this.tellStatus(id)
  }

  #received(text: string): void {
    const frame = parseFrame(text)
    if (frame.kind === 'result' || frame.kind === 'error') this.calls.answered(frame)
    if (frame.kind !== 'call' || this.options.quirks?.deaf) return
    const answer = answerCommand(this, frame.action, frame.payload)
    this.#socket?.send(
      answer === undefined ? errorText(frame.id, 'NotImplemented', frame.action) : resultText(frame.id, answer.payload),
    )
    answer?.then?.()
  }

  #step(): void {
    const { clock, random } = this.options
    const now = clock.now()
    const seconds = (now - this.#steppedAt) / 1000
    this.#steppedAt = now
    const interval = this.configuration.number('MeterValueSampleInterval') * 1000
    for (const connector of this.connectors) {
      connector.flow(this.offered(connector), seconds, now, random())
      this.#settle(connector)
      const { transaction } = connector
      if (transaction !== undefined && interval > 0 && now - transaction.meteredAt >= interval)
        this.tellMeter(connector)
    }
    if (this.#accepted && now >= this.#heartbeatAt) {
      this.#heartbeatAt = now + this.configuration.number('HeartbeatInterval') * 1000
      this.calls.make('Heartbeat', () => ({}))
    }
    this.#cancelStep = clock.after(STEP_MS, () => this.#step())
  }

  /** Tells a status that has changed. */
  #settle(connector: SimulatedConnector): void {
    const status = connector.natural()
    if (status === connector.status) return
    connector.status = status
    this.tellStatus(connector.id)
  }
}

function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
