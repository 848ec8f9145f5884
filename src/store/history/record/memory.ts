import type { Entry } from '../../../core/history.ts'
import { Page } from './page.ts'

/** So much is written together. */
const PAGE_BYTES = 2 ** 19
/** And so much is there at the most. */
export const ALL_BYTES = 96 * PAGE_BYTES
/** What is left, in a page of its own, for what comes behind a long entry. */
const BEHIND_BYTES = 2 ** 16
/** As many are enough where nothing is in a hurry. */
const KEPT = 2

/** Pages to fill: bounded, and used again. */
export class Memory {
  #taken = 0
  #free: Page[] = []

  get isHalfTaken(): boolean {
    return this.#taken >= ALL_BYTES / 2
  }

  /** An empty page that has room for this entry, however long it is; undefined: there is no more memory. */
  take(entry: Entry): Page | undefined {
    const needed = Page.sizeFor(entry)
    const size = needed > PAGE_BYTES ? needed + BEHIND_BYTES : PAGE_BYTES
    if (this.#taken + size > ALL_BYTES) return undefined
    this.#taken += size
    if (size === PAGE_BYTES) return this.#free.pop() ?? new Page(size)
    // Those that wait to be used again are part of all there is.
    this.#free = this.#free.slice(0, Math.floor((ALL_BYTES - this.#taken) / PAGE_BYTES))
    return new Page(size)
  }

  /** Nobody reads it any more. */
  giveBack(page: Page): void {
    this.#taken -= page.size
    page.clear()
    if (page.size === PAGE_BYTES) this.#free.push(page)
    // In a rush the same ones are used again and again.
    if (this.#taken <= KEPT * PAGE_BYTES) this.#free = this.#free.slice(0, KEPT)
  }
}
