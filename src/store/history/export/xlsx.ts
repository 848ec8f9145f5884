import { type SheetCell, streamedWorkbook } from '../../../lib/workbook.ts'
import type { Chunks, Column, Table } from './table.ts'

/** A sheet, whose numbers and times are numbers and times; UTC, since a sheet knows no zones. */
export function xlsx<Row>({ title, columns }: Table<Row>, chunks: Chunks<Row>): AsyncIterable<Uint8Array> {
  return streamedWorkbook({
    name: title,
    columns: columns.map((column) => ({
      title: column.time ? `${column.title} (UTC)` : column.title,
      width: column.width,
      shows: shows(column),
    })),
    rows: cells(columns, chunks),
  })
}

async function* cells<Row>(columns: Table<Row>['columns'], chunks: Chunks<Row>): AsyncGenerator<readonly SheetCell[]> {
  for await (const rows of chunks) for (const row of rows) yield columns.map((column) => ofSheet(column, row))
}

function shows({ time, date }: Pick<Column<never>, 'time' | 'date'>): 'time' | 'date' | undefined {
  if (time) return 'time'
  return date ? 'date' : undefined
}

/** A day is one for a sheet, too: it can be sorted, grouped and counted by months. */
function ofSheet<Row>({ date, cell }: Column<Row>, row: Row): SheetCell {
  const value = cell(row)
  return date && typeof value === 'string' ? new Date(`${value}T00:00Z`) : value
}
