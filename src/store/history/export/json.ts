import type { Chunks, Table } from './table.ts'

/** One array, an object a row; times are ISO 8601 in UTC. */
export async function* json<Row>(table: Table<Row>, chunks: Chunks<Row>): AsyncGenerator<string> {
  let before = '[\n'
  for await (const rows of chunks) {
    if (rows.length === 0) continue
    yield before + rows.map((row) => JSON.stringify(jsonRow(table, row))).join(',\n')
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

/** One row as an object. */
function jsonRow<Row>({ columns, nested }: Table<Row>, row: Row): Readonly<Record<string, unknown>> {
  return { ...Object.fromEntries(columns.map((column) => [column.key, column.cell(row)])), ...nested?.(row) }
}
