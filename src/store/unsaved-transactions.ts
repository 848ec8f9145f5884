import type { StoredTransaction } from '../core/ports.ts'
import { charactersOf, TransactionMemory } from './transaction-memory.ts'
import type { OrphanStop } from './transactions.ts'

/** More than these a disk that takes nothing may not cost in memory: a day of a site with hundreds of connectors. */
const MAX_UNSAVED = 10_000
/** A charger may sign much, and end what never began with as much more. */
const MAX_CHARACTERS = 24_000_000

/** Not yet on disk. */
export interface UnsavedTransaction extends StoredTransaction {
  readonly toldAt: number
}

/** Transactions, and stops that fit none, that the disk has not taken yet, in the order in which they came. */
export class UnsavedTransactions {
  readonly transactions = new TransactionMemory<UnsavedTransaction>()
  /** By charger and text: each is kept once. */
  readonly #stops = new Map<string, OrphanStop>()
  #stopCharacters = 0

  get count(): number {
    return this.transactions.size + this.#stops.size
  }

  /** False: there is no room for another. */
  keep(transaction: StoredTransaction, now: number): boolean {
    const known = this.transactions.byId(transaction.id)
    if (known === undefined && this.count >= MAX_UNSAVED) return false
    if (!this.#fits(charactersOf(transaction) - charactersOf(known))) return false
    this.transactions.set({ ...transaction, toldAt: known?.toldAt ?? now })
    return true
  }

  keepStop(stop: OrphanStop): boolean {
    const key = `${stop.charger}\n${stop.text}`
    if (this.#stops.has(key)) return true
    if (this.count >= MAX_UNSAVED || !this.#fits(stop.text.length)) return false
    this.#stops.set(key, stop)
    this.#stopCharacters += stop.text.length
    return true
  }

  stops(count: number): readonly OrphanStop[] {
    return [...this.#stops.values()].slice(0, count)
  }

  /** These are on disk, or never will be. */
  forget(transactions: readonly UnsavedTransaction[], stops: readonly OrphanStop[]): void {
    for (const { id } of transactions) this.transactions.delete(id)
    for (const { charger, text } of stops)
      if (this.#stops.delete(`${charger}\n${text}`)) this.#stopCharacters -= text.length
  }

  #fits(characters: number): boolean {
    return this.transactions.characters + this.#stopCharacters + characters <= MAX_CHARACTERS
  }
}
