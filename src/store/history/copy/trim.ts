import type { Bookmarks } from '../bookmarks.ts'
import type { LocalHistories } from '../open-local.ts'

const DAY_MS = 86_400_000
/** Until then an interval or transaction is looked at, and told of late, often enough to be kept here. */
const CLOSED_MS = 2 * DAY_MS
/** A day of any time zone has ended then, too. */
const DAY_CLOSED_MS = 3 * DAY_MS
/** A reading that is told again within it is known again. */
const METER_KEPT_MS = 3_600_000
/** As many as go in far less than a second. */
const MAX_METERS = 5_000
const MAX_ROLLED_UP = 20_000

export interface Trimming {
  readonly histories: LocalHistories
  readonly bookmarks: Bookmarks
  readonly now: number
}

/** Transactions that ended long ago and were copied up to a revision. */
export function trimTransactions({ histories: { raw, source }, now }: Trimming, copied: number): void {
  raw
    .prepare('DELETE FROM "transaction" WHERE source = ? AND revision <= ? AND stopped_at < ?')
    .run(source, copied, now - CLOSED_MS)
}

/** Readings that nobody will tell again, copied up to a revision; some at a time. */
export function trimMeters({ histories: { raw, source }, now }: Trimming, copied: number): void {
  raw
    .prepare(
      `DELETE FROM meter WHERE rowid IN
       (SELECT rowid FROM meter WHERE at < ? AND source = ? AND revision <= ? ORDER BY at LIMIT ?)`,
    )
    .run(now - METER_KEPT_MS, source, copied, MAX_METERS)
}

/**
 * Intervals that are closed, some at a time; all of them must have been copied. Afterwards nothing of before
 * `trimmedBefore` stands in the table.
 */
export function trimRolledUp({ histories, bookmarks, now }: Trimming, name: 'quarter_hour' | 'day'): void {
  const { raw, source } = histories
  const closed = name === 'day' ? dateNumber(now - DAY_CLOSED_MS) : now - CLOSED_MS
  const column = startOf(name)
  const order = name === 'day' ? 'date' : 'start'
  const ordered = (offset: number) =>
    raw.prepare(`SELECT ${column} FROM ${name} ORDER BY ${order} LIMIT 1 OFFSET ?`).pluck().get(offset) as
      | number
      | undefined
  const oldest = ordered(0)
  if (oldest === undefined || oldest >= closed) return
  // Of one moment there may be more than go at once.
  const limit = Math.min(closed, Math.max(ordered(MAX_ROLLED_UP) ?? closed, oldest + 1))
  raw.transaction(() => {
    raw.prepare(`DELETE FROM ${name} WHERE source = ? AND ${order} < ?`).run(source, asWritten(name, limit))
    bookmarks.set(trimmedBookmark(name), Math.max(limit, bookmarks.get(trimmedBookmark(name))))
  })()
}

/** Before which start (of days: before which YYYYMMDD) nothing stands here any more. */
export function trimmedBefore(bookmarks: Bookmarks, name: 'quarter_hour' | 'day'): string | number {
  return asWritten(name, bookmarks.get(trimmedBookmark(name)))
}

/** Has everything of before a moment told as what is to be added: nothing of it stands here, but elsewhere it may. */
export function letLateBefore(bookmarks: Bookmarks, moment: number): void {
  bookmarks.set(trimmedBookmark('quarter_hour'), moment)
  // The moment's day is another one in some time zones.
  bookmarks.set(trimmedBookmark('day'), dateNumber(moment + DAY_MS))
}

function trimmedBookmark(name: 'quarter_hour' | 'day'): string {
  return `trimmed.${name}`
}

/** As a number that grows. */
function startOf(name: 'quarter_hour' | 'day'): string {
  return name === 'day' ? "CAST(replace(date, '-', '') AS INTEGER)" : 'start'
}

function dateNumber(at: number): number {
  return Number(new Date(at).toISOString().slice(0, 10).replaceAll('-', ''))
}

/** As the table has it. */
function asWritten(name: 'quarter_hour' | 'day', limit: number): string | number {
  if (name === 'quarter_hour') return limit
  const text = String(limit).padStart(8, '0')
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`
}
