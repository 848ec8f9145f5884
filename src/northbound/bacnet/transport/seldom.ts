import type { Cancel, Clock } from '../../../lib/clock.ts'

const PAUSE_MS = 1_000

/** Runs a task at most once a second: at once, or at the end of the second for all who ask within it. */
export class Seldom {
  readonly #clock: Clock
  readonly #task: () => void
  #cancel: Cancel | undefined
  #isWanted = false

  constructor(clock: Clock, task: () => void) {
    this.#clock = clock
    this.#task = task
  }

  run(): void {
    this.#isWanted = true
    if (this.#cancel === undefined) this.#turn()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#isWanted = false
  }

  #turn(): void {
    this.#cancel = undefined
    if (!this.#isWanted) return
    this.#isWanted = false
    this.#cancel = this.#clock.after(PAUSE_MS, () => this.#turn())
    this.#task()
  }
}
