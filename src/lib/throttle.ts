import type { Clock } from './clock.ts'

const EVERY_MS = 60_000
/** Kinds that are remembered; more of them than this are one kind. */
const MAX_KINDS = 256

interface Kind {
  readonly at: number
  missed: number
}

/** Lets the first of a kind through and then one a minute, so that a peer can't fill the log. */
export class Throttle {
  readonly #clock: Clock
  /** The one that was let through last stands last. */
  readonly #kinds = new Map<string, Kind>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many were held back since the last; undefined: hold this one back as well. */
  pass(kind: string): number | undefined {
    const now = this.#clock.steady()
    this.#forgetOld(now)
    const key = this.#kinds.has(kind) || this.#kinds.size < MAX_KINDS ? kind : ''
    const known = this.#kinds.get(key)
    if (known !== undefined && now - known.at < EVERY_MS) {
      known.missed += 1
      return undefined
    }
    this.#kinds.delete(key)
    this.#kinds.set(key, { at: now, missed: 0 })
    return known?.missed ?? 0
  }

  /** Whoever invents kinds keeps those of others out for no longer than a minute. */
  #forgetOld(now: number): void {
    if (this.#kinds.size < MAX_KINDS) return
    for (const [kind, { at }] of this.#kinds) {
      if (now - at < EVERY_MS) return
      this.#kinds.delete(kind)
    }
  }
}
