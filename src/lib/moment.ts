/** What a moment can be written as, for messages. */
export const MOMENT_FORMS =
  '2026-11-01, 2026-11-01T08:00, 2026-11-01T08:00Z, now, today, yesterday, or so long ago: 30m, 2h, 7d'

const backMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * A moment as people write it, in milliseconds UTC; without a zone it is local time. A day alone is its beginning, or with
 * `edge: 'end'` the beginning of the next one. Undefined: nobody can tell which is meant.
 */
export function parseMoment(text: string, now: number, edge: 'start' | 'end'): number | undefined {
  const written = text.trim()
  if (written === 'now') return now
  const back = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(written)
  if (back !== null) return now - Math.round(Number(back[1]) * (backMs[back[2] ?? ''] ?? 0))
  const later = edge === 'end' ? 1 : 0
  if (written === 'today') return midnight(now, later)
  if (written === 'yesterday') return midnight(now, later - 1)
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?)?$/i.exec(written)
  if (match === null) return undefined
  const [, date = '', time, zone] = match
  // A 30th of February would be one of March.
  if (!sameDate(date)) return undefined
  const at = Date.parse(`${date}T${time ?? '00:00'}${zone === undefined ? '' : withColon(zone)}`)
  if (Number.isNaN(at)) return undefined
  return time === undefined ? midnight(at, later) : at
}

/** YYYY-MM-DD in local time. */
export function localDate(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** YYYY-MM-DD hh:mm:ss in local time. */
export function localTime(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${localDate(at)} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** Midnight of the day of a moment, or so many days later; days needn't have 24 hours. */
export function midnight(at: number, later = 0): number {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + later).getTime()
}

function sameDate(date: string): boolean {
  const at = Date.parse(`${date}T00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date)
}

function withColon(zone: string): string {
  return /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
}
