import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'

export interface BuildingTimeParts {
  readonly clock: Clock
  readonly log: Log
  readonly throttle: Throttle
  /** How far from this machine's clock the building's may be, in milliseconds. */
  readonly mostMs: () => number
  /** The building's clock was put on by so many milliseconds. */
  readonly changed: (ms: number) => void
}

/** Less than this is how long a message was on its way. */
const WORTH_SAYING_MS = 1_000

/**
 * The time that the building counts: this machine's, put right by TimeSynchronization. It stands in BACnet alone;
 * what chargers are told, certificates and limits follow this machine's clock.
 */
export class BuildingTime {
  readonly #parts: BuildingTimeParts
  #aheadMs = 0

  constructor(parts: BuildingTimeParts) {
    this.#parts = parts
  }

  /** Milliseconds UTC. */
  now(): number {
    return this.#parts.clock.now() + this.#aheadMs
  }

  /** Somebody says what time it is, in milliseconds UTC; too far from this machine's clock it is not believed. */
  set(now: number, client: string): void {
    const { changed, clock, log, mostMs, throttle } = this.#parts
    const ahead = now - clock.now()
    const by = ahead - this.#aheadMs
    const told = `${Math.abs(Math.round(ahead / 1000))} s ${ahead < 0 ? 'behind' : 'ahead of'} this machine's clock`
    if (Math.abs(ahead) > mostMs()) {
      if (throttle.pass(`time ${client}`) !== undefined)
        log.warn({ client, aheadMs: ahead }, `time of ${client} not taken: ${told}, more than bacnet.timeSync`)
      return
    }
    if (Math.abs(by) < WORTH_SAYING_MS) return
    this.#aheadMs = ahead
    log.info({ client, aheadMs: ahead }, `BACnet time set by ${client}: ${told}`)
    changed(by)
  }
}
