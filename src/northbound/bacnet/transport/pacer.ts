import type { Cancel, Clock } from '../../../lib/clock.ts'

/** How many messages leave at once, and how long until the next: 4,000 a second, which no client's buffer loses. */
const BURST = 40
const PAUSE_MS = 10
/** More than this would wait for minutes: whoever asks again is answered then. */
const MAX_WAITING = 50_000

/** Sends many small messages without flooding anybody. */
export class Pacer {
  readonly #clock: Clock
  #waiting: (() => void)[] = []
  #cancel: Cancel | undefined
  /** Whoever already has answers of the same kind waiting. */
  readonly #served = new Set<string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Queues one message for each task. A `key` that is still being served is not served twice. */
  send(key: string, tasks: readonly (() => void)[]): void {
    const [only] = tasks
    if (tasks.length === 1 && this.#waiting.length === 0) {
      only?.()
      return
    }
    if (this.#served.has(key) || this.#waiting.length + tasks.length > MAX_WAITING) return
    this.#served.add(key)
    for (const task of tasks) this.#waiting.push(task)
    this.#waiting.push(() => this.#served.delete(key))
    this.#cancel ??= this.#clock.after(0, () => this.#burst())
  }

  /** Queues one message, behind those that wait; false: there is no room. */
  later(task: () => void): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false
    this.#waiting.push(task)
    this.#cancel ??= this.#clock.after(0, () => this.#burst())
    return true
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#waiting = []
    this.#served.clear()
  }

  #burst(): void {
    for (const task of this.#waiting.splice(0, BURST)) task()
    this.#cancel = this.#waiting.length === 0 ? undefined : this.#clock.after(PAUSE_MS, () => this.#burst())
  }
}
