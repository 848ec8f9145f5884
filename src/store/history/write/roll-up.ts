/** How long a quarter of an hour is, in milliseconds. */
export const QUARTER_MS = 15 * 60_000
/** Over a longer silence nobody knows when it flowed. */
const LONGEST_SHARED_MS = 60 * 60_000

/** The local date of a moment, YYYY-MM-DD. */
export type Days = (at: number) => string

/** A meter's total at a moment: milliseconds UTC, Wh. */
export interface Total {
  readonly at: number
  readonly energy: number
}

/** What flowed within one quarter of an hour, as much of it as belongs to one day. */
export interface Share {
  readonly start: number
  readonly date: string
  readonly energy: number
}

/**
 * Where the start of the quarter of an hour is that a reading belongs to. A quarter includes its end and not its start: a
 * reading at 10:15:00 says what flowed before.
 */
export function quarterOf(at: number): number {
  return (Math.ceil(at / QUARTER_MS) - 1) * QUARTER_MS
}

/** What flowed since the highest total; nothing where nothing is known of before, or where the total is a lower one. */
function flowed(head: Total | undefined, energy: number): number {
  return head === undefined ? 0 : Math.max(0, energy - head.energy)
}

/** The head after a reading: the highest total, and the latest moment. */
export function nextHead(head: Total | undefined, { at, energy }: Total): Total {
  if (head === undefined) return { at, energy }
  return { at: Math.max(head.at, at), energy: Math.max(head.energy, energy) }
}

/**
 * Shares what flowed since the head among the quarters of an hour up to a reading: by time, where no more than an hour has
 * passed; else, and where it is told late, all of it goes to the quarter of the reading. That one always has a share, the
 * last, be it of 0 Wh. No share is negative, and together they are all that flowed.
 */
export function shares(head: Total | undefined, { at, energy }: Total, days: Days): readonly Share[] {
  const delta = flowed(head, energy)
  const from = head === undefined || delta === 0 || at - head.at > LONGEST_SHARED_MS ? at : head.at
  const all: Share[] = []
  let before = 0
  const first = from < at ? Math.floor(from / QUARTER_MS) * QUARTER_MS : quarterOf(at)
  for (let start = first; start < at; start += QUARTER_MS) {
    const to = Math.min(start + QUARTER_MS, at)
    // Shared by what had flowed until then, so that rounding neither loses anything nor makes a share negative.
    const until = to === at ? delta : delta * ((to - from) / (at - from))
    all.push({ start, date: days(to - 1), energy: until - before })
    before = until
  }
  return all
}
