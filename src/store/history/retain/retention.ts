import type { HistoryConfig, Retention as Limits } from '../config.ts'
import type { Days } from '../write/roll-up.ts'
import { deleteOldest, type KeptTable, keptTables, measure, type RowsOf } from './kept-table.ts'
import { pruneTransactions } from './prune-transactions.ts'

/** Rows that one step deletes at the most: others want to write in between. */
const PORTION = 2000

export interface RetentionParts {
  /** Those of this bridge: others prune their own. */
  readonly rows: RowsOf
  readonly config: Pick<HistoryConfig, 'log' | 'transactions' | 'meters' | 'quarterHours' | 'days'>
  readonly days: Days
  readonly now: () => number
  /** Gives back some of what has become free, and answers whether there is more; absent: the database does so itself. */
  readonly shrink?: () => boolean
}

/**
 * Deletes what is older, or takes more room, than the config allows, whatever is oldest first; all of a history that is not
 * to be kept. Sizes are estimates (`measure`). Under SQLite and PostgreSQL alike.
 */
export class Retention {
  readonly #parts: RetentionParts
  #round: AsyncGenerator<void, void> | undefined

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  /** Does a small part of the work and answers whether there is more; after the last one a new round begins. */
  async step(): Promise<boolean> {
    this.#round ??= this.#prune()
    try {
      const { done } = await this.#round.next()
      if (done) this.#round = undefined
      return !done
    } catch (error) {
      this.#round = undefined
      throw error
    }
  }

  async *#prune(): AsyncGenerator<void, void> {
    const { config, days } = this.#parts
    const at = (moment: number) => moment
    yield* this.#pruneTable(keptTables.log, config.log, at)
    yield* this.#pruneTable(keptTables.meters, config.meters, at)
    yield* this.#pruneTable(keptTables.quarterHours, config.quarterHours, at)
    yield* this.#pruneTable(keptTables.days, config.days, days)
    yield* this.#pruneTransactions(config.transactions)
    while (this.#parts.shrink?.()) yield
  }

  async *#pruneTable(
    kept: KeptTable,
    limits: Limits | false,
    ageOf: (moment: number) => number | string,
  ): AsyncGenerator<void, void> {
    const { rows, now } = this.#parts
    const { keep, maxSize } = limits === false ? { keep: 0 } : limits
    // `9999999d` means for ever: years before Christ don't sort as others do, and beyond some there is no date at all.
    const tooOld = ageOf(Math.max(0, now() - keep))
    for (let deleted = PORTION; deleted === PORTION; ) {
      deleted = await deleteOldest(rows, kept, tooOld, PORTION)
      yield* this.#deleted(deleted)
    }
    if (maxSize === undefined) return
    const { size, rowSize } = await measure(rows, kept)
    const latest = ageOf(LATEST)
    for (let left = Math.ceil((size - maxSize) / rowSize); left > 0; ) {
      const deleted = await deleteOldest(rows, kept, latest, Math.min(left, PORTION))
      left = deleted === 0 ? 0 : left - deleted
      yield* this.#deleted(deleted)
    }
  }

  async *#pruneTransactions({ keep, maxSize }: Limits): AsyncGenerator<void, void> {
    const { rows, now } = this.#parts
    const tooOld = now() - keep
    for (;;) {
      const pruned = await pruneTransactions(rows, tooOld, PORTION)
      if (pruned === undefined) break
      yield* this.#deleted(pruned.samples + pruned.transactions)
    }
    if (maxSize === undefined) return
    const transactions = await measure(rows, keptTables.transactions)
    const samples = await measure(rows, keptTables.samples)
    let excess = transactions.size + samples.size - maxSize
    // None is left with a part of its samples.
    for (let begun = false; begun || excess > 0; ) {
      const pruned = await pruneTransactions(rows, LATEST, PORTION)
      if (pruned === undefined) break
      begun = pruned.transactions === 0
      excess -= pruned.transactions * transactions.rowSize + pruned.samples * samples.rowSize
      yield* this.#deleted(pruned.samples + pruned.transactions)
    }
  }

  *#deleted(rows: number): Generator<void> {
    if (rows === 0) return
    this.#parts.shrink?.()
    yield
  }
}

/** No row is of a later moment: the last that is a date with four digits for its year. */
const LATEST = Date.UTC(9999, 11, 30)
