import type { Clock } from '../lib/clock.ts'
import type { LogEntry, LogFilter } from '../store/history/query/log.ts'
import { LogTail } from '../store/history/query/tail.ts'
import type { ReadHistories } from './open-histories.ts'
import { newestEntries } from './output.ts'
import type { LogLines } from './table.ts'

const POLL_MS = 500

export interface FollowParts {
  readonly clock: Clock
  open(): Promise<ReadHistories | string>
  readonly filter: LogFilter
  readonly lines: LogLines
  /** How many are shown of those that are there already. */
  readonly limit: number
  print(text: string): void
  /** What keeps it from reading, once for each time. */
  complain(text: string): void
}

/** Shows the newest lines of the log and each that is written from then on, until it is told to stop. */
export async function followLog(histories: ReadHistories, parts: FollowParts, stop: AbortSignal): Promise<void> {
  const { clock, open, filter, lines, limit, print, complain } = parts
  let current = histories
  let tail = new LogTail(current.db, filter)
  // Before what is there is read: what comes meanwhile is in both, and shown once.
  await tail.skip()
  const { rows } = await newestEntries(current.db, filter, limit)
  print(lines.text(rows))
  const shown = new Set(rows.map(key))
  let complaint: string | undefined
  const complainOnce = (text: string) => {
    if (text !== complaint) complain(text)
    complaint = text
  }
  for (;;) {
    await pause(clock, stop)
    if (stop.aborted) break
    try {
      if (current.isReplaced()) {
        const next = await open()
        if (typeof next === 'string') {
          complainOnce(next)
          continue
        }
        await current.close()
        current = next
        tail = new LogTail(current.db, filter)
        shown.clear()
      }
      const entries = (await tail.next()).filter((entry) => !shown.has(key(entry)))
      shown.clear()
      if (entries.length > 0) print(lines.text(entries))
      complaint = undefined
    } catch (error) {
      complainOnce(`the log can't be read, and that is tried again: ${error instanceof Error ? error.message : error}`)
    }
  }
  await current.close()
}

function key({ source, revision }: LogEntry): string {
  return `${source}/${revision}`
}

function pause(clock: Clock, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel()
      stop.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(POLL_MS, end)
    stop.addEventListener('abort', end)
  })
}
