import { z } from 'zod'

const FORM = 'write a duration of whole seconds such as 30s, 15m or 1h, or cov'
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DEFAULT_KEEP = 1000
export const MIN_INTERVAL_MS = 1000
/** A year: nothing that somebody writes on purpose is longer. */
export const MAX_INTERVAL_MS = 366 * 86_400_000

const every = z
  .string()
  .transform((text, context): number | 'cov' => {
    if (text === 'cov') return text
    const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
    const ms = Number(count) * (unitMs[unit] ?? Number.NaN)
    if (ms >= MIN_INTERVAL_MS && ms <= MAX_INTERVAL_MS) return ms
    context.addIssue({ code: 'custom', message: FORM })
    return z.NEVER
  })
  .meta({ form: FORM })

const instance = z.number().int().min(0).max(99_999)
const keep = z.number().int().min(10).max(100_000).default(DEFAULT_KEEP)

/** A mapping row's key `bacnet.trend`: the point's values are logged. */
export const trend = z
  .union(
    [every, z.strictObject({ every, instance: instance.optional(), keep })],
    `${FORM}; or { every: 15m, instance: 7, keep: 1000 }`,
  )
  .transform((written) => (typeof written === 'object' ? written : { every: written, keep: DEFAULT_KEEP }))

/** How a point's values are logged: every so many milliseconds or on change, in an instance of its own, how many. */
export interface Trend {
  readonly every: number | 'cov'
  readonly instance?: number | undefined
  readonly keep: number
}

/** The name of the log of an object. */
export function trendName(name: string): string {
  return `${name} Trend`
}

/** An interval as a mapping has it. */
export function everyText(every: Trend['every']): string {
  if (every === 'cov') return every
  const [unit = 's', ms = 1000] = Object.entries(unitMs).findLast(([, ms]) => every % ms === 0) ?? []
  return `${every / ms}${unit}`
}
