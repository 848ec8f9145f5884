import { type RawBuilder, sql } from 'kysely'
import type { Path } from './search.ts'

/** A column that is one of these, in the words of an index that begins with it; nothing where none is asked for. */
export function oneOf(column: string, values: readonly (string | number)[] | undefined): readonly Path[] {
  if (values === undefined) return []
  const ref = sql.ref(column)
  return [
    {
      branches: values.map((value) => sql`${ref} = ${value}`),
      condition: unindexed(ref, values),
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
  // Not every database knows the letter cases of more than ASCII.
  const variants = [...new Set([text, text.toLowerCase(), text.toUpperCase()])]
  const patterns = /^[\x20-\x7e]*$/.test(text) ? [text.toLowerCase()] : variants
  const conditions = columns.flatMap((column) =>
    patterns.map((each) => sql`lower(${sql.ref(column)}) like ${`%${escaped(each)}%`} escape '\\'`),
  )
  return sql.join(conditions, sql` or `)
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
