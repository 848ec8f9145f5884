import type { Cancel, Clock } from '../../src/lib/clock.ts'

interface Due {
  readonly at: number
  readonly order: number
  readonly task: () => void
}

/** A clock that moves only when told; due tasks run in order of time, those of one moment in order of asking. */
export class FakeClock implements Clock {
  #now: number
  /** By how much it has been set, in all. */
  #set = 0
  #order = 0
  readonly #due = new Set<Due>()

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now + this.#set
  }

  steady(): number {
    return this.#now
  }

  /** Somebody sets it, by so much on, or back: nothing falls due by that. */
  put(ms: number): void {
    this.#set += ms
  }

  after(ms: number, task: () => void): Cancel {
    const due: Due = { at: this.#now + Math.max(0, ms), order: this.#order, task }
    this.#order += 1
    this.#due.add(due)
    return () => {
      this.#due.delete(due)
    }
  }

  /** Moves on by `ms`, running what falls due, tasks that the tasks ask for included. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#due.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.task()
    }
    this.#now = end
  }

  /** How many tasks wait. */
  get waiting(): number {
    return this.#due.size
  }

  #next(end: number): Due | undefined {
    let first: Due | undefined
    for (const due of this.#due) {
      if (due.at > end) continue
      if (first === undefined || due.at < first.at || (due.at === first.at && due.order < first.order)) first = due
    }
    return first
  }
}
