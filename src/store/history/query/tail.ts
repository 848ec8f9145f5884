import { sql } from 'kysely'
import type { HistoryDatabase } from '../database.ts'
import { type LogEntry, type LogFilter, logSearch } from './log.ts'
import { sitesOf } from './sites.ts'

/** So many rows of a bridge are looked at in one call. */
const AT_ONCE = 1_000

/** What is written into the log from now on, as a filter lets it through. */
export class LogTail {
  readonly #db: HistoryDatabase
  readonly #filter: LogFilter
  /** The last revision that was looked at, by source. */
  #seen: ReadonlyMap<number, number> = new Map()

  constructor(db: HistoryDatabase, filter: LogFilter) {
    this.#db = db
    this.#filter = filter
  }

  /** What is there is known already. */
  async skip(): Promise<void> {
    const seen = new Map<number, number>()
    for (const source of (await sitesOf(this.#db)).keys()) seen.set(source, await this.#newest(source))
    this.#seen = seen
  }

  /** The entries since the last call, in the order in which they were written. */
  async next(): Promise<readonly LogEntry[]> {
    const entries: LogEntry[] = []
    const seen = new Map<number, number>()
    for (const source of (await sitesOf(this.#db)).keys()) {
      const newest = await this.#newest(source)
      // Fewer than there were: what was taken back is written anew.
      for (let after = Math.min(newest, this.#seen.get(source) ?? 0); after < newest; after += AT_ONCE)
        entries.push(...(await this.#between(source, after, Math.min(newest, after + AT_ONCE))))
      seen.set(source, newest)
    }
    // Where one of them fails, the next call has all of it.
    this.#seen = seen
    return entries
  }

  async #newest(source: number): Promise<number> {
    const { newest } = await this.#db
      .selectFrom('log')
      .select(({ fn }) => fn.max('revision').as('newest'))
      .where('source', '=', source)
      .executeTakeFirstOrThrow()
    return newest ?? 0
  }

  async #between(source: number, after: number, until: number): Promise<readonly LogEntry[]> {
    const { from, to, paths, conditions } = await logSearch(this.#db, this.#filter)
    const all = [...paths.map(({ condition }) => condition), ...conditions]
    let query = this.#db
      .selectFrom('log')
      .selectAll()
      .where('source', '=', source)
      .where('revision', '>', after)
      .where('revision', '<=', until)
      .orderBy('revision')
    if (typeof from === 'number') query = query.where('at', '>=', from)
    if (typeof to === 'number') query = query.where('at', '<', to)
    for (const condition of all) query = query.where(sql<boolean>`(${condition})`)
    return query.execute()
  }
}
