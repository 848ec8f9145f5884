import { writeXlsx, writeXlsxStream } from 'hucre/xlsx'

/** One sheet: a header that stays in view and filters, and rows below it. Texts are texts, whatever they begin with. */
export interface Sheet {
  readonly name: string
  readonly columns: readonly { readonly title: string; readonly width: number }[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** The bytes of an XLSX file. */
export function workbook(sheets: readonly Sheet[]): Promise<Uint8Array> {
  return writeXlsx({
    sheets: sheets.map(({ name, columns, rows }) => ({
      name,
      columns: columns.map(({ width }) => ({ width })),
      rows: [columns.map(({ title }) => title), ...rows].map((cells) => cells.map(plain)),
      freezePane: { rows: 1 },
      autoFilter: { range: `A1:${letters(columns.length)}${rows.length + 1}` },
    })),
  })
}

export type SheetCell = string | number | boolean | Date | null

/** One sheet whose rows come one by one. Cells of a column that `shows` something are of the type Date, in UTC. */
export interface StreamedSheet {
  readonly name: string
  readonly columns: readonly {
    readonly title: string
    readonly width: number
    readonly shows?: keyof typeof formats | undefined
  }[]
  readonly rows: AsyncIterable<readonly SheetCell[]>
}

/**
 * The bytes of an XLSX file as they come, however many rows there are: the next rows are asked for when what was made of
 * the ones before is taken. What is more than a sheet holds goes on in another one.
 */
export function streamedWorkbook({ name, columns, rows }: StreamedSheet): AsyncIterable<Uint8Array> {
  return writeXlsxStream(shown(rows), {
    name,
    columns: columns.map(({ title, width, shows }) => ({
      header: title,
      width,
      ...(shows !== undefined && { numFmt: formats[shows] }),
    })),
    freezePane: { rows: 1 },
  })
}

async function* shown(rows: StreamedSheet['rows']): AsyncGenerator<SheetCell[]> {
  for await (const cells of rows)
    yield cells.map((cell) => (typeof cell === 'string' ? String(plain(cell)).slice(0, LONGEST) : cell))
}

const formats = { time: 'yyyy-mm-dd hh:mm:ss', date: 'yyyy-mm-dd' } as const
/** More characters have no room in a cell. */
const LONGEST = 32_767

/** XML 1.0 has no place for these, and a program that meets them refuses the whole file. */
function plain(cell: string | number): string | number {
  return typeof cell === 'string'
    ? cell.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    : cell
}

/** The name of the n-th column, counted from 1: A to Z, AA and so on. */
function letters(n: number): string {
  return n <= 0 ? '' : letters(Math.floor((n - 1) / 26)) + String.fromCharCode(65 + ((n - 1) % 26))
}
