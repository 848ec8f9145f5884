import { sql } from 'kysely'
import type { HistoryDatabase } from '../database.ts'
import type { Tables } from '../tables.ts'

/** The different values of a column with which an index begins: one look into it for each, however many rows there are. */
export async function distinct(db: HistoryDatabase, table: keyof Tables, column: string): Promise<readonly string[]> {
  const [from, value] = [sql.table(table), sql.ref(column)]
  const { rows } = await sql<{ value: string }>`
    with recursive each(value) as (
      select min(${value}) from ${from}
      union all
      select (select min(${value}) from ${from} where ${value} > each.value) from each where each.value is not null
    )
    select value from each where value is not null`.execute(db)
  return rows.map((row) => row.value)
}
