import type { StartKey, StoredTransaction } from '../core/ports.ts'

/** Of one without signed values. */
const BARE_CHARACTERS = 300

/** Transactions by id, in the order in which they came, and read as those on disk are. */
export class TransactionMemory<T extends StoredTransaction = StoredTransaction> {
  readonly #byId = new Map<number, T>()
  readonly #ofChargers = new Map<string, Map<number, T>>()
  #characters = 0

  get size(): number {
    return this.#byId.size
  }

  /** How much room all of them take, about. */
  get characters(): number {
    return this.#characters
  }

  /** One that is there already keeps its place. */
  set(transaction: T): void {
    const { id, charger } = transaction
    this.#characters += charactersOf(transaction) - charactersOf(this.#byId.get(id))
    this.#byId.set(id, transaction)
    const own = this.#ofChargers.get(charger)
    if (own === undefined) this.#ofChargers.set(charger, new Map([[id, transaction]]))
    else own.set(id, transaction)
  }

  delete(id: number): void {
    const { charger = '' } = this.#byId.get(id) ?? {}
    this.#characters -= charactersOf(this.#byId.get(id))
    this.#byId.delete(id)
    const own = this.#ofChargers.get(charger)
    own?.delete(id)
    if (own?.size === 0) this.#ofChargers.delete(charger)
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
      start.charger,
      ({ connector, idTag, meterStartWh, timestampText }) =>
        connector === start.connector &&
        timestampText === start.timestampText &&
        meterStartWh === start.meterStartWh &&
        idTag.toLowerCase() === tag,
    )
  }

  open(charger: string): readonly T[] {
    return this.#those(charger, (each) => each.stoppedAt === undefined)
  }

  ended(charger: string, reason: string): readonly T[] {
    return this.#those(charger, (each) => each.stopReason === reason)
  }

  #those(charger: string, fit: (transaction: T) => boolean): readonly T[] {
    return [...(this.#ofChargers.get(charger)?.values() ?? [])].filter(fit)
  }
}

/** What the meter signed outweighs all else; of nothing 0. */
export function charactersOf(transaction: StoredTransaction | undefined): number {
  if (transaction === undefined) return 0
  return (transaction.signed ?? []).reduce((sum, { text }) => sum + text.length, BARE_CHARACTERS)
}
