import { Bookmarks } from '../bookmarks.ts'
import type { CautiousTime } from '../cautious-time.ts'
import type { HistoryConfig } from '../config.ts'
import type { Copier } from '../copy/copier.ts'
import type { LocalHistories } from '../open-local.ts'
import type { Days } from '../write/roll-up.ts'
import type { RowsOf } from './kept-table.ts'
import { Retention, type RetentionParts } from './retention.ts'
import { shrink } from './shrink.ts'

export interface PruningParts {
  readonly histories: LocalHistories
  /** Absent: the file is all. */
  readonly copier: Copier | undefined
  readonly config: HistoryConfig
  readonly days: Days
  readonly time: CautiousTime
}

/** The bookmark of the time by which rows grow old. */
export const TIME = 'time'

/**
 * Retention wherever rows are: in the bridge's own file, and in PostgreSQL while it is there. What only waits in the file
 * grows as the outage does: its size is no reason to throw away what PostgreSQL is to have; its age is, here as there.
 */
export class Pruning {
  readonly #parts: PruningParts
  readonly #bookmarks: Bookmarks
  readonly #file: Retention
  #database: { readonly db: RowsOf['db']; readonly retention: Retention } | undefined

  constructor(parts: PruningParts) {
    this.#parts = parts
    const { config, copier, histories } = parts
    const { db, source, raw } = histories
    this.#bookmarks = new Bookmarks(histories)
    this.#file = this.#retention({
      config: copier === undefined ? config : byAgeAlone(config),
      rows: { db, dialect: 'sqlite', source },
      shrink: () => shrink(raw),
    })
  }

  /** Does a small part of the work in the file, and answers whether there is more. */
  async inFile(): Promise<boolean> {
    const more = await this.#file.step()
    if (!more) this.#bookmarks.set(TIME, this.#parts.time.believed)
    return more
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
      this.#database = { db: rows.db, retention: this.#retention({ config: this.#parts.config, rows }) }
    return this.#database.retention
  }

  #retention(parts: Pick<RetentionParts, 'config' | 'rows' | 'shrink'>): Retention {
    const { days, time } = this.#parts
    return new Retention({ ...parts, days, now: () => time.now() })
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
