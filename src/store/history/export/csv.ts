import { stringify } from 'csv-stringify/sync'
import type { Cell, Chunks, Table } from './table.ts'

/**
 * A header and rows. A text with which a formula could begin has an apostrophe before it, so that no spreadsheet
 * calculates what a charger wrote; times are ISO 8601 in UTC.
 */
export async function* csv<Row>({ columns }: Table<Row>, chunks: Chunks<Row>): AsyncGenerator<string> {
  yield stringify([columns.map(({ title }) => title)])
  for await (const rows of chunks) {
    yield stringify(
      rows.map((row) => columns.map((column) => written(column.cell(row)))),
      { escape_formulas: true },
    )
  }
}

function written(cell: Cell): string | number | null {
  if (cell instanceof Date) return cell.toISOString()
  return typeof cell === 'boolean' ? String(cell) : cell
}
