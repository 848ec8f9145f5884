import { z } from 'zod'
import { MAX_INTERVAL_MS, MIN_INTERVAL_MS, type Trend } from '../trend.ts'
import { type DateTime, millisecondsOf } from '../wire/type/date-time.ts'
import type { Pages } from './pages.ts'

/** BACnetLoggingType (clause 21), in its order. */
export const loggingTypes = ['polled', 'cov', 'triggered'] as const
type LoggingType = (typeof loggingTypes)[number]

/** What a client may change of a log. */
export interface TrendSettings {
  readonly enable: boolean
  readonly type: LoggingType
  /** Milliseconds; counts where values are polled. */
  readonly interval: number
  readonly start: DateTime
  readonly stop: DateTime
  readonly stopWhenFull: boolean
}

const DEFAULT_INTERVAL_MS = 900_000
const unspecified: DateTime = { date: [255, 255, 255, 255], time: [255, 255, 255, 255] }

const octet = z.number().int().min(0).max(255)
const four = z.tuple([octet, octet, octet, octet])
const moment = z.object({ date: four, time: four })
/** What was written of it, as it is kept. */
const written = z.object({
  enable: z.boolean().exactOptional(),
  type: z.enum(loggingTypes).exactOptional(),
  interval: z.number().int().min(MIN_INTERVAL_MS).max(MAX_INTERVAL_MS).exactOptional(),
  start: moment.exactOptional(),
  stop: moment.exactOptional(),
  stopWhenFull: z.boolean().exactOptional(),
})

/** What the mapping says, and what was written since, which counts for more. */
export function trendSettings(pages: Pages, name: string, { every }: Trend): TrendSettings {
  return {
    enable: true,
    type: every === 'cov' ? 'cov' : 'polled',
    interval: every === 'cov' ? DEFAULT_INTERVAL_MS : every,
    start: unspecified,
    stop: unspecified,
    stopWhenFull: false,
    ...pages.read(name, written),
  }
}

/** Keeps what was written; `soon` for what the bridge itself changed. */
export function keepSettings(pages: Pages, name: string, changed: Partial<TrendSettings>, soon = false): void {
  const all = { ...pages.read(name, written), ...changed }
  if (soon) pages.keepLater(name, all)
  else pages.keep(name, all)
}

/** Whether a moment is between start and stop; a wildcard in one of them means any time (12.25.6, 12.25.7). */
export function isWithin({ start, stop }: TrendSettings, at: number): boolean {
  const from = millisecondsOf(start, 'local')
  const to = millisecondsOf(stop, 'local')
  return (from === undefined || at >= from) && (to === undefined || at < to)
}
