import type { Cancel, Clock } from '../../../lib/clock.ts'

/** A timer that is later than this has waited for the process, not for the line: bytes may lie unread. */
const LATE_MS = 5

/** Tells when nothing has come for a while. */
export class Silence {
  readonly #clock: Clock
  readonly #ms: number
  readonly #happened: () => void
  #cancel: Cancel | undefined

  constructor(clock: Clock, ms: number, happened: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#happened = happened
  }

  /** Counts from now on. */
  await(): void {
    this.stop()
    const due = this.#clock.steady() + this.#ms
    this.#cancel = this.#clock.after(this.#ms, () => {
      this.#cancel = undefined
      if (this.#clock.steady() - due > LATE_MS) this.await()
      else this.#happened()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
