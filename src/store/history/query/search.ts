import { type RawBuilder, sql } from 'kysely'
import type { HistoryDatabase } from '../database.ts'
import type { Tables } from '../tables.ts'
import { type Position, positionOf, readPosition, type Value } from './position.ts'

/** How many rows a page looks at where no index says which of them are meant. */
const LOOKED_AT = 25_000
/** Of an index as many places are searched one by one; beyond it, one walk over all of them is shorter. */
const MOST_BRANCHES = 16

/** A table in the order of time, and what decides among rows of one time. */
export interface Ordered {
  readonly name: keyof Tables
  readonly time: string
  /** No time of it is before this one. */
  readonly beginning: Value
  readonly ties: readonly string[]
}

/** Part of a filter that an index answers. */
export interface Path {
  /** Alternatives, each of which leaves the rows of an index in the order of time; none: nothing can be found. */
  readonly branches: readonly RawBuilder<unknown>[]
  /** The same as one condition in which no index is recognised, for rows found another way. */
  readonly condition: RawBuilder<unknown>
}

export interface Search {
  /** From this time on. */
  readonly from?: Value | undefined
  /** Before this time. */
  readonly to?: Value | undefined
  readonly paths: readonly Path[]
  /** Conditions that no index answers. */
  readonly conditions: readonly RawBuilder<unknown>[]
}

/** Which page of what is found. */
export interface PageOf {
  readonly limit: number
  readonly newestFirst?: boolean | undefined
  /** The `next` of the page before. Throws `BadCursor` where it is none. */
  readonly cursor?: string | undefined
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Undefined: this was the last page. */
  readonly next: string | undefined
  /** Where its last row stands; the rows before it come with the other order. */
  readonly last: string | undefined
  /** All up to this time has been looked at, though the page isn't full: milliseconds, or a date. */
  readonly searchedTo: Value | undefined
}

/**
 * One page. The work for it is bounded whatever is asked: where conditions are left over that no index answers, it looks
 * at so many rows at most, has fewer of them than were asked for, and `next` goes on behind those looked at.
 */
export async function search<Row extends object>(
  db: HistoryDatabase,
  table: Ordered,
  what: Search,
  page: PageOf,
): Promise<Page<Row>> {
  if (what.paths.some(({ branches }) => branches.length === 0))
    return { rows: [], next: undefined, last: undefined, searchedTo: undefined }
  const within = { db, table, newestFirst: page.newestFirst ?? false, range: rangeOf(table, what, page) }
  const { branches, conditions, end: searchedTo } = await shortest(within, what)
  const found = await fetch<Row>(within, {
    branches,
    conditions,
    end: searchedTo,
    limit: page.limit + 1,
  })
  const rows = found.slice(0, page.limit)
  const last = rows.length === 0 ? undefined : positionOf(table.name, rows.at(-1) ?? {}, [table.time, ...table.ties])
  if (found.length > rows.length) return { rows, next: last, last, searchedTo: undefined }
  const next = searchedTo === undefined ? undefined : positionOf(table.name, { [table.time]: searchedTo }, [table.time])
  return { rows, next, last, searchedTo }
}

const everything: readonly RawBuilder<unknown>[] = [sql`1 = 1`]

interface Within {
  readonly db: HistoryDatabase
  readonly table: Ordered
  readonly newestFirst: boolean
  readonly range: Range
}

interface Way {
  readonly branches: readonly RawBuilder<unknown>[]
  readonly conditions: readonly RawBuilder<unknown>[]
  /** Where it has looked at as many rows as it may; undefined: it comes to the end of the range. */
  readonly end: Value | undefined
}

/** The index by which the bounded work gets furthest. */
async function shortest(within: Within, { paths, conditions }: Search): Promise<Way> {
  const narrow = paths.filter(({ branches }) => branches.length <= MOST_BRANCHES)
  const ways = (narrow.length > 0 ? narrow : [undefined]).map((path) => ({
    branches: path?.branches ?? everything,
    conditions: [...conditions, ...paths.filter((other) => other !== path).map(({ condition }) => condition)],
  }))
  let best: Way | undefined
  for (const way of ways) {
    const end = way.conditions.length === 0 ? undefined : await endOf(within, way.branches)
    if (end === undefined) return { ...way, end }
    if (best?.end === undefined || (within.newestFirst ? end < best.end : end > best.end)) best = { ...way, end }
  }
  return best ?? { branches: everything, conditions, end: undefined }
}

