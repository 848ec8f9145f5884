import type { Database, Statement } from 'better-sqlite3'
import { isDamage } from './disk-trouble.ts'

export type Row = Readonly<Record<string, unknown>>

/** Places between two damaged pages that are looked at in one table. */
const MAX_PROBES = 4_000
/** No row of a store has a number outside of these. */
const ROWIDS = { after: -1, before: 2 ** 32 } as const

/** Takes every row that can still be read; true when none is missing. */
export function readTable(
  database: Database,
  table: string,
  columns: readonly string[],
  take: (row: Row) => void,
): boolean {
  const rowid = hasRowid(database, table)
  const names = columns.map((column) => `"${column}"`).join(', ')
  if (rowid) return readRowids(database, `SELECT rowid AS "rowid of it", ${names} FROM "${table}"`, take)
  // Without a number a row can only be found from one end or the other.
  const keys = keyOf(database, table)
  const all = (way: 'ASC' | 'DESC') =>
    database.prepare(`SELECT ${names} FROM "${table}" ORDER BY ${keys.map((key) => `"${key}" ${way}`).join(', ')}`)
  if (readOn(all('ASC'), [], take)) return true
  readOn(all('DESC'), [], take)
  return false
}

/** Rows by what their key begins with, which others know. */
export function readByKey(
  database: Database,
  { table, columns, key }: { readonly table: string; readonly columns: readonly string[]; readonly key: string },
  values: readonly unknown[],
  take: (row: Row) => void,
): void {
  const names = columns.map((column) => `"${column}"`).join(', ')
  const ofKey = database.prepare(`SELECT ${names} FROM "${table}" WHERE "${key}" = ?`)
  for (const value of values) readOn(ofKey, [value], take)
}

/** True when it came to the end; false where a page on the way makes no sense. */
export function readOn(statement: Statement, values: readonly unknown[], take: (row: Row) => void): boolean {
  try {
    for (const row of statement.iterate(...values)) take(row as Row)
    return true
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  }
}

/** The same of numbered rows: whatever lies in a page that makes sense is found, also between two that don't. */
function readRowids(database: Database, select: string, take: (row: Row) => void): boolean {
  const upward = database.prepare(`${select} WHERE rowid > ? AND rowid < ? ORDER BY rowid`)
  const downward = database.prepare(`${select} WHERE rowid > ? AND rowid < ? ORDER BY rowid DESC`)
  const stretches: { after: number; before: number }[] = [ROWIDS]
  let complete = true
  let probes = 0
  for (let stretch = stretches.shift(); stretch !== undefined; stretch = stretches.shift()) {
    let { after, before } = stretch
    probes += 1
    const up = readOn(upward, [after, before], ({ 'rowid of it': id, ...row }) => {
      after = Number(id)
      take(row)
    })
    if (up) continue
    complete = false
    const down = readOn(downward, [after, before], ({ 'rowid of it': id, ...row }) => {
      before = Number(id)
      take(row)
    })
    // The widest come first: the damaged page is soon a small part of what is left.
    const middle = Math.floor(after / 2 + before / 2)
    if (down || middle <= after || middle >= before || probes > MAX_PROBES) continue
    stretches.push({ after, before: middle + 1 }, { after: middle, before })
  }
  return complete
}

function hasRowid(database: Database, table: string): boolean {
  const sql = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().get(table)
  return !/WITHOUT ROWID\s*$/i.test(String(sql))
}

function keyOf(database: Database, table: string): readonly string[] {
  const rows = database.pragma(`table_info("${table}")`) as { name: string; pk: number }[]
  return rows
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map(({ name }) => name)
}
