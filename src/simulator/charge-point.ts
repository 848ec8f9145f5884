import type { Cancel } from '../lib/clock.ts'
import { errorText, type Payload, parseFrame, resultText } from '../southbound/ocpp/wire/frame.ts'
import { Authorization } from './authorization.ts'
import { Calls } from './calls.ts'
import type { Car } from './car.ts'
import { Charging } from './charging/charging.ts'
import { answerCall } from './commands.ts'
import { Configuration } from './configuration.ts'
import { type ErrorCode, SimulatedConnector } from './connector.ts'
import { Firmware } from './firmware.ts'
import { Meter } from './metering/meter.ts'
import type { ChargePointOptions } from './options.ts'
import type { Quirks } from './quirks.ts'
import { Registration } from './registration.ts'
import { Reservations } from './reservations.ts'
import { Security } from './security/security.ts'
import { Sessions, type StopReason } from './sessions.ts'
import { timestampText } from './timestamp.ts'
import type { ChargerSocket } from './transport/socket.ts'
import { Upload } from './upload.ts'

const STEP_MS = 1_000
const REBOOT_MS = 3_000

/** A charge point that speaks OCPP 1.6J and does what a real one does with cars, limits and broken links. */
export class ChargePoint {
  readonly options: ChargePointOptions
  readonly quirks: Quirks
  readonly connectors: readonly SimulatedConnector[]
  readonly configuration: Configuration
  readonly calls: Calls
  readonly authorization: Authorization
  readonly reservations: Reservations
  readonly charging: Charging
  readonly meter: Meter
  readonly sessions: Sessions
  readonly firmware: Firmware
  readonly diagnostics: Upload
  readonly log: Upload
  readonly security: Security
  readonly registration: Registration
  /** Availability of the whole charge point, which connector 0 tells. */
  operative = true
  #socket: ChargerSocket | undefined
  #steppedAt: number
  readonly #since: number
  #cancelStep: Cancel = () => {}

  constructor(options: ChargePointOptions) {
    const { clock, random, quirks = {} } = options
    this.options = options
    this.quirks = quirks
    this.connectors = Array.from(
      { length: options.connectors },
      (_, n) => new SimulatedConnector(n + 1, 100_000 + Math.floor(random() * 4_000_000)),
    )
    this.configuration = new Configuration(
      {
        connectors: options.connectors,
        meterInterval: options.meterInterval,
        securityProfile: options.security && (options.security.profile ?? 0),
      },
      { ...vendorKeys(options), ...options.keys },
      quirks,
    )
    this.calls = new Calls(clock, this.#callHabits(), (text) => this.sendRaw(text))
    this.authorization = new Authorization(this.configuration, this.calls, clock)
    this.reservations = new Reservations(this.connectors, this.authorization)
    const rating = { amps: options.maxAmps, phases: options.phases }
    const { connectors, configuration } = this
    this.charging = new Charging({ connectors, rating, clock, configuration, quirks: quirks.charging ?? {} })
    this.meter = new Meter(this)
    this.sessions = new Sessions(this)
    this.diagnostics = new Upload(clock, quirks.firmware?.uploadFails ?? false)
    this.log = new Upload(clock, quirks.firmware?.uploadFails ?? false)
    this.security = new Security(this)
    this.registration = new Registration(this)
    this.firmware = this.#newFirmware()
    this.#since = clock.now()
    this.#steppedAt = clock.now()
  }

  start(): void {
    const { noPong = false, subprotocols } = this.quirks
    this.#socket = this.options.connect(
      {
        opened: () => this.#opened(),
        received: (text) => this.#received(text),
        closed: () => this.#closed(),
        failed: (why) => this.security.dialFailed(why),
        fellBack: () => this.security.fellBack(),
      },
      { noPong, ...(subprotocols !== undefined && { subprotocols }) },
    )
    this.#cancelStep = this.options.clock.after(STEP_MS, () => this.#step())
  }

  stop(): void {
    this.#cancelStep()
    this.registration.stop()
    this.#socket?.stop()
  }

  get socket(): ChargerSocket | undefined {
    return this.#socket
  }

  connector(id: number): SimulatedConnector | undefined {
    return this.connectors[id - 1]
  }

  /** A car arrives, and where its tag may charge it does. */
  plugIn(id: number, car: Car): void {
    const connector = this.connector(id)
    if (connector !== undefined) this.sessions.plugIn(connector, car)
  }

  unplug(id: number): void {
    const connector = this.connector(id)
    if (connector !== undefined) this.sessions.unplug(connector)
  }

  /** A tag is shown to the reader of a connector. */
  present(id: number, idTag: string): void {
    const connector = this.connector(id)
    if (connector !== undefined) this.sessions.present(connector, idTag)
  }

  /** A fault, or with NoError its end. */
  fault(id: number, errorCode: ErrorCode): void {
    const connector = this.connector(id)
    if (connector === undefined) return
    connector.errorCode = errorCode
    if (errorCode !== 'NoError') this.sessions.end(connector, 'Other')
    this.settle(connector)
  }

