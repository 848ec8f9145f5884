import { join } from 'node:path'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { localDate } from '../../../lib/moment.ts'
import { writeWhole } from '../../../lib/whole-file.ts'
import type { Bookmarks } from '../bookmarks.ts'
import type { HistoryConfig } from '../config.ts'
import type { HistoryDatabase } from '../database.ts'
import { type Export, exportHistory } from './export.ts'
import { missedPeriods, type Period, periodAt } from './periods.ts'

/** What is still on its way at midnight has arrived by then. */
const GRACE_MS = 30_000
const RETRY_MS = 300_000
/** So long it looks whether the rows have arrived, and that often, before it says so. */
const PATIENCE_MS = 300_000
const LOOK_MS = 5_000
/** Somebody may set the clock, or the zone's rules may. */
const LONGEST_SLEEP_MS = 3_600_000

type Settings = NonNullable<HistoryConfig['export']>
type Name = Settings['histories'][number]

export interface ScheduledExportParts {
  readonly clock: Clock
  readonly log: Log
  readonly settings: Settings
  /** Where the files go, absolute. */
  readonly folder: string
  /** Where the rows are, and which of them are this bridge's. Asked for anew each time: may throw while that is away. */
  readonly db: HistoryDatabase
  readonly source: number
  /** Of the bridge's own file. */
  readonly bookmarks: Pick<Bookmarks, 'get' | 'set'>
  /** Whether `db` has all that the bridge's own file was given up to a revision. */
  hasArrived(revision: number): boolean
}

/**
 * Writes a file for each history when a day, week or month has ended, and at the start those that were missed. What is
 * done stands in bookmarks: a file that somebody takes away stays away.
 */
export class ScheduledExport {
  readonly #parts: ScheduledExportParts
  readonly #stopping = new AbortController()
  #cancel: Cancel = () => {}
  #running: Promise<void> = Promise.resolve()
  #failing = false
  /** Up to which revision rows belong to what has ended, and since when they are waited for. */
  #awaited: { readonly revision: number; readonly since: number } | undefined

  constructor(parts: ScheduledExportParts) {
    this.#parts = parts
  }

  start(): void {
    this.#sleep(0)
  }

  /** Ends what is being written, too: it is written anew after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cancel()
    await this.#running
  }

  #sleep(ms: number): void {
    this.#cancel = this.#parts.clock.after(ms, () => {
      this.#running = this.#wake()
    })
  }

  async #wake(): Promise<void> {
    const { clock, log, settings, folder } = this.#parts
    try {
      const due = settings.histories.filter((name) => this.#missed(name).length > 0)
      if (due.length > 0 && !this.#isComplete()) return this.#sleep(LOOK_MS)
      for (const name of due) await this.#makeUp(name)
      this.#awaited = undefined
      if (this.#failing) log.info({ folder }, 'histories are exported again')
      this.#failing = false
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      if (!this.#failing)
        log.warn({ err: error, folder }, `histories can't be exported to ${folder}, and that is tried again: ${error}`)
      this.#failing = true
    }
    if (this.#stopping.signal.aborted) return
    const { end } = periodAt(settings.every, clock.now() - GRACE_MS)
    this.#sleep(Math.min(this.#failing ? RETRY_MS : LONGEST_SLEEP_MS, end + GRACE_MS - clock.now()))
  }

  /** Whether the rows of what has ended are all where they are read; throws where that takes too long. */
  #isComplete(): boolean {
    const { clock, bookmarks, hasArrived } = this.#parts
    this.#awaited ??= { revision: bookmarks.get('revision'), since: clock.steady() }
    if (hasArrived(this.#awaited.revision)) return true
    if (clock.steady() - this.#awaited.since >= PATIENCE_MS)
      throw new Error('the database does not have all of the rows yet')
    return false
  }

  #missed(name: Name): readonly Period[] {
    const { clock, settings, bookmarks } = this.#parts
    const now = clock.now() - GRACE_MS
    const bookmark = `export ${settings.every} ${name}`
    // What is to come isn't done: the clock was ahead once.
    const { start } = periodAt(settings.every, now)
    if (bookmarks.get(bookmark) > start) bookmarks.set(bookmark, start)
    // 0: nothing was ever exported.
    return missedPeriods(settings.every, bookmarks.get(bookmark) || undefined, now)
  }

  async #makeUp(name: Name): Promise<void> {
    const { log, settings, folder, db, source, bookmarks } = this.#parts
    const bookmark = `export ${settings.every} ${name}`
    for (const period of this.#missed(name)) {
      const first = bookmarks.get(bookmark) === 0
      const { what, commit } = await this.#ofPeriod(name, period, { source, first })
      const file = join(folder, `${name}-${period.name}.${settings.format}`)
      const bytes = await exportHistory(db, what, settings.format)
      // Who charged where and when is nobody else's to read.
      await writeWhole(file, bytes, { signal: this.#stopping.signal, mode: 0o600 })
      bookmarks.set(bookmark, period.end)
      commit()
      log.info({ file }, `${file} written`)
    }
  }

  /** What belongs into a file, and what to remember once it is written. */
  async #ofPeriod(
    name: Name,
    { start, end }: Period,
    { source, first }: { readonly source: number; readonly first: boolean },
  ): Promise<{ readonly what: Export; commit(): void }> {
    const { db, bookmarks, settings } = this.#parts
    const filter = { from: start, to: end, sources: [source] }
    const nothing = () => {}
    if (name === 'days') {
      const dates = { from: localDate(start), to: localDate(end), sources: [source] }
      return { what: { history: 'days', filter: dates }, commit: nothing }
    }
    if (name !== 'transactions') return { what: { history: name, filter }, commit: nothing }
    // By their ends: one that runs at midnight would otherwise be in no file with its energy.
    const bookmark = `export ${settings.every} transactions revision`
    const { newest } = await db
      .selectFrom('transaction')
      .select(({ fn }) => fn.max('revision').as('newest'))
      .where('source', '=', source)
      .executeTakeFirstOrThrow()
    const until = newest ?? 0
    const after = first ? until : bookmarks.get(bookmark)
    return {
      what: { history: 'ended', filter: { from: start, to: end, after, until, source }, now: end },
      commit: () => bookmarks.set(bookmark, until),
    }
  }
}
