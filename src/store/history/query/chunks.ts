import { setImmediate } from 'node:timers/promises'
import type { Page, PageOf } from './search.ts'

/** So many rows are in memory at once. */
const AT_ONCE = 1_000

/** Page after page of the same rows. */
export type Pages<Row> = (page: PageOf) => Promise<Page<Row>>

/** All rows, oldest first, as many at once as a page has: the next ones are read when somebody takes them. */
export async function* chunks<Row>(pages: Pages<Row>, limit?: number): AsyncGenerator<readonly Row[]> {
  let cursor = limit === undefined ? undefined : await beforeNewest(pages, limit)
  let left = limit ?? Number.POSITIVE_INFINITY
  while (left > 0) {
    const { rows, next } = await pages({ limit: Math.min(left, AT_ONCE), cursor })
    if (rows.length > 0) yield rows
    left -= rows.length
    if (next === undefined) return
    cursor = next
    // A file is read at once: whoever shares this thread has to get a turn, also while nothing is found.
    await setImmediate()
  }
}

/** The place of the last row that isn't among the newest ones; undefined: all rows are. */
async function beforeNewest<Row>(pages: Pages<Row>, limit: number): Promise<string | undefined> {
  let cursor: string | undefined
  for (let left = limit + 1; ; ) {
    const { rows, next, last } = await pages({ limit: Math.min(left, AT_ONCE), cursor, newestFirst: true })
    left -= rows.length
    if (left === 0) return last
    if (next === undefined) return undefined
    cursor = next
    await setImmediate()
  }
}