  /** The link breaks, and comes back. */
  loseLink(backInMs: number): void {
    this.#socket?.cut(backInMs)
  }

  /** The mains fail: sessions end as soon as it has booted again (4.10, PowerLoss). */
  losePower(backInMs: number): void {
    this.loseLink(backInMs)
    this.#restart('PowerLoss', 'StartupOfTheDevice')
  }

  /** Sessions end, the link breaks, and it boots. */
  reboot(reason: StopReason): void {
    this.#restart(reason, 'ResetOrReboot')
    this.options.clock.after(STEP_MS, () => this.loseLink(REBOOT_MS))
  }

  /** Any text as a message of its own. */
  sendRaw(text: string): void {
    this.#socket?.send(text)
  }

  /** Now, as this charger writes it. */
  timestamp(): string {
    const { timestamps: style, utcOffsetMinutes: offsetMinutes } = this.quirks
    return timestampText(this.options.clock.now(), { style, offsetMinutes, since: this.#since })
  }

  /** StatusNotification of a connector, 0 the charge point. `urgent`: also before it is accepted. */
  tellStatus(id: number, urgent = false): void {
    const connector = this.connector(id)
    const payload = {
      connectorId: id,
      status: connector?.status ?? (this.operative ? 'Available' : 'Unavailable'),
      errorCode: connector?.errorCode ?? 'NoError',
      ...(!this.quirks.noStatusTimestamp && { timestamp: this.timestamp() }),
    }
    this.calls.make('StatusNotification', () => payload, { urgent })
  }

  /** Tells a status that has changed. */
  settle(connector: SimulatedConnector): void {
    const status = connector.natural()
    if (status === connector.status) return
    connector.status = status
    this.tellStatus(connector.id)
  }

  settleAll(): void {
    for (const connector of this.connectors) this.settle(connector)
  }

  #restart(reason: StopReason, event: string): void {
    for (const connector of this.connectors) {
      connector.permission = undefined
      this.sessions.end(connector, reason)
      this.settle(connector)
    }
    this.firmware.stop()
    this.diagnostics.stop()
    this.log.stop()
    this.configuration.rebooted()
    if (this.quirks.charging?.forgets === 'reboot') this.charging.store.forgetAll()
    this.registration.rebooting(event)
  }

  #opened(): void {
    this.security.opened()
    this.registration.opened()
  }

  #closed(): void {
    this.registration.closed()
    if (this.quirks.charging?.forgets === 'reconnect') this.charging.store.forgetAll()
  }

  #received(text: string): void {
    const frame = parseFrame(text)
    if (frame.kind === 'result' || frame.kind === 'error') this.calls.answered(frame)
    if (frame.kind === 'bad') this.security.event('InvalidMessages', frame.reason)
    if (frame.kind !== 'call' || this.quirks.deaf || !this.registration.listens()) return
    const answer = answerCall(this, frame.action, frame.payload)
    if (answer.kind === 'silence') return
    if (answer.kind === 'error') {
      this.sendRaw(errorText(frame.id, answer.code, answer.description))
      return
    }
    this.sendRaw(resultText(frame.id, answer.payload as Payload))
    answer.then()
  }

  #step(): void {
    const { clock, random } = this.options
    const now = clock.now()
    const seconds = (now - this.#steppedAt) / 1000
    this.#steppedAt = now
    this.sessions.expire(now)
    this.reservations.expire(now)
    for (const connector of this.connectors) {
      connector.flow(this.charging.offer(connector), seconds, now, random())
      this.settle(connector)
    }
    this.meter.step(now)
    this.registration.step(now)
    this.#cancelStep = clock.after(STEP_MS, () => this.#step())
  }

  #callHabits() {
    const { quirks, configuration } = this
    return {
      inFlight: quirks.callsInFlight ?? 1,
      numericIds: quirks.numericIds ?? false,
      reusesIds: quirks.reusesIds ?? false,
      heldMs: quirks.queueHeldMs ?? 0,
      attempts: () => configuration.number('TransactionMessageAttempts'),
      retryIntervalMs: () => configuration.number('TransactionMessageRetryInterval') * 1000,
    }
  }

  #newFirmware(): Firmware {
    return new Firmware({
      clock: this.options.clock,
      quirks: this.quirks.firmware ?? {},
      tell: (action, payload) => this.calls.make(action, () => payload as Payload, { durable: true }),
      securityEvent: (type) => this.security.event(type),
      busy: () => this.connectors.some(({ transaction }) => transaction !== undefined),
      block: (blocked) => {
        for (const connector of this.connectors) {
          connector.blocked = blocked
          this.settle(connector)
        }
      },
      reboot: () => this.reboot('Reboot'),
    })
  }
}

/** Keys that hold a limit begin with the rating. */
function vendorKeys({ quirks, maxAmps }: ChargePointOptions): Record<string, string> {
  return Object.fromEntries(Object.keys(quirks?.charging?.limitKeys ?? {}).map((key) => [key, String(maxAmps)]))
}
