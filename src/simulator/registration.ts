import type { Cancel } from '../lib/clock.ts'
import type { Payload } from '../southbound/ocpp/wire/frame.ts'
import type { ChargePoint } from './charge-point.ts'

type Status = 'Accepted' | 'Pending' | 'Rejected'

const RETRY_SECONDS = 60
const LOOP_MS = 1_000

/** How a charge point makes itself known and stays so: Boot, its answer, heartbeats (OCPP 1.6 4.2, 4.6). */
export class Registration {
  readonly #chargePoint: ChargePoint
  #status: Status | undefined
  #booted = false
  #event: string | undefined = 'StartupOfTheDevice'
  #heartbeatAt: number
  #pingAt = 0
  #cancel: Cancel = () => {}

  constructor(chargePoint: ChargePoint) {
    this.#chargePoint = chargePoint
    this.#heartbeatAt = chargePoint.options.clock.now()
  }

  get accepted(): boolean {
    return this.#chargePoint.calls.accepted
  }

  opened(): void {
    const { calls, quirks } = this.#chargePoint
    calls.opened()
    if (this.#booted && quirks.noBootOnReconnect) {
      this.#accept()
      return
    }
    this.boot()
  }

  closed(): void {
    this.#cancel()
    this.#status = undefined
    this.#chargePoint.calls.closed()
  }

  stop(): void {
    this.#cancel()
  }

  /** The next connection is that of a machine that has just started, which says so as a security event. */
  rebooting(event: string): void {
    this.#booted = false
    this.#event = event
  }

  boot(): void {
    const { calls, firmware, options } = this.#chargePoint
    const serial = options.id.slice(0, 25)
    const payload = {
      chargePointVendor: 'Simulated',
      chargePointModel: 'Twin 22',
      chargePointSerialNumber: serial,
      chargeBoxSerialNumber: serial,
      firmwareVersion: firmware.version,
      meterType: 'simulated',
    }
    calls.make(
      'BootNotification',
      () => payload,
      { urgent: true },
      (answer) => this.#answered(answer),
    )
  }

  /** Whether a call of the central system is heard. A rejected charge point sends nothing, answers included (4.2.1). */
  listens(): boolean {
    const { calls, options, quirks } = this.#chargePoint
    if (quirks.bootLoop && !this.accepted) {
      calls.abandon('BootNotification')
      this.#cancel()
      this.#cancel = options.clock.after(LOOP_MS, () => this.boot())
      return false
    }
    return this.#status !== 'Rejected'
  }

  heartbeat(urgent = false): void {
    this.#heartbeatAt = this.#chargePoint.options.clock.now()
    this.#chargePoint.calls.make('Heartbeat', () => ({}), { urgent })
  }

  step(now: number): void {
    const interval = this.#chargePoint.configuration.number('HeartbeatInterval') * 1000
    if (this.accepted && interval > 0 && now - this.#heartbeatAt >= interval) this.heartbeat()
    const pingInterval = this.#chargePoint.configuration.number('WebSocketPingInterval') * 1000
    if (pingInterval === 0 || now - this.#pingAt < pingInterval) return
    this.#pingAt = now
    this.#chargePoint.socket?.ping()
  }

  #answered(answer: Payload | undefined): void {
    const { configuration, firmware, options, security } = this.#chargePoint
    const interval = Number(answer?.interval) > 0 ? Number(answer?.interval) : RETRY_SECONDS
    this.#status = answer?.status as Status | undefined
    options.registered?.(this.#status ?? 'no answer', interval)
    if (this.#status !== 'Accepted') {
      this.#cancel = options.clock.after(interval * 1000, () => this.boot())
      return
    }
    this.#booted = true
    configuration.assume('HeartbeatInterval', String(interval))
    this.#accept()
    firmware.booted()
    if (this.#event !== undefined) security.event(this.#event)
    this.#event = undefined
  }

  #accept(): void {
    const { calls, connectors, options } = this.#chargePoint
    this.#heartbeatAt = options.clock.now()
    calls.accepted = true
    for (let id = 0; id <= connectors.length; id += 1) this.#chargePoint.tellStatus(id)
  }
}
