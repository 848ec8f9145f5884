import type { Cancel, Clock } from '../lib/clock.ts'

/** A disk that is full, or that can't be written, is tried again this much later. */
const AGAIN_MS = 5_000

export interface GatheringParts {
  readonly clock: Clock
  /** How long is gathered, in milliseconds. */
  readonly forMs: number
  /** Writes what has gathered. Where it throws, all of it goes on waiting. */
  readonly write: () => void
  readonly failed: (error: unknown) => void
}

/** What is written a moment after it came. Nobody waits for it, so a disk that doesn't take it stops nobody. */
export class Gathering {
  readonly #parts: GatheringParts
  #cancel: Cancel | undefined
  /** The disk did not take it the last time. */
  #refused = false

  constructor(parts: GatheringParts) {
    this.#parts = parts
  }

  /** There is something to write. */
  soon(): void {
    this.#schedule(this.#refused ? AGAIN_MS : this.#parts.forMs)
  }

  /** Writes now, and answers whether it was possible. */
  now(write = this.#parts.write): boolean {
    this.stop()
    this.#refused = false
    try {
      write()
    } catch (error) {
      this.#refused = true
      this.#parts.failed(error)
    }
    return !this.#refused
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(ms: number): void {
    this.#cancel ??= this.#parts.clock.after(ms, () => {
      if (!this.now()) this.soon()
    })
  }
}
