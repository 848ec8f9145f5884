import type { Notebook } from '../../../core/ports.ts'
import type { Trend } from '../trend.ts'
import { type DateTime, millisecondsOf } from '../wire/type/date-time.ts'

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

/** What the mapping says, and what was written since, which counts for more. */
export function trendSettings(notebook: Notebook, name: string, { every }: Trend): TrendSettings {
  const written = notebook.get(name)
  return {
    enable: true,
    type: every === 'cov' ? 'cov' : 'polled',
    interval: every === 'cov' ? DEFAULT_INTERVAL_MS : every,
    start: unspecified,
    stop: unspecified,
    stopWhenFull: false,
    ...(written !== undefined && (JSON.parse(written) as Partial<TrendSettings>)),
  }
}

/** Keeps what was written; `soon` for what the bridge itself changed. */
export function keepSettings(notebook: Notebook, name: string, changed: Partial<TrendSettings>, soon = false): void {
  const written = notebook.get(name)
  const before = written === undefined ? {} : (JSON.parse(written) as Partial<TrendSettings>)
  const text = JSON.stringify({ ...before, ...changed })
  if (soon) notebook.setLater(name, text)
  else notebook.set(name, text)
}

/** Whether a moment is between start and stop; a wildcard in one of them means any time (12.25.6, 12.25.7). */
export function isWithin({ start, stop }: TrendSettings, at: number): boolean {
  const from = millisecondsOf(start, 'local')
  const to = millisecondsOf(stop, 'local')
  return (from === undefined || at >= from) && (to === undefined || at < to)
}
