import { Bookmarks } from '../bookmarks.ts'
import type { LocalHistories } from '../open-local.ts'
import { shrink } from '../retain/shrink.ts'
import { type CopiedName, type CopiedTable, copiedNames, copiedTable, isRolledUp, type Row } from './copied-table.ts'
import { type Trimming, trimMeters, trimmedBefore, trimRolledUp, trimTransactions } from './trim.ts'

const MAX_ROWS = 1_000
const MAX_CHARACTERS = 4_000_000
/** Of more it is only said that they are many: counting takes its time, too. */
const MAX_COUNTED = 100_000
/** Of these nothing is kept here once PostgreSQL has it. */
const trimmedAtOnce: readonly CopiedName[] = ['log', 'transaction_sample']

/** Up to which revision a table has been copied. */
function copiedBookmark(name: CopiedName): string {
  return `copied.${name}`
}

/** How many rows of a table were given up before they had been copied. */
function lostBookmark(name: CopiedName): string {
  return `lost.${name}`
}

/**
 * Whoever deletes rows over this connection before they have been copied, be it because they are too old or too many, has them
 * counted. Rows that wait as late ones are not lost.
 */
function countLost({ raw, source }: LocalHistories, name: CopiedName): void {
  raw.exec(`
    CREATE TEMP TRIGGER IF NOT EXISTS "lost ${name}" AFTER DELETE ON "${name}"
    WHEN old.source = ${source}
      AND old.revision > coalesce((SELECT value FROM bookmark WHERE name = '${copiedBookmark(name)}'), 0)
      AND NOT EXISTS (SELECT 1 FROM late WHERE name = '${name}' AND revision = old.revision)
    BEGIN
      INSERT INTO bookmark (name, value) VALUES ('${lostBookmark(name)}', 1)
      ON CONFLICT (name) DO UPDATE SET value = value + 1;
    END`)
}

/** Rows of one table to be copied at once, in the order of their revisions. */
export interface Portion {
  readonly table: CopiedTable
  readonly rows: readonly Row[]
  /** To be added to what PostgreSQL has, of which nothing stands here any more. */
  readonly late: boolean
}

/**
 * The bridge's own file of histories as a queue for PostgreSQL: what is new in each table since its bookmark, and what
 * needn't stand here any longer. Synchronous; each step is one transaction.
 */
export class Spool {
  readonly #histories: LocalHistories
  readonly #bookmarks: Bookmarks
  readonly #tables: ReadonlyMap<CopiedName, CopiedTable>

  /** The revision at the start. */
  readonly #begun: number

  /** To be made before anybody writes. */
  constructor(histories: LocalHistories) {
    this.#histories = histories
    this.#bookmarks = new Bookmarks(histories)
    this.#begun = this.#bookmarks.get('revision')
    this.#tables = new Map(copiedNames.map((name) => [name, copiedTable(histories.raw, name)]))
    for (const name of copiedNames) countLost(histories, name)
  }

  /** This bridge, as PostgreSQL knows it. */
  source(): { readonly key: string; readonly site: string } {
    const { raw, source } = this.#histories
    return raw.prepare('SELECT key, site FROM source WHERE id = ?').get(source) as { key: string; site: string }
  }

