import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../../../src/lib/log.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { migrate, openSqliteHistories, type SqliteHistories } from '../../../../src/store/history/database.ts'
import { ScheduledExport, type ScheduledExportParts } from '../../../../src/store/history/export/scheduled-export.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { addLog, addSources, addTransactions } from '../../../support/stored-rows.ts'

/** Midnights of local time, whichever that is here. */
const day = (n: number) => new Date(2026, 10, n).getTime()
const HOUR_MS = 3_600_000

let folder: string
let histories: SqliteHistories
let clock: FakeClock
let bookmarks: Map<string, number>
let said: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exports-'))
  histories = openSqliteHistories(':memory:')
  await migrate(histories.db, 'sqlite')
  await addSources(histories.db)
  clock = new FakeClock(day(10) + HOUR_MS)
  bookmarks = new Map()
  said = []
})
afterEach(async () => {
  await histories.db.destroy()
  rmSync(folder, { recursive: true, force: true })
})

const log: Log = {
  ...silentLog,
  info: (_fields, message) => said.push(message),
  warn: (_fields, message) => said.push(message),
}

function scheduled(parts: Partial<ScheduledExportParts> = {}): ScheduledExport {
  return new ScheduledExport({
    clock,
    log,
    settings: { every: 'day', to: 'out', format: 'csv', histories: ['transactions'] },
    folder: join(folder, 'out'),
    db: histories.db,
    source: 1,
    bookmarks: { get: (name) => bookmarks.get(name) ?? 0, set: (name, value) => void bookmarks.set(name, value) },
    hasArrived: () => true,
    ...parts,
  })
}

