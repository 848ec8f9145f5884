import type { Keeping } from '../../src/core/keep.ts'
import { NotKept } from '../../src/core/not-kept.ts'

/** A disk that has something to bring to disk from the start, and does so when a test says. */
export class HandKeeping implements Keeping {
  promised = 1
  kept = 0
  #waiting: ((failure: NotKept | undefined) => void)[] = []

  get waiting(): number {
    return this.#waiting.length
  }

  whenKept(then: (failure: NotKept | undefined) => void): void {
    this.#waiting.push(then)
  }

  sync(): void {
    this.kept = this.promised
    for (const then of this.#waiting.splice(0)) then(undefined)
  }

  fail(): void {
    for (const then of this.#waiting.splice(0)) then(new NotKept('full'))
  }
}
