import type { Timestamps } from './quirks.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Central European summer time, where most of these chargers were seen. */
const USUAL_OFFSET_MINUTES = 120

export interface TimestampHabit {
  readonly style?: Timestamps | undefined
  readonly offsetMinutes?: number | undefined
  /** When the charger was switched on, in milliseconds since 1970. */
  readonly since: number
}

/** A time in milliseconds since 1970 as a charger writes it: `2026-01-01T00:00:00Z`, or as its habit wants it. */
export function timestampText(
  ms: number,
  { style, offsetMinutes = USUAL_OFFSET_MINUTES, since }: TimestampHabit,
): string {
  const plain = (at: number) => new Date(at).toISOString().slice(0, 19)
  const local = ms + offsetMinutes * MINUTE_MS
  switch (style) {
    case undefined:
      return `${plain(ms)}Z`
    case 'zoneless':
      return plain(local)
    case 'localAsZ':
      return `${plain(local)}Z`
    case 'shortOffset':
      return `${plain(local)}${offsetMinutes < 0 ? '-' : '+'}${String(Math.floor(Math.abs(offsetMinutes) / 60)).padStart(2, '0')}`
    case 'epoch':
      return `${plain(Math.max(0, ms - since))}Z`
    case 'future':
      return `${plain(ms + DAY_MS)}Z`
    case 'empty':
      return ''
  }
}
