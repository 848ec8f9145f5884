import { localDate, midnight } from '../../../lib/moment.ts'

export type Every = 'day' | 'week' | 'month'

/** A day, week or month of local time: milliseconds UTC, `end` being the first that no longer belongs to it. */
export interface Period {
  readonly start: number
  readonly end: number
  /** 2026-11-26, 2026-W48 or 2026-11. */
  readonly name: string
}

/** At the most so many are made up for. */
const MOST_MISSED = 31

/** The period to which a moment belongs. Weeks begin on Mondays, and are counted as ISO 8601 does. */
export function periodAt(every: Every, at: number): Period {
  const date = new Date(at)
  if (every === 'day') return { start: midnight(at), end: midnight(at, 1), name: localDate(at) }
  if (every === 'month') {
    const [year, month] = [date.getFullYear(), date.getMonth()]
    const start = new Date(year, month, 1).getTime()
    return { start, end: new Date(year, month + 1, 1).getTime(), name: localDate(start).slice(0, 7) }
  }
  const sinceMonday = (date.getDay() + 6) % 7
  return { start: midnight(at, -sinceMonday), end: midnight(at, 7 - sinceMonday), name: weekName(at, sinceMonday) }
}

/**
 * The periods that have ended since one that ended at `done`, oldest first, but not more than the newest 31; just the last
 * one where none is done yet.
 */
export function missedPeriods(every: Every, done: number | undefined, now: number): readonly Period[] {
  const missed: Period[] = []
  for (let { start } = periodAt(every, now); missed.length < (done === undefined ? 1 : MOST_MISSED); ) {
    const period = periodAt(every, start - 1)
    if (done !== undefined && period.end <= done) break
    missed.unshift(period)
    start = period.start
  }
  return missed
}

/** A week belongs to the year of its Thursday. */
function weekName(at: number, sinceMonday: number): string {
  const thursday = new Date(midnight(at, 3 - sinceMonday))
  const year = thursday.getFullYear()
  const days = Math.round((midnight(thursday.getTime()) - new Date(year, 0, 1).getTime()) / 86_400_000)
  return `${year}-W${String(Math.floor(days / 7) + 1).padStart(2, '0')}`
}
