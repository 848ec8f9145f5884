/** What stands in one place of a table; null: nothing. */
export type Cell = string | number | boolean | Date | null

/** One column, in every format the same. */
export interface Column<Row> {
  /** Its name in JSON. */
  readonly key: string
  readonly title: string
  /** Where there is little room. */
  readonly short?: string
  /** Of a sheet, in characters. */
  readonly width: number
  /** Its cells are moments. */
  readonly time?: true
  /** Its cells are days, as 2026-11-26. */
  readonly date?: true
  cell(row: Row): Cell
}

export interface Table<Row> {
  readonly title: string
  readonly columns: readonly Column<Row>[]
  /** What only JSON has room for. */
  nested?(row: Row): Readonly<Record<string, unknown>>
}

/** Rows as they are read: some at once, the next ones when these are written. */
export type Chunks<Row> = AsyncIterable<readonly Row[]>
