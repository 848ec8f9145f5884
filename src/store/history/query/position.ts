export type Value = string | number

/** Where a page ended: a time, and what decides among rows of that time; the time alone stands for all rows of it. */
export type Position = readonly Value[]

/** A cursor that was not given out for this list. */
export class BadCursor extends Error {
  constructor() {
    super('this cursor is none that this list gave out: begin again without one')
  }
}

/** A row's place in a list, as an opaque text. */
export function positionOf(list: string, row: object, columns: readonly string[]): string {
  const values = new Map(Object.entries(row))
  return Buffer.from(JSON.stringify([list, ...columns.map((column) => values.get(column))])).toString('base64url')
}

/** The place behind an opaque text, of one or of `columns` values; throws `BadCursor` also where it is another list's. */
export function readPosition(list: string, cursor: string, columns: number): Position {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw new BadCursor()
  }
  if (!Array.isArray(parsed) || parsed[0] !== list) throw new BadCursor()
  const values: unknown[] = parsed.slice(1)
  if (values.length !== 1 && values.length !== columns) throw new BadCursor()
  const isValue = (value: unknown): value is Value =>
    typeof value === 'string' ? value.length <= 255 && !value.includes('\0') : Number.isSafeInteger(value)
  if (!values.every(isValue)) throw new BadCursor()
  return values
}
