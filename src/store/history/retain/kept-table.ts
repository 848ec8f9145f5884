import { sql } from 'kysely'
import type { HistoryDatabase } from '../database.ts'
import type { Dialect } from '../schema.ts'

/** A source's rows in a database. */
export interface RowsOf {
  readonly db: HistoryDatabase
  readonly dialect: Dialect
  readonly source: number
}

/** A table whose oldest rows can go, and by what their size is told. */
export interface KeptTable {
  readonly table: string
  /** What says how old a row is. */
  readonly age: string
  /** Texts, each as often as a row and its index entries hold it. */
  readonly texts: readonly string[]
  /** What a row takes beside its texts, with its index entries and the room that pages leave free, in bytes. */
  readonly fixed: Readonly<Record<Dialect, number>>
}

export const keptTables = {
  log: {
    table: 'log',
    age: 'at',
    texts: ['charger', 'charger', 'sender', 'type', 'type', 'message', 'frame'],
    fixed: { sqlite: 120, postgres: 175 },
  },
  meters: { table: 'meter', age: 'at', texts: ['charger', 'charger'], fixed: { sqlite: 85, postgres: 180 } },
  quarterHours: {
    table: 'quarterHour',
    age: 'start',
    texts: ['charger', 'charger'],
    fixed: { sqlite: 105, postgres: 205 },
  },
  days: {
    table: 'day',
    age: 'date',
    texts: ['charger', 'charger', 'date', 'date', 'date'],
    fixed: { sqlite: 110, postgres: 175 },
  },
  transactions: {
    table: 'transaction',
    age: 'startedAt',
    texts: ['charger', 'charger', 'idTag'],
    fixed: { sqlite: 130, postgres: 245 },
  },
  samples: { table: 'transactionSample', age: 'at', texts: [], fixed: { sqlite: 65, postgres: 150 } },
} as const satisfies Record<string, KeptTable>

/** By so many of the newest rows the size of the others is told. */
const RECENT = 1000

export interface Measured {
  /** Bytes, all rows of a source together. */
  readonly size: number
  readonly rowSize: number
}

/**
 * How much a source's rows of a table take, about: their number times the mean size of recent ones. To know it exactly one
 * would have to read all of them.
 */
export async function measure({ db, dialect, source }: RowsOf, kept: KeptTable): Promise<Measured> {
  const table = sql.table(kept.table)
  const { rows: counted } = await sql<{ count: number | string }>`
    select count(*) as count from ${table} where source = ${source}`.execute(db)
  const length = kept.texts.map((text) => sql`octet_length(${sql.ref(text)})`)
  const { rows: recent } = await sql<{ mean: number | string | null }>`
    select avg(size) as mean from (
      select ${sql.join([sql`0`, ...length], sql` + `)} as size from ${table}
      where source = ${source} order by revision desc limit ${sql.lit(RECENT)}
    ) as recent`.execute(db)
  // PostgreSQL tells numbers of so many bits as texts.
  const rowSize = kept.fixed[dialect] + Number(recent[0]?.mean ?? 0)
  return { size: Number(counted[0]?.count ?? 0) * rowSize, rowSize }
}

/** Deletes a source's oldest rows of a table, those before a moment or a date, no more than `limit`; answers how many. */
export async function deleteOldest(
  { db, source }: RowsOf,
  { table, age }: KeptTable,
  before: number | string,
  limit: number,
): Promise<number> {
  // The plus keeps the index of sources out of it: it would find all rows only to sort them.
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where source = ${source} and revision in (
      select revision from ${sql.table(table)} where +source = ${source} and ${sql.ref(age)} < ${before}
      order by ${sql.ref(age)} limit ${limit}
    )`.execute(db)
  return Number(numAffectedRows ?? 0)
}
