import type { PostgresHistories } from '../postgres.ts'
import { type CopiedTable, isRolledUp, type Row, type Value } from './copied-table.ts'
import type { Portion } from './spool.ts'

/** What PostgreSQL's texts can't hold: NUL, and halves of characters. */
const UNTAKEN = /[\0\p{Surrogate}]/u
const EVERY_UNTAKEN = /[\0\p{Surrogate}]/gu

export interface Refused {
  readonly row: Row
  readonly error: unknown
}

/**
 * Writes rows into PostgreSQL, each once however often it is called with them, and answers those that it will never take. Throws
 * where it takes nothing now.
 */
export async function insertRows(
  histories: Pick<PostgresHistories, 'query'>,
  portion: Portion,
  source: number,
): Promise<readonly Refused[]> {
  const { table, rows, late } = portion
  try {
    await histories.query(insertStatement(table, late), [json(table, rows), source])
    return []
  } catch (error) {
    if (!isOfRow(error)) throw error
    if (rows.length === 1 && rows[0] !== undefined) return [{ row: rows[0], error }]
    const half = Math.ceil(rows.length / 2)
    return [
      ...(await insertRows(histories, { ...portion, rows: rows.slice(0, half) }, source)),
      ...(await insertRows(histories, { ...portion, rows: rows.slice(half) }, source)),
    ]
  }
}

/** SQLSTATE of data that can't be taken (22), or is too large for an index (54): another try would end alike. */
function isOfRow(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(22|54)/.test(String(error.code))
}

/** All rows travel as one value. */
function insertStatement(table: CopiedTable, late: boolean): string {
  const { name, columns, key } = table
  const all = columns.map((column) => quoted(column.name)).join(', ')
  const values = columns.map((column) => (column.name === 'source' ? '$2::integer' : quoted(column.name))).join(', ')
  const shape = columns.map((column) => `${quoted(column.name)} ${column.type}`).join(', ')
  const insert = `INSERT INTO ${quoted(name)} AS here (${all}) SELECT ${values} FROM json_to_recordset($1::json) AS told (${shape})`
  const on = `ON CONFLICT (${key.map(quoted).join(', ')})`
  if (name === 'log') return `${insert} ${on} DO NOTHING`
  const changed = columns
    .filter((column) => !key.includes(column.name))
    .map((column) => `${quoted(column.name)} = ${merged(table, column.name, late)}`)
  return `${insert} ${on} DO UPDATE SET ${changed.join(', ')} WHERE here.revision < excluded.revision`
}

/** What a column holds after a row has come to one that is there. */
function merged({ name }: CopiedTable, column: string, late: boolean): string {
  const [here, told] = [`here.${quoted(column)}`, `excluded.${quoted(column)}`]
  // The first half of the reading may have been trimmed before the second was told.
  if (name === 'meter' && (column === 'power' || column === 'energy')) return `coalesce(${told}, ${here})`
  if (!late || !isRolledUp(name) || column === 'revision') return told
  if (column === 'power_min') return `least(${here}, ${told})`
  if (column === 'power_max') return `greatest(${here}, ${told})`
  return `${here} + ${told}`
}

function json({ columns }: CopiedTable, rows: readonly Row[]): string {
  const told = rows.map((row) =>
    Object.fromEntries(columns.map(({ name, type }) => [name, takeable(row[name] ?? null, type === 'bigint')])),
  )
  return JSON.stringify(told)
}

function takeable(value: Value, isWhole: boolean): Value {
  if (typeof value === 'string') return UNTAKEN.test(value) ? value.replace(EVERY_UNTAKEN, '\ufffd') : value
  if (typeof value !== 'number') return value
  // JSON has no infinity, PostgreSQL has one.
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return isWhole ? Math.round(value) : value
}

function quoted(name: string): string {
  return `"${name}"`
}
