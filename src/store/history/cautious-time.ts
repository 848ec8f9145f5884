import type { Clock } from '../../lib/clock.ts'

/** A clock that is off by more than this was set, or the bridge was off so long. */
const SET_MS = 60 * 60_000
/** And is believed when it has gone on from there for so long. */
const BELIEVED_MS = 24 * 60 * 60_000

/**
 * The time for what can't be undone. A clock that is set, or that at a start is elsewhere than the bridge left it, is
 * believed after a day in which the bridge ran: where it is wrong, as one without a battery is until it finds its
 * server, nothing is old by that. A bridge that was off for a month finds out a day late.
 */
export class CautiousTime {
  readonly #clock: Clock
  /** What is believed, and what the clock tells since when: how far they are ahead of the steady clock. */
  #believed: number
  #told: number
  #since: number

  /** `believed`: where an earlier run left it, in milliseconds UTC; undefined: there was none, and the clock is believed. */
  constructor(clock: Clock, believed: number | undefined) {
    this.#clock = clock
    this.#since = clock.steady()
    this.#told = clock.now() - this.#since
    this.#believed = believed === undefined ? this.#told : believed - this.#since
  }

  /** For the next run to begin with, in milliseconds UTC. */
  get believed(): number {
    const steady = this.#clock.steady()
    const told = this.#clock.now() - steady
    if (!isNear(told, this.#told)) {
      this.#told = told
      this.#since = steady
    }
    if (isNear(told, this.#believed) || steady - this.#since >= BELIEVED_MS) this.#believed = told
    return Math.round(steady + this.#believed)
  }

  /** What is believed, or what the clock says where that is earlier: no more is old by it than by both. */
  now(): number {
    return Math.min(this.believed, this.#clock.now())
  }
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= SET_MS
}
