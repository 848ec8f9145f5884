import type { Cancel, Clock } from '../../../lib/clock.ts'

const PAUSE_MS = 1_000

/** Runs a task at most once a second: at once, or at the end of the second for all who ask within it. */
export class Seldom {
  readonly #clock: Clock
  readonly #task: () => void
  #ranAt = Number.NEGATIVE_INFINITY
  #cancel: Cancel | undefined

  constructor(clock: Clock, task: () => void) {
    this.#clock = clock
    this.#task = task
  }

  run(): void {
    if (this.#cancel !== undefined) return
    const since = this.#clock.steady() - this.#ranAt
    if (since >= PAUSE_MS) this.#run()
    else this.#cancel = this.#clock.after(PAUSE_MS - since, () => this.#run())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#ranAt = Number.NEGATIVE_INFINITY
  }

  #run(): void {
    this.#cancel = undefined
    this.#ranAt = this.#clock.steady()
    this.#task()
  }
}
