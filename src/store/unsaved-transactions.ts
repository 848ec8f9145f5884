import type { StoredTransaction } from '../core/ports.ts'
import { TransactionMemory } from './transaction-memory.ts'
import type { OrphanStop } from './transactions.ts'

/** More than these a disk that takes nothing may not cost in memory: a day of a site with hundreds of connectors. */
export const MAX_UNSAVED = 10_000

/** Not yet on disk. */
export interface UnsavedTransaction extends StoredTransaction {
  readonly toldAt: number
}

/** Transactions, and stops that fit none, that the disk has not taken yet, in the order in which they came. */
export class UnsavedTransactions {
  readonly transactions = new TransactionMemory<UnsavedTransaction>()
  /** By charger and text: each is kept once. */
  readonly #stops = new Map<string, OrphanStop>()

  get count(): number {
    return this.transactions.size + this.#stops.size
  }

  /** False: there is no room for another. */
  keep(transaction: StoredTransaction, now: number): boolean {
    const known = this.transactions.byId(transaction.id)
    if (known === undefined && this.count >= MAX_UNSAVED) return false
    this.transactions.set({ ...transaction, toldAt: known?.toldAt ?? now })
    return true
  }

  keepStop(stop: OrphanStop): boolean {
    const key = `${stop.charger}\n${stop.text}`
    if (this.#stops.has(key)) return true
    if (this.count >= MAX_UNSAVED) return false
    this.#stops.set(key, stop)
    return true
  }

  stops(count: number): readonly OrphanStop[] {
    return [...this.#stops.values()].slice(0, count)
  }

  /** These are on disk, or never will be. */
  forget(transactions: readonly UnsavedTransaction[], stops: readonly OrphanStop[]): void {
    for (const { id } of transactions) this.transactions.delete(id)
    for (const { charger, text } of stops) this.#stops.delete(`${charger}\n${text}`)
  }
}