/** Runs what is due, until it sleeps again. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms)
  while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
}

const files = () => readdirSync(join(folder, 'out')).sort()
const idsIn = (name: string) =>
  (parse(readFileSync(join(folder, 'out', name)), { columns: true }) as Record<string, string>[]).map((row) =>
    Number(row['Transaction Id']),
  )
const endedAt = (stoppedAt: number | null, more = {}) => ({
  stoppedAt,
  startedAt: (stoppedAt ?? day(9)) - HOUR_MS,
  ...more,
})

describe('a scheduled export', () => {
  it('goes on where the clock was a year ahead for a while', async () => {
    clock.put(365 * 24 * HOUR_MS)
    const ahead = scheduled()
    ahead.start()
    await pass(0)
    await ahead.stop()
    clock.put(-365 * 24 * HOUR_MS)
    await addTransactions(histories.db, [endedAt(day(10) + 1)])
    const exporting = scheduled()
    exporting.start()
    await pass(0)
    for (let hour = 0; hour < 24; hour += 1) await pass(HOUR_MS)
    expect(files()).toContain('transactions-2026-11-10.csv')
    expect(idsIn('transactions-2026-11-10.csv')).toHaveLength(1)
    await exporting.stop()
  })

  it('writes what ended on the day before at once, and then one file after each midnight', async () => {
    await addTransactions(histories.db, [
      endedAt(day(9) - 1),
      endedAt(day(9)),
      endedAt(day(10) - 1),
      endedAt(day(10)),
      endedAt(null),
      endedAt(day(9), { source: 2 }),
    ])
    const exporter = scheduled()
    exporter.start()
    await pass(0)
    expect(files()).toEqual(['transactions-2026-11-09.csv'])
    expect(idsIn('transactions-2026-11-09.csv')).toEqual([2, 3])
    expect(statSync(join(folder, 'out', 'transactions-2026-11-09.csv')).mode & 0o777).toBe(0o600)
    for (let hour = 0; hour < 22; hour += 1) await pass(HOUR_MS)
    expect(files()).toHaveLength(1)
    await pass(HOUR_MS)
    await pass(30_000)
    expect(files()).toEqual(['transactions-2026-11-09.csv', 'transactions-2026-11-10.csv'])
    expect(idsIn('transactions-2026-11-10.csv')).toEqual([4])
    await exporter.stop()
    expect(clock.waiting).toBe(0)
  })

  it('tells an end that became known late in the next file, and each end once', async () => {
    await addTransactions(histories.db, [endedAt(day(9) + HOUR_MS)])
    const exporter = scheduled()
    exporter.start()
    await pass(0)
    await histories.db
      .insertInto('transaction')
      .values({
        source: 1,
        revision: 2,
        id: 2,
        startedAt: day(8),
        toldAt: day(10),
        charger: 'CP-2',
        connector: 1,
        idTag: 'T',
        meterStart: 0,
        meterStop: 1,
        stoppedAt: day(9) + HOUR_MS,
        stopReason: null,
        estimated: 0,
      })
      .execute()
    for (let hour = 0; hour < 48; hour += 1) await pass(HOUR_MS)
    expect(['09', '10', '11'].map((date) => idsIn(`transactions-2026-11-${date}.csv`))).toEqual([[1], [2], []])
    await exporter.stop()
  })

  it('makes up for what was missed, but not for what somebody took away', async () => {
    const first = scheduled()
    first.start()
    await pass(0)
    await first.stop()
    rmSync(join(folder, 'out', 'transactions-2026-11-09.csv'))
    clock.advance(3 * 24 * HOUR_MS)
    const second = scheduled()
    second.start()
    await pass(0)
    expect(files()).toEqual(['10', '11', '12'].map((date) => `transactions-2026-11-${date}.csv`))
    await second.stop()
  })

  it('writes other histories, periods and formats under their names', async () => {
    await addLog(histories.db, [{ at: day(3) }, { at: day(1) - 1 }])
    const settings = { to: 'out', format: 'json', histories: ['log', 'meters', 'quarterHours', 'days'] } as const
    const exporters = (['week', 'month'] as const).map((every) =>
      scheduled({ settings: { ...settings, histories: [...settings.histories], every } }),
    )
    for (const exporter of exporters) {
      exporter.start()
      await pass(0)
      await exporter.stop()
    }
    expect(files()).toEqual(
      ['days', 'log', 'meters', 'quarterHours'].flatMap((name) => [`${name}-2026-10.json`, `${name}-2026-W45.json`]),
    )
    const logged = (period: string) =>
      JSON.parse(readFileSync(join(folder, 'out', `log-${period}.json`), 'utf8')) as object[]
    expect(logged('2026-10')).toHaveLength(1)
    expect(logged('2026-W45')).toMatchObject([{ timestamp: new Date(day(3)).toISOString() }])
  })

  it('says once that it failed, leaves no half file, and tries again', async () => {
    writeFileSync(join(folder, 'out'), 'a file where the folder is to be')
    const exporter = scheduled()
    exporter.start()
    await pass(0)
    await pass(300_000)
    expect(said).toHaveLength(1)
    expect(said[0]).toContain(join(folder, 'out'))
    rmSync(join(folder, 'out'))
    await pass(300_000)
    expect(files()).toEqual(['transactions-2026-11-09.csv'])
    expect(said.slice(1)).toEqual([
      `${join(folder, 'out', 'transactions-2026-11-09.csv')} written`,
      'histories are exported again',
    ])
    await exporter.stop()
  })

  it('waits until all that was written by then is where it reads, and says so after a while', async () => {
    let arrived = 0
    mkdirSync(join(folder, 'out'))
    bookmarks.set('revision', 7)
    const exporter = scheduled({ hasArrived: (revision) => arrived >= revision })
    exporter.start()
    await pass(0)
    // What comes later isn't waited for.
    bookmarks.set('revision', 9)
    for (let waited = 0; waited < 300_000; waited += 5_000) {
      expect(said).toEqual([])
      await pass(5_000)
    }
    expect(said).toHaveLength(1)
    expect(files()).toEqual([])
    arrived = 7
    await pass(300_000)
    expect(files()).toEqual(['transactions-2026-11-09.csv'])
    await exporter.stop()
  })

  it('asks for a database that is away only when there is something to export', async () => {
    bookmarks.set('export day transactions', day(10))
    let asked = 0
    const parts: ScheduledExportParts = {
      clock,
      log,
      settings: { every: 'day', to: 'out', format: 'csv', histories: ['transactions'] },
      folder: join(folder, 'out'),
      get db() {
        asked += 1
        return histories.db
      },
      source: 1,
      bookmarks: { get: (name) => bookmarks.get(name) ?? 0, set: (name, value) => void bookmarks.set(name, value) },
      hasArrived: () => true,
    }
    const exporter = new ScheduledExport(parts)
    exporter.start()
    await pass(0)
    expect(asked).toBe(0)
    for (let hour = 0; hour < 24; hour += 1) await pass(HOUR_MS)
    expect(asked).toBeGreaterThan(0)
    await exporter.stop()
  })

  it('leaves nothing behind when it is stopped while it writes', async () => {
    await addLog(
      histories.db,
      Array.from({ length: 5_000 }, (_, n) => ({ at: day(9) + n })),
    )
    const exporter = scheduled({ settings: { every: 'day', to: 'out', format: 'csv', histories: ['log'] } })
    mkdirSync(join(folder, 'out'))
    exporter.start()
    clock.advance(0)
    await exporter.stop()
    expect(files()).toEqual([])
    expect(bookmarks.size).toBe(0)
    expect(said).toEqual([])
  })
})
