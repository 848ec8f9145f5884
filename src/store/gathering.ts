import type { Cancel, Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Throttle } from '../lib/throttle.ts'

/** A disk that is full, or that can't be written, is tried again this much later. */
const AGAIN_MS = 5_000

export interface GatheringParts {
  readonly clock: Clock
  readonly log: Log
  /** How long is gathered, in milliseconds. */
  readonly forMs: number
  /** Writes what has gathered. Where it throws, all of it goes on waiting. */
  readonly write: () => void
}

/** What is written a moment after it came. Nobody waits for it, so a disk that doesn't take it stops nobody. */
export class Gathering {
  readonly #parts: GatheringParts
  readonly #throttle: Throttle
  #cancel: Cancel | undefined

  constructor(parts: GatheringParts) {
    this.#parts = parts
    this.#throttle = new Throttle(parts.clock)
  }

  /** There is something to write. */
  soon(): void {
    this.#schedule(this.#parts.forMs)
  }

  /** Writes now, and answers whether it was possible. */
  now(write = this.#parts.write): boolean {
    this.stop()
    try {
      write()
      return true
    } catch (error) {
      if (this.#throttle.pass('unwritten') !== undefined)
        this.#parts.log.error(
          { error: String(error) },
          `the store can't be written: ${error}; it is tried again and again`,
        )
      return false
    }
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(ms: number): void {
    this.#cancel ??= this.#parts.clock.after(ms, () => {
      if (!this.now()) this.#schedule(AGAIN_MS)
    })
  }
}