async function endOf(within: Within, branches: readonly RawBuilder<unknown>[]): Promise<Value | undefined> {
  const { db, table, newestFirst } = within
  const time = sql.ref(table.time)
  const skip = sql.lit(Math.floor(LOOKED_AT / branches.length))
  let nearest: Value | undefined
  for (const branch of branches) {
    const { rows } = await sql<{ at: Value }>`
      select ${time} as at from ${sql.table(table.name)} where ${all([branch, ...inRange(within, undefined)])}
      order by ${time} ${direction(newestFirst)} limit 1 offset ${skip}`.execute(db)
    const at = rows[0]?.at
    if (at === undefined) continue
    if (nearest === undefined || (newestFirst ? at > nearest : at < nearest)) nearest = at
  }
  return nearest
}

async function fetch<Row>(
  within: Within,
  { branches, conditions, end, limit }: Way & { readonly limit: number },
): Promise<readonly Row[]> {
  const { db, table, newestFirst } = within
  const range = inRange(within, end)
  const columns = [table.time, ...table.ties].map((column) => sql`${sql.ref(column)} ${direction(newestFirst)}`)
  const order = sql`order by ${sql.join(columns)} limit ${sql.lit(limit)}`
  const parts = branches.map(
    (branch) =>
      sql`select * from (select * from ${sql.table(table.name)} where ${all([branch, ...range, ...conditions])} ${order}) as part`,
  )
  // A single part is in order already.
  const whole = parts.length === 1 ? sql<Row>`${parts[0]}` : sql<Row>`${sql.join(parts, sql` union all `)} ${order}`
  return (await whole.execute(db)).rows
}

/** Where a page lies: from a time on, before another one, and beyond where the page before ended. */
interface Range {
  readonly from: Value
  readonly to: Value | undefined
  readonly position: Position | undefined
}

function rangeOf(table: Ordered, { from, to }: Search, { cursor }: PageOf): Range {
  const position = cursor === undefined ? undefined : readPosition(table.name, cursor, 1 + table.ties.length)
  return { from: from ?? table.beginning, to, position }
}

/**
 * A range as conditions, with one bound at each end, as tight as it is known: of several SQLite takes any one, and walks
 * over all that lies between it and the others. Without any it sorts the whole table rather than to follow an index.
 */
function inRange({ table, newestFirst, range }: Within, end: Value | undefined): readonly RawBuilder<unknown>[] {
  const { from, to, position } = range
  const time = sql.ref(table.time)
  const [at] = position ?? []
  const beyond = sql.raw(newestFirst ? '<' : '>')
  const isWhole = position !== undefined && position.length > 1
  const behind = isWhole ? sql`${time} ${beyond}= ${at}` : sql`${time} ${beyond} ${at}`
  const rest = isWhole
    ? [sql`(${sql.join([table.time, ...table.ties].map((name) => sql.ref(name)))}) ${beyond} (${sql.join(position)})`]
    : []
  const before = to === undefined ? [] : [sql`${time} < ${to}`]
  if (newestFirst) {
    const least = end !== undefined && end > from ? end : from
    const upper = at === undefined || (to !== undefined && to <= at) ? before : [behind]
    return [sql`${time} >= ${least}`, ...upper, ...rest]
  }
  const lower = at === undefined || from > at ? sql`${time} >= ${from}` : behind
  return [lower, ...(end === undefined ? before : [sql`${time} <= ${end}`]), ...rest]
}

function all(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join(
    conditions.map((condition) => sql`(${condition})`),
    sql` and `,
  )
}

function direction(newestFirst: boolean): RawBuilder<unknown> {
  return sql.raw(newestFirst ? 'desc' : 'asc')
}
