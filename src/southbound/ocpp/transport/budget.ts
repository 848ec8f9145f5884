import type { Clock } from '../../../lib/clock.ts'

/** What a charger may say before the others go first. Real ones say one thing in some seconds, and a few dozen after an outage. */
const PER_SECOND = 200
/** What it may say at once, after having been quiet: transactions of days, kept while it was offline. */
const AT_ONCE = 1_000
/** A long message counts as many. */
const BYTES_OF_ONE = 4_096

/** How much one socket may still say without waiting for the others. */
export class Budget {
  readonly #clock: Clock
  #left = AT_ONCE
  #at: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#at = clock.now()
  }

  /** Takes a message of so many bytes off; false when more was said than a charger has to say. */
  spend(bytes: number): boolean {
    const now = this.#clock.now()
    this.#left = Math.min(AT_ONCE, this.#left + (Math.max(0, now - this.#at) * PER_SECOND) / 1_000)
    this.#at = now
    this.#left = Math.max(-AT_ONCE, this.#left - Math.max(1, bytes / BYTES_OF_ONE))
    return this.#left >= 0
  }
}
