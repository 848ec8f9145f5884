import type { StartKey, StoredTransaction } from '../core/ports.ts'

/** Transactions by id, in the order in which they came, and read as those on disk are. */
export class TransactionMemory<T extends StoredTransaction = StoredTransaction> {
  readonly #byId = new Map<number, T>()

  get size(): number {
    return this.#byId.size
  }

  /** One that is there already keeps its place. */
  set(transaction: T): void {
    this.#byId.set(transaction.id, transaction)
  }

  delete(id: number): void {
    this.#byId.delete(id)
  }

  has(id: number): boolean {
    return this.#byId.has(id)
  }

  byId(id: number): T | undefined {
    return this.#byId.get(id)
  }

  /** Those that came first. */
  first(count: number): readonly T[] {
    const first: T[] = []
    for (const transaction of this.#byId.values()) {
      if (first.length === count) break
      first.push(transaction)
    }
    return first
  }

  sameStarts(start: StartKey): readonly T[] {
    const tag = start.idTag.toLowerCase()
    return this.#those(
      ({ charger, connector, idTag, meterStartWh, timestampText }) =>
        charger === start.charger &&
        connector === start.connector &&
        timestampText === start.timestampText &&
        meterStartWh === start.meterStartWh &&
        idTag.toLowerCase() === tag,
    )
  }

  open(charger: string): readonly T[] {
    return this.#those((each) => each.charger === charger && each.stoppedAt === undefined)
  }

  ended(charger: string, reason: string): readonly T[] {
    return this.#those((each) => each.charger === charger && each.stopReason === reason)
  }

  #those(fit: (transaction: T) => boolean): readonly T[] {
    return this.#byId.size === 0 ? [] : [...this.#byId.values()].filter(fit)
  }
}
