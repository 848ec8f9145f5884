import { type RawBuilder, sql } from 'kysely'
import type { Path } from './search.ts'

/** A column that is one of these, in the words of an index that begins with it; nothing where none is asked for. */
export function oneOf(column: string, values: readonly (string | number)[] | undefined): readonly Path[] {
  if (values === undefined) return []
  const known = values.filter((value) => typeof value === 'number' || isText(value))
  const ref = sql.ref(column)
  return [
    {
      branches: known.map((value) => sql`${ref} = ${value}`),
      condition: unindexed(ref, known),
    },
  ]
}

/** The same for rows that are found another way: what is calculated is in no index, so none is chosen for it. */
function unindexed(ref: RawBuilder<unknown>, values: readonly (string | number)[]): RawBuilder<unknown> {
  if (values.length === 0) return sql`1 = 0`
  const calculated = typeof values[0] === 'number' ? sql`${ref} + 0` : sql`${ref} || ''`
  return sql`${calculated} in (${sql.join(values)})`
}

/** Some column contains the text, in any letter case; `%` and `_` are meant as they stand. */
export function contains(columns: readonly string[], text: string): RawBuilder<unknown> {
  if (!isText(text)) return sql`1 = 0`
  // Not every database knows letter cases outside of ASCII: there a letter stays as it was written.
  const small = (each: string) => each.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const patterns = [...new Set([text, text.toLowerCase(), text.toUpperCase()].map(small))]
  const conditions = columns.flatMap((column) =>
    patterns.map((each) => sql`lower(${sql.ref(column)}) like ${`%${escaped(each)}%`} escape '\\'`),
  )
  return sql.join(conditions, sql` or `)
}

/** PostgreSQL has no place for this, so no row has it. */
export function isText(value: string): boolean {
  return !value.includes('\0')
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
