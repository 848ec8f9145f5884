import type { Cancel, Clock } from '../../../lib/clock.ts'
import { recipientText } from '../recipient-text.ts'
import type { Peer } from '../transport/peer.ts'
import type { Recipient } from '../wire/type/recipient.ts'
import type { Bindings } from './bindings.ts'

export interface RecipientSearchParts {
  readonly clock: Clock
  readonly bindings: Pick<Bindings, 'want'>
  readonly routes: {
    want(address: { readonly network: number; readonly mac: Uint8Array }, told: (peer: Peer) => void): Cancel
  }
  /** Nobody answered for a recipient in time, or too much waits for it: so many notifications are not told to it. */
  readonly lost: (recipient: Recipient, count: number) => void
}

type Found = (peer: Peer) => void

interface Search {
  readonly recipient: Recipient
  cancelWant: Cancel
  cancelTimer: Cancel
  /** Those that waited already when the time began to run, and those that came since. */
  older: Found[]
  newer: Found[]
}

/** An alarm that is older is found by GetEventInformation. */
const LOOKED_FOR_MS = 5 * 60_000
/** Notifications that wait for one recipient, and for all together. */
const MAX_EACH = 5_000
const MAX_ALL = 20_000

/** Finds out where recipients are, and holds what is for them until then: one that nobody finds keeps nobody else waiting. */
export class RecipientSearch {
  readonly #parts: RecipientSearchParts
  readonly #searches = new Map<string, Search>()
  #waiting = 0

  constructor(parts: RecipientSearchParts) {
    this.#parts = parts
  }

  /** Where a recipient is; undefined: `found` is called once that is known, or never. */
  find(recipient: Recipient, found: Found): Peer | undefined {
    const key = recipientText(recipient)
    const known = this.#searches.get(key)
    if (known !== undefined) {
      this.#hold(known, found)
      return undefined
    }
    let here: Peer | undefined
    const search: Search = { recipient, cancelWant: () => {}, cancelTimer: () => {}, older: [], newer: [] }
    const told = (peer: Peer): void => {
      here = peer
      this.#found(key, search, peer)
    }
    const { bindings, routes } = this.#parts
    const cancelWant =
      recipient.kind === 'device' ? bindings.want(recipient.instance, told) : routes.want(recipient, told)
    if (here !== undefined) return here
    search.cancelWant = cancelWant
    this.#searches.set(key, search)
    this.#hold(search, found)
    this.#schedule(key, search)
    return undefined
  }

  stop(): void {
    for (const [key, search] of this.#searches) this.#end(key, search)
  }

  #hold(search: Search, found: Found): void {
    if (this.#waiting >= MAX_ALL || search.older.length + search.newer.length >= MAX_EACH) {
      this.#parts.lost(search.recipient, 1)
      return
    }
    this.#waiting += 1
    search.newer.push(found)
  }

  #found(key: string, search: Search, peer: Peer): void {
    const waiting = this.#end(key, search)
    for (const found of waiting) found(peer)
  }

  #schedule(key: string, search: Search): void {
    search.cancelTimer = this.#parts.clock.after(LOOKED_FOR_MS, () => {
      const lost = search.older.length
      this.#waiting -= lost
      search.older = search.newer
      search.newer = []
      if (search.older.length === 0) this.#end(key, search)
      else this.#schedule(key, search)
      if (lost > 0) this.#parts.lost(search.recipient, lost)
    })
  }

  #end(key: string, search: Search): readonly Found[] {
    search.cancelWant()
    search.cancelTimer()
    if (this.#searches.get(key) === search) this.#searches.delete(key)
    const waiting = [...search.older, ...search.newer]
    this.#waiting -= waiting.length
    return waiting
  }
}
