import type { Clock } from '../../../lib/clock.ts'

/** What a charger may say without end. Real ones say one thing in some seconds, and a few dozen after an outage. */
const PER_SECOND = 200
/** What it may say at once, after having been quiet: transactions of days, kept while it was offline. */
const AT_ONCE = 1_000
/** A long message counts as many. */
const BYTES_OF_ONE = 4_096

/** How much one socket may still say. */
export class Budget {
  readonly #clock: Clock
  #left = AT_ONCE
  #at: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#at = clock.now()
  }

  /** Takes a message of so many bytes off; answers with the milliseconds to read nothing for, 0 while there is some left. */
  spend(bytes: number): number {
    const now = this.#clock.now()
    this.#left = Math.min(AT_ONCE, this.#left + (Math.max(0, now - this.#at) * PER_SECOND) / 1_000)
    this.#at = now
    this.#left -= Math.max(1, bytes / BYTES_OF_ONE)
    // What was read before the pause took hold is owed as well.
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left * 1_000) / PER_SECOND)
  }
}