  /** How many rows PostgreSQL doesn't have yet, of those up to a revision if one is named; of each table no more than 100 000 are counted. */
  behind(until = Number.MAX_SAFE_INTEGER): number {
    return copiedNames.reduce((sum, name) => sum + this.#count(name, until), this.#countLate())
  }

  /** How many it will never have. */
  lost(): number {
    return copiedNames.reduce((sum, name) => sum + this.#bookmarks.get(lostBookmark(name)), 0)
  }

  /** The next rows of a table; undefined: PostgreSQL has all of them. */
  next(name: CopiedName): Portion | undefined {
    const table = this.#tables.get(name)
    if (table === undefined) return undefined
    if (isRolledUp(name)) {
      this.#setLateAside(name)
      const late = this.#late(name)
      if (late.length > 0) return { table, rows: late, late: true }
    }
    const rows = this.#after(name)
    return rows.length === 0 ? undefined : { table, rows, late: false }
  }

  /** PostgreSQL has committed them, but for as many as it will never take. */
  copied({ table: { name }, rows, late }: Portion, refused = 0): void {
    const { raw, source } = this.#histories
    const last = Number(rows.at(-1)?.revision)
    raw.transaction(() => {
      if (refused > 0) this.#bookmarks.set(lostBookmark(name), this.#bookmarks.get(lostBookmark(name)) + refused)
      if (late) raw.prepare('DELETE FROM late WHERE name = ? AND revision <= ?').run(name, last)
      else this.#bookmarks.set(copiedBookmark(name), last)
      if (trimmedAtOnce.includes(name))
        raw.prepare(`DELETE FROM ${name} WHERE source = ? AND revision <= ?`).run(source, last)
    })()
  }

  /** Removes what is closed and copied, a little at a time. */
  trim(now: number): void {
    const trimming: Trimming = { histories: this.#histories, bookmarks: this.#bookmarks, now }
    trimTransactions(trimming, this.#bookmarks.get(copiedBookmark('transaction')))
    trimMeters(trimming, this.#bookmarks.get(copiedBookmark('meter')))
    // Not before all are copied: what stands here of a time that was trimmed is then always what came later.
    for (const name of copiedNames) if (isRolledUp(name) && this.#count(name) === 0) trimRolledUp(trimming, name)
    shrink(this.#histories.raw)
  }

  /**
   * Compares with how far PostgreSQL got. Where it knows less than it was given (another database, an old backup), what is
   * still here is copied again. Where it knows revisions that were not yet given out here (a power cut, an old backup of
   * this file), what was written since the start, and what comes, counts on from its own: rows of other revisions are
   * other rows. What was written before may be there already, under the revisions that it has.
   */
  meet(known: ReadonlyMap<CopiedName, number>): void {
    const { raw } = this.#histories
    raw.transaction(() => {
      for (const name of copiedNames) {
        const bookmark = this.#bookmarks.get(copiedBookmark(name))
        if (bookmark > (known.get(name) ?? 0)) this.#bookmarks.set(copiedBookmark(name), known.get(name) ?? 0)
      }
      const highest = Math.max(0, ...known.values())
      const revision = this.#bookmarks.get('revision')
      if (highest > revision) this.#countOn(highest, revision)
    })()
  }

  #countOn(highest: number, revision: number): void {
    const { raw, source } = this.#histories
    const by = highest - this.#begun
    for (const name of copiedNames)
      raw
        .prepare(`UPDATE "${name}" SET revision = revision + ? WHERE source = ? AND revision > ?`)
        .run(by, source, this.#begun)
    raw.prepare('UPDATE late SET revision = revision + ? WHERE revision > ?').run(by, this.#begun)
    this.#bookmarks.set('revision', Math.max(highest, revision + by))
  }

  #after(name: CopiedName): readonly Row[] {
    const { raw, source } = this.#histories
    const found: Row[] = []
    let characters = 0
    let last: unknown
    const bookmark = this.#bookmarks.get(copiedBookmark(name))
    const all = raw.prepare(`SELECT * FROM "${name}" WHERE source = ? AND revision > ? ORDER BY revision`)
    for (const row of all.iterate(source, bookmark) as IterableIterator<Row>) {
      if ((found.length >= MAX_ROWS || characters >= MAX_CHARACTERS) && row.revision !== last) break
      found.push(row)
      last = row.revision
      for (const value of Object.values(row)) if (typeof value === 'string') characters += value.length
    }
    return found
  }

  /** What was told of a time that is trimmed: from now on only PostgreSQL has the sum of it. */
  #setLateAside(name: 'quarter_hour' | 'day'): void {
    const { raw, source } = this.#histories
    const place = [source, this.#bookmarks.get(copiedBookmark(name)), trimmedBefore(this.#bookmarks, name)]
    const late = `source = ? AND revision > ? AND ${name === 'day' ? 'date' : 'start'} < ?`
    raw.transaction(() => {
      const rows = raw.prepare(`SELECT * FROM ${name} WHERE ${late}`).all(...place) as Row[]
      if (rows.length === 0) return
      const keep = raw.prepare('INSERT INTO late (name, revision, row) VALUES (?, ?, ?)')
      for (const row of rows) keep.run(name, row.revision, JSON.stringify(row))
      raw.prepare(`DELETE FROM ${name} WHERE ${late}`).run(...place)
    })()
  }

  #late(name: CopiedName): readonly Row[] {
    const rows = this.#histories.raw
      .prepare('SELECT revision, row FROM late WHERE name = ? ORDER BY revision LIMIT ?')
      .all(name, MAX_ROWS) as { revision: number; row: string }[]
    // One statement can't add to the same row twice.
    const keys = new Set<string>()
    const isRepeated = ({ charger, connector, start, date }: Row) => {
      const key = JSON.stringify([charger, connector, start, date])
      return keys.size === keys.add(key).size
    }
    const all = rows.map(({ revision, row }) => ({ ...(JSON.parse(row) as Row), revision }))
    const repeated = all.findIndex(isRepeated)
    return repeated < 0 ? all : all.slice(0, repeated)
  }

  #count(name: CopiedName, until = Number.MAX_SAFE_INTEGER): number {
    const { raw, source } = this.#histories
    return raw
      .prepare(
        `SELECT count(*) FROM (SELECT 1 FROM "${name}" WHERE source = ? AND revision > ? AND revision <= ? LIMIT ${MAX_COUNTED})`,
      )
      .pluck()
      .get(source, this.#bookmarks.get(copiedBookmark(name)), until) as number
  }

  #countLate(): number {
    return this.#histories.raw.prepare('SELECT count(*) FROM late').pluck().get() as number
  }
}
