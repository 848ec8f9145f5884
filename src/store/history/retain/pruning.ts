import type { HistoryConfig } from '../config.ts'
import type { Copier } from '../copy/copier.ts'
import type { LocalHistories } from '../open-local.ts'
import type { Days } from '../write/roll-up.ts'
import type { RowsOf } from './kept-table.ts'
import { Retention } from './retention.ts'
import { shrink } from './shrink.ts'

export interface PruningParts {
  readonly histories: LocalHistories
  /** Absent: the file is all. */
  readonly copier: Copier | undefined
  readonly config: HistoryConfig
  readonly days: Days
  readonly now: () => number
}

/**
 * Retention wherever rows are: in the bridge's own file, and in PostgreSQL while it is there. What only waits in the file
 * grows as the outage does: its size is no reason to throw away what PostgreSQL is to have; its age is, here as there.
 */
export class Pruning {
  readonly #parts: PruningParts
  readonly #file: Retention
  #database: { readonly db: RowsOf['db']; readonly retention: Retention } | undefined

  constructor(parts: PruningParts) {
    this.#parts = parts
    const { config, copier, histories } = parts
    const { db, source, raw } = histories
    this.#file = new Retention({
      ...parts,
      config: copier === undefined ? config : byAgeAlone(config),
      rows: { db, dialect: 'sqlite', source },
      shrink: () => shrink(raw),
    })
  }

  /** Does a small part of the work in the file, and answers whether there is more. */
  inFile(): Promise<boolean> {
    return this.#file.step()
  }

  /** The same in PostgreSQL, which may take as long as a network does. */
  async inDatabase(): Promise<boolean> {
    return (await this.#reached()?.step()) ?? false
  }

  #reached(): Retention | undefined {
    const rows = this.#parts.copier?.rows
    if (rows === undefined) return undefined
    // Another connection is another database object.
    if (this.#database?.db !== rows.db)
      this.#database = { db: rows.db, retention: new Retention({ ...this.#parts, rows }) }
    return this.#database.retention
  }
}

function byAgeAlone(config: HistoryConfig): HistoryConfig {
  const aged = <T extends { readonly keep: number } | false>(limits: T) => limits && { keep: limits.keep }
  return {
    log: aged(config.log),
    transactions: { keep: config.transactions.keep },
    meters: aged(config.meters),
    quarterHours: { keep: config.quarterHours.keep },
    days: { keep: config.days.keep },
  }
}
