import { type SheetCell, streamedWorkbook } from '../../../lib/workbook.ts'
import type { Chunks, Table } from './table.ts'

/** A sheet, whose numbers and times are numbers and times; UTC, since a sheet knows no zones. */
export function xlsx<Row>({ title, columns }: Table<Row>, chunks: Chunks<Row>): AsyncIterable<Uint8Array> {
  return streamedWorkbook({
    name: title,
    columns: columns.map((column) => ({
      title: column.time ? `${column.title} (UTC)` : column.title,
      width: column.width,
      time: column.time === true,
    })),
    rows: cells(columns, chunks),
  })
}

async function* cells<Row>(columns: Table<Row>['columns'], chunks: Chunks<Row>): AsyncGenerator<readonly SheetCell[]> {
  for await (const rows of chunks) for (const row of rows) yield columns.map((column) => column.cell(row))
}
