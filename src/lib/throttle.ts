import type { Clock } from './clock.ts'

const EVERY_MS = 60_000
/** Kinds that are remembered; more of them than this are one kind. */
const MAX_KINDS = 256

/** Lets the first of a kind through and then one a minute, so that a peer can't fill the log. */
export class Throttle {
  readonly #clock: Clock
  readonly #kinds = new Map<string, { at: number; missed: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many were held back since the last; undefined: hold this one back as well. */
  pass(kind: string): number | undefined {
    const now = this.#clock.now()
    const key = this.#kinds.has(kind) || this.#kinds.size < MAX_KINDS ? kind : ''
    const known = this.#kinds.get(key)
    if (known !== undefined && now - known.at < EVERY_MS) {
      known.missed += 1
      return undefined
    }
    this.#kinds.set(key, { at: now, missed: 0 })
    return known?.missed ?? 0
  }
}
