import { statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { localDate } from '../../../../src/lib/moment.ts'
import type { ChangedTransaction } from '../../../../src/store/changed-transactions.ts'
import type { LocalHistories } from '../../../../src/store/history/open-local.ts'
import { keptTables, measure } from '../../../../src/store/history/retain/kept-table.ts'
import { Retention, type RetentionParts } from '../../../../src/store/history/retain/retention.ts'
import { shrink } from '../../../../src/store/history/retain/shrink.ts'
import { fillDisk } from '../../../support/full-disk.ts'
import { localDays, message, metered, NOON, openLocal, ownFolder, rows, writerOn } from './support.ts'

const DAY = 86_400_000
const FOREVER = { keep: 100_000 * DAY, maxSize: undefined }
const folder = ownFolder()
let file: string
let histories: LocalHistories

beforeEach(async () => {
  file = join(folder.path, 'history.db')
  histories = await openLocal(file)
  return () => void histories.raw.close()
})

function retention(config: Partial<RetentionParts['config']>, parts: Partial<RetentionParts> = {}): Retention {
  return new Retention({
    ...{ rows: ownRows(), days: localDays('UTC'), now: () => NOON },
    config: { log: FOREVER, transactions: FOREVER, meters: FOREVER, quarterHours: FOREVER, days: FOREVER, ...config },
    ...parts,
  })
}

function ownRows(): RetentionParts['rows'] {
  return { db: histories.db, dialect: 'sqlite', source: histories.source }
}

/** A whole round; answers how many steps it took. */
async function round(own: Retention): Promise<number> {
  let steps = 1
  while (await own.step()) steps += 1
  return steps
}

const count = (table: string) => histories.raw.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number

function transaction(id: number, started: number, change: Partial<ChangedTransaction> = {}): ChangedTransaction {
  const start = { id, charger: 'CP-1', connector: 1, idTag: 'TAG', meterStartWh: 0, startedAt: started }
  const end = { meterStopWh: 10, stoppedAt: started + 1000, stopReason: 'Local', estimated: false }
  return { ...start, timestampText: '', ...end, toldAt: started, revision: id, ...change }
}

/** Samples of a transaction, one a minute. */
function samples(transactionId: number, from: number, length: number) {
  return Array.from({ length }, (_, n) => metered({ at: from + n * 60_000, session: { transactionId, energyWh: n } }))
}

describe('the retention of histories', () => {
  it('deletes what is older than it is to be kept, history by history', async () => {
    const ages = [10, 5, 1, 0]
    writerOn(histories).write(
      ages.flatMap((days) => [
        message({ at: NOON - days * DAY - 1 }),
        metered({ at: NOON - days * DAY - 1, powerW: 1, energyWh: 100 - days }),
      ]),
    )
    const config = { log: 1, meters: 5, quarterHours: 10, days: 10 }
    const limits = Object.fromEntries(
      Object.entries(config).map(([name, days]) => [name, { keep: days * DAY, maxSize: undefined }]),
    )
    await round(retention(limits))
    expect(rows(histories, 'log').map(({ at }) => at)).toEqual([NOON - 1])
    expect(rows(histories, 'meter').map(({ at }) => at)).toEqual([NOON - DAY - 1, NOON - 1])
    expect(count('quarter_hour')).toBe(3)
    // The day on which the time to keep it ends is kept as a whole.
    expect(rows(histories, 'day').map(({ date }) => date)).toEqual([
      '2025-12-22',
      '2025-12-27',
      '2025-12-31',
      '2026-01-01',
    ])
    await round(retention({ days: { keep: 9 * DAY, maxSize: undefined } }))
    expect(count('day')).toBe(3)
  })

  it.each([9_999_999, 999_999_999])('deletes nothing that is to be kept for %d days, as if for ever', async (days) => {
    writerOn(histories).write([metered({ at: NOON - DAY, powerW: 1 })])
    const asked: number[] = []
    const told = (at: number) => {
      asked.push(at)
      return localDate(at)
    }
    await round(retention({ days: { keep: days * DAY, maxSize: undefined } }, { days: told }))
    expect(count('day')).toBe(1)
    expect(asked).toContain(0)
  })

  it('deletes all of a history that is not to be kept', async () => {
    writerOn(histories).write([message({ at: NOON - 1 }), metered({ at: NOON - 1, powerW: 1 })])
    await round(retention({ log: false, meters: false }))
    expect(count('log') + count('meter')).toBe(0)
    expect(count('quarter_hour')).toBe(1)
  })

  it('deletes no more than 2000 rows a step, and others may write in between', async () => {
    const writer = writerOn(histories)
    writer.write(Array.from({ length: 5000 }, (_, n) => message({ at: NOON - 2 * DAY + n })))
    const own = retention({ log: { keep: DAY, maxSize: undefined } })
    const left: number[] = []
    while (await own.step()) {
      left.push(count('log'))
      writer.write([message()])
    }
    expect(left).toEqual([3000, 1001, 2])
    expect(count('log')).toBe(3)
    expect(await own.step()).toBe(false)
  })

  it('deletes the oldest by their own time until about the allowed size is left, then no more', async () => {
    // The newest are written first.
    const entries = Array.from({ length: 6000 }, (_, n) => message({ at: NOON - n, text: 'x'.repeat(600) }))
    writerOn(histories).write(entries)
    const { size, rowSize } = await measure(ownRows(), keptTables.log)
    const own = retention({ log: { ...FOREVER, maxSize: Math.round(size / 4) } })
    await round(own)
    const left = count('log')
    expect(Math.abs(left - 1500)).toBeLessThanOrEqual(1)
    expect(histories.raw.prepare('SELECT min(at) FROM log').pluck().get()).toBe(NOON - left + 1)
    expect(left * rowSize).toBeLessThanOrEqual(size / 4)
    expect(await round(own)).toBe(1)
  })

  it('takes samples along with their transactions, in as small portions, and leaves those that run', async () => {
    const writer = writerOn(histories)
    const old = NOON - 30 * DAY
    writer.write([...samples(1, old, 4500), ...samples(2, old, 10), ...samples(3, NOON - DAY, 10)])
    writer.writeTransactions(
      [transaction(1, old), transaction(2, old, { stoppedAt: undefined }), transaction(3, NOON - DAY)],
      3,
    )
    const own = retention({ transactions: { keep: 10 * DAY, maxSize: undefined } })
    const left: number[] = []
    while (await own.step()) left.push(count('transaction_sample'))
    expect(left).toEqual([2520, 520, 20])
    expect(rows(histories, 'transaction').map(({ id }) => id)).toEqual([2, 3])
    expect(new Set(rows(histories, 'transaction_sample').map((row) => row.transaction))).toEqual(new Set([2, 3]))
  })

  it('counts samples to the size of transactions, and gives up where only running ones are left', async () => {
    const writer = writerOn(histories)
    const ids = Array.from({ length: 100 }, (_, n) => n + 1)
    writer.writeTransactions(
      ids.map((id) => transaction(id, NOON - DAY + id, id > 95 ? { stoppedAt: undefined } : {})),
      100,
    )
    for (const id of ids) writer.write(samples(id, NOON - DAY, 100))
    const own = ownRows()
    const size = async () =>
      (await measure(own, keptTables.transactions)).size + (await measure(own, keptTables.samples)).size
    const allowed = (await size()) * 0.7
    await round(retention({ transactions: { ...FOREVER, maxSize: allowed } }))
    expect(await size()).toBeLessThanOrEqual(allowed)
    const left = count('transaction')
    expect(left).toBe(50)
    expect(count('transaction_sample')).toBe(left * 100)
    await round(retention({ transactions: { ...FOREVER, maxSize: 1 } }))
    expect(rows(histories, 'transaction').map(({ id }) => id)).toEqual([96, 97, 98, 99, 100])
  })

  it('leaves the rows of other bridges, whose revisions may be the same', async () => {
    writerOn(histories).write([message()])
    histories.raw.exec("INSERT INTO source (key, site) VALUES ('other', 'x')")
    const columns = 'revision, charger, sender, type, message, frame'
    histories.raw.exec(`INSERT INTO log (source, at, ${columns}) SELECT 2, at - ${2 * DAY}, ${columns} FROM log`)
    await round(retention({ log: { keep: DAY, maxSize: undefined } }))
    expect(count('log')).toBe(2)
    await round(retention({ log: { keep: DAY, maxSize: 1 } }))
    expect(histories.raw.prepare('SELECT source FROM log').pluck().all()).toEqual([2])
  })

  it('begins a new round after the disk took nothing', async () => {
    writerOn(histories).write([message({ at: NOON - 2 * DAY })])
    const own = retention({ log: { keep: DAY, maxSize: undefined } })
    const empty = fillDisk(file)
    await expect(own.step()).rejects.toThrow('full')
    empty()
    await round(own)
    expect(count('log')).toBe(0)
  })

  it('gives room back to the disk in small portions, and keeps a little for what comes', async () => {
    const writer = writerOn(histories)
    for (let n = 0; n < 15; n += 1)
      writer.write(Array.from({ length: 1000 }, () => message({ at: NOON - 2 * DAY, text: 'x'.repeat(1500) })))
    histories.raw.pragma('wal_checkpoint(TRUNCATE)')
    const full = statSync(file).size
    const pages = () => histories.raw.pragma('freelist_count', { simple: true }) as number
    await round(retention({ log: { keep: DAY, maxSize: undefined } }, { shrink: () => shrink(histories.raw) }))
    expect(pages()).toBe(1000)
    histories.raw.pragma('wal_checkpoint(TRUNCATE)')
    expect(full).toBeGreaterThan(25e6)
    expect(statSync(file).size).toBeLessThan(5e6)
  })
})

describe('the size of a history', () => {
  it('is told within a third of what its pages really take', async () => {
    const writer = writerOn(histories)
    const chargers = Array.from({ length: 50 }, (_, n) => `CHARGER-${n}`)
    for (let n = 0; n < 200; n += 1) {
      writer.write(
        chargers.flatMap((charger, index) => [
          message({ at: NOON + n * 900_000, charger, action: `Type${index % 7}`, text: 'x'.repeat(200) }),
          metered({
            ...{ charger, at: NOON + n * 900_000, powerW: n * 10.5, energyWh: n * 100.5 },
            session: { transactionId: index, energyWh: n * 1.5 },
          }),
        ]),
      )
    }
    const real = (table: string) => {
      const names = histories.raw.prepare('SELECT name FROM sqlite_schema WHERE tbl_name = ?').pluck().all(table)
      const size = histories.raw.prepare('SELECT sum(pgsize) FROM dbstat WHERE name = ?').pluck()
      return names.reduce<number>((sum, name) => sum + (size.get(name) as number), 0)
    }
    for (const [table, kept] of [
      ['log', keptTables.log],
      ['meter', keptTables.meters],
      ['quarter_hour', keptTables.quarterHours],
      ['transaction_sample', keptTables.samples],
    ] as const) {
      const { size } = await measure(ownRows(), kept)
      const ratio = size / real(table)
      expect(ratio, table).toBeGreaterThan(0.67)
      expect(ratio, table).toBeLessThan(1.5)
    }
  })
})
