import type { Database } from 'better-sqlite3'

/** The tables that a PostgreSQL is given, small ones first; their names in the database. */
export const copiedNames = ['transaction', 'quarter_hour', 'day', 'transaction_sample', 'meter', 'log'] as const
export type CopiedName = (typeof copiedNames)[number]

export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

/** PostgreSQL's names of what SQLite holds. */
const types = { INTEGER: 'bigint', REAL: 'double precision', TEXT: 'text' } as const

/** A table as it stands in the bridge's own file; PostgreSQL has the same. */
export interface CopiedTable {
  readonly name: CopiedName
  readonly columns: readonly { readonly name: string; readonly type: (typeof types)[keyof typeof types] }[]
  /** Of the primary key. */
  readonly key: readonly string[]
}

export function copiedTable(raw: Database, name: CopiedName): CopiedTable {
  const found = raw.prepare('SELECT name, upper(type) AS type, pk FROM pragma_table_info(?) ORDER BY cid').all(name)
  const columns = found as { readonly name: string; readonly type: keyof typeof types; readonly pk: number }[]
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, type: types[column.type] })),
    key: columns.filter(({ pk }) => pk > 0).map((column) => column.name),
  }
}

export function isRolledUp(name: CopiedName): name is 'quarter_hour' | 'day' {
  return name === 'quarter_hour' || name === 'day'
}
