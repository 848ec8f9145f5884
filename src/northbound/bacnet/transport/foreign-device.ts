import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { BVLC_SUCCESS, bvlcNaks, frame, type IpAddress, stationKey, stationOctets } from '../wire/bvlc.ts'

export interface ForeignDeviceParts {
  readonly settings: { readonly bbmd: IpAddress; readonly ttl: number }
  readonly clock: Clock
  readonly log: Log
  readonly send: (datagram: Uint8Array, to: IpAddress) => void
  /** This port as the BBMD sees it, if that is known. */
  readonly own: () => IpAddress | undefined
  /** Called once: what was said before, nobody behind the BBMD has heard. */
  readonly joined: () => void
}

/** How long a BBMD has for its answer. */
const ANSWER_MS = 5_000
/** The longest pause between two tries: a BBMD that starts again has forgotten everybody. */
const LONGEST_PAUSE_MS = 60_000

/** How long an entry outlives its time to live (J.5.2.3). */
export const GRACE_MS = 30_000

/** The bridge as a foreign device (J.5): a BBMD of another subnet passes broadcasts on to it, and takes its own. */
export class ForeignDevice {
  readonly #parts: ForeignDeviceParts
  #running = false
  /** An answer that comes late counts as well. */
  #asking = false
  #askedAt = 0
  #registeredUntil = Number.NEGATIVE_INFINITY
  #tries = 0
  #complained = false
  #hasJoined = false
  #cancel: Cancel = () => {}

  constructor(parts: ForeignDeviceParts) {
    this.#parts = parts
  }

  get bbmd(): IpAddress {
    return this.#parts.settings.bbmd
  }

  /** For how long each registration is asked for. */
  get ttlSeconds(): number {
    return Math.round(this.#parts.settings.ttl / 1000)
  }

  /** Whether the BBMD passes broadcasts on now, as far as it has told. */
  get registered(): boolean {
    return this.#parts.clock.steady() < this.#registeredUntil
  }

  start(): void {
    this.#running = true
    this.#register()
  }

  /** Leaves the BBMD's table (J.2.9) where this port's own address is known; else the time to live ends it. */
  stop(): void {
    this.#running = false
    this.#cancel()
    const own = this.#parts.own()
    if (own === undefined || !this.registered) return
    const datagram = frame(Uint8Array.of(0, 0, 0, 0, ...stationOctets(own)), 'delete-foreign-device-table-entry')
    this.#parts.send(datagram, this.bbmd)
    this.#registeredUntil = Number.NEGATIVE_INFINITY
  }

  /** A BVLC-Result: only the BBMD's counts, and it does not say what it answers. */
  result(code: number, from: IpAddress): void {
    if (!this.#running || from.port !== this.bbmd.port || from.address !== this.bbmd.address) return
    if (code === BVLC_SUCCESS && this.#asking) this.#succeeded()
    else if (code === bvlcNaks['register-foreign-device'] && this.#asking) {
      this.#asking = false
      this.#registeredUntil = Number.NEGATIVE_INFINITY
      this.#failed('refuses to register the bridge as a foreign device')
    } else if (code === bvlcNaks['distribute-broadcast-to-network'] && this.registered) {
      // It started again, or lost its table.
      this.#registeredUntil = Number.NEGATIVE_INFINITY
      this.#failed('has forgotten that the bridge is registered as a foreign device')
    }
  }

  #register(): void {
    const { clock, send } = this.#parts
    const seconds = this.ttlSeconds
    this.#asking = true
    this.#askedAt = clock.steady()
    this.#cancel = clock.after(ANSWER_MS, () => this.#failed('does not answer Register-Foreign-Device'))
    send(frame(Uint8Array.of(0, 0, 0, 0, seconds >> 8, seconds & 0xff), 'register-foreign-device'), this.bbmd)
  }

  /** Again after half of the time to live: one that is lost, and the next, leave the entry standing. */
  #succeeded(): void {
    const { clock, joined, log, settings } = this.#parts
    this.#cancel()
    this.#asking = false
    this.#tries = 0
    this.#registeredUntil = this.#askedAt + settings.ttl + GRACE_MS
    this.#cancel = clock.after(settings.ttl / 2, () => this.#register())
    const bbmd = stationKey(this.bbmd)
    if (this.#complained) log.info({ bbmd }, 'bacnet: registered with the BBMD again')
    this.#complained = false
    if (this.#hasJoined) return
    this.#hasJoined = true
    log.info({ bbmd }, 'bacnet: registered with the BBMD as a foreign device')
    joined()
  }

  #failed(why: string): void {
    const { clock, log, settings } = this.#parts
    this.#cancel()
    const pause = Math.min(ANSWER_MS * 2 ** this.#tries, LONGEST_PAUSE_MS, settings.ttl / 2)
    this.#tries += 1
    // One answer that was lost is nothing to tell of: the entry stands for a while yet.
    if (!this.#complained && !this.registered) {
      const where = `bacnet.foreignDevice.bbmd ${stationKey(this.bbmd)}`
      log.warn({}, `bacnet: ${where} ${why}: broadcasts don't reach other subnets; it is tried again and again`)
      this.#complained = true
    }
    this.#cancel = clock.after(Math.max(0, this.#askedAt + pause - clock.steady()), () => this.#register())
  }
}
