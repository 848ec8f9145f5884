import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Entry } from '../../../../src/core/history.ts'
import type { Clock } from '../../../../src/lib/clock.ts'
import { systemClock } from '../../../../src/lib/clock.ts'
import type { ChangedTransaction } from '../../../../src/store/changed-transactions.ts'
import { defaults } from '../../../../src/store/history/config.ts'
import { Keeper, type KeeperParts } from '../../../../src/store/history/keeper.ts'
import { openPostgresHistories } from '../../../../src/store/history/postgres.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { fillDisk } from '../../../support/full-disk.ts'
import { missingPostgres, startPostgres } from '../../../support/postgres.ts'
import { RecordingLog } from '../../../support/recording-log.ts'
import { batchOf, localDays, message, metered, NOON, ownFolder } from './support.ts'

const folder = ownFolder()
const running: Keeper[] = []
afterEach(async () => {
  for (const keeper of running.splice(0)) await keeper.stop()
})

const file = () => join(folder.path, 'bridge.history.db')
const batch = (number: number, entries: readonly Entry[] = [message({ text: `batch ${number}` })], run = 1) =>
  batchOf(number, entries, run)

function transaction(id: number): ChangedTransaction {
  const own = { id, revision: id, toldAt: NOON + id, startedAt: NOON + id, charger: 'CP-1', connector: 1 }
  return { ...own, idTag: 'TAG', meterStartWh: 0, meterStopWh: undefined, stoppedAt: undefined } as ChangedTransaction
}

function started(change: Partial<KeeperParts> & { readonly clock?: Clock } = {}) {
  const log = new RecordingLog()
  /** What the store has. */
  const transactions: ChangedTransaction[] = []
  const keeper = new Keeper({
    ...{ file: file(), database: undefined, site: 'Depot', folder: folder.path },
    config: defaults,
    clock: systemClock,
    log,
    days: localDays('UTC'),
    describe: ({ from, action, text }) => ({ sender: from, type: action, message: '', frame: text }),
    shownTag: (idTag) => idTag,
    changed: (after, limit) => transactions.filter(({ revision }) => revision > after).slice(0, limit),
    health: () => {},
    putAside: () => {},
    ...change,
  } as KeeperParts)
  running.push(keeper)
  return { keeper, log, transactions }
}

/** As another program sees the file. */
function found<T>(query: string, from = file()): readonly T[] {
  const database = new SqliteDatabase(from, { readonly: true })
  try {
    return database.prepare(query).pluck().all() as T[]
  } finally {
    database.close()
  }
}

const frames = () => found<string>('SELECT frame FROM log ORDER BY revision')

/** Writes nonsense over all of the open file but its first page, or over the first page of some tables. */
function damage(tables?: readonly string[]): void {
  const database = new SqliteDatabase(file())
  // Whoever has read a page has to read it again.
  database.exec("INSERT OR REPLACE INTO bookmark (name, value) VALUES ('test', 1)")
  database.pragma('wal_checkpoint(TRUNCATE)')
  const roots = tables?.map((name) =>
    Number(database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(name)),
  )
  database.close()
  const bytes = readFileSync(file())
  expect(bytes.length).toBeGreaterThan(4096 * 10)
  if (roots === undefined) bytes.fill(0xaa, 4096)
  for (const root of roots ?? []) bytes.fill(0xaa, (root - 1) * 4096, root * 4096)
  writeFileSync(file(), bytes)
}

const setAside = () => readdirSync(folder.path).filter((name) => /\.corrupt-.*Z$/.test(name))

describe('a batch', () => {
  it('that comes twice is written once, also by a thread that was begun again', async () => {
    const first = started()
    const one = batch(1, [message({ text: 'once' }), metered({ energyWh: 5 })])
    await first.keeper.write(one)
    await first.keeper.write(one)
    await first.keeper.stop()
    const second = started()
    await second.keeper.write(one)
    await second.keeper.write(batch(2))
    expect(frames()).toEqual(['once', 'batch 2'])
  })

  it('of another run is another one, whatever its number: the clock may have been set back between them', async () => {
    const { keeper } = started()
    await keeper.write(batch(7, undefined, 1))
    await keeper.write(batch(3, undefined, 2))
    expect(frames()).toEqual(['batch 7', 'batch 3'])
  })

  it('goes into a new file where somebody has taken the old one away, and transactions go with it', async () => {
    const { keeper, log, transactions } = started()
    transactions.push(transaction(1))
    await keeper.write(batch(1))
    for (const end of ['', '-wal', '-shm']) rmSync(`${file()}${end}`)
    await keeper.write(batch(2))
    expect(frames()).toEqual(['batch 2'])
    expect(log.messages('error').join()).toContain('has taken the histories in')
    await vi.waitFor(() => expect(found('SELECT id FROM "transaction"')).toEqual([1]))
  })

  it('with an entry that no disk would take is written without it, once, and that is said', async () => {
    const days = (at: number) => {
      if (at === NOON - 1) throw new RangeError('no such day')
      return '2026-01-01'
    }
    const { keeper, log } = started({ days })
    const bad = metered({ at: NOON, powerW: 1, energyWh: 1 })
    const one = batch(1, [message({ text: 'a' }), bad, message({ text: 'b' })])
    await keeper.write(one)
    await keeper.write(one)
    expect(frames()).toEqual(['a', 'b'])
    expect(log.messages('error')).toEqual([
      "histories: an entry can't be written, and is left out: RangeError: no such day",
    ])
    await expect(
      keeper.write(
        batch(
          2,
          Array.from({ length: 10 }, () => bad),
        ),
      ),
    ).rejects.toThrow('no such day')
  })

  it('with a message that nobody can describe is written all the same', async () => {
    const { keeper } = started({
      describe: ({ from, action, text }) => {
        if (text === 'bad') throw new RangeError('too deep')
        return { sender: from, type: action, message: '', frame: text }
      },
    })
    await keeper.write(batch(1, [message({ text: 'a' }), message({ text: 'bad' }), message({ text: 'b' })]))
    expect(frames()).toEqual(['a', '', 'b'])
    expect(found('SELECT message FROM log ORDER BY revision')[1]).toBe('3 characters: RangeError: too deep')
  })

  it('is refused once it was told to stop: the file is closed by then, and opened by nobody', async () => {
    const { keeper } = started()
    await keeper.write(batch(1))
    const stopped = keeper.stop()
    await expect(keeper.write(batch(2))).rejects.toThrow('stopped')
    await stopped
    expect(frames()).toEqual(['batch 1'])
  })
})

describe('a disk that is full', () => {
  it('is told to whoever writes, nothing of the batch is there, and all of it once there is room', async () => {
    const { keeper } = started()
    await keeper.write(batch(1, [message({ text: 'batch 1' }), metered({ energyWh: 1_000 })]))
    const next = batch(2, [message({ text: 'batch 2' }), metered({ at: NOON + 60_000, energyWh: 1_500 })])
    const room = fillDisk(file(), ['quarter_hour'])
    await expect(keeper.write(next)).rejects.toThrow('full')
    await expect(keeper.write(next)).rejects.toThrow('full')
    expect(frames()).toEqual(['batch 1'])
    expect(found('SELECT count(*) FROM meter')).toEqual([1])
    expect(found('SELECT energy FROM head')).toEqual([1_000])
    room()
    await keeper.write(next)
    expect(frames()).toEqual(['batch 1', 'batch 2'])
    expect(found('SELECT sum(energy) FROM day')).toEqual([500])
  })

  it('keeps the end from nothing', async () => {
    const { keeper, log, transactions } = started()
    await keeper.write(batch(1))
    transactions.push(transaction(1))
    const room = fillDisk(file())
    keeper.transactionsChanged()
    await expect(keeper.write(batch(2))).rejects.toThrow('full')
    const before = performance.now()
    await keeper.stop()
    expect(performance.now() - before).toBeLessThan(1_000)
    expect(log.messages('error').some((line) => line.includes('full'))).toBe(true)
    room()
  })
})

describe('a file that turns out to be damaged while it is open', () => {
  it('is set aside: the batch stands in a new one, with all transactions of the store', async () => {
    let aside = 0
    const { keeper, log, transactions } = started({ putAside: () => (aside += 1) })
    for (let id = 1; id <= 3; id += 1) transactions.push(transaction(id))
    keeper.transactionsChanged()
    await keeper.write(batch(1, [message({ text: 'old' }), metered({ energyWh: 1_000 })]))
    await vi.waitFor(() => expect(found('SELECT id FROM "transaction"')).toEqual([1, 2, 3]))
    damage()
    const next = batch(2, [message({ text: 'new' }), metered({ at: NOON + 60_000, energyWh: 1_200 })])
    await keeper.write(next)
    await keeper.write(next)
    expect(frames()).toEqual(['', 'new'])
    expect(setAside()).toHaveLength(1)
    expect(aside).toBe(1)
    // In the new file, for whoever looks for what is gone.
    expect(found('SELECT type FROM log ORDER BY revision LIMIT 1')).toEqual(['HistoriesDamaged'])
    expect(log.messages('error').filter((line) => line.includes('are damaged'))).toHaveLength(1)
    await vi.waitFor(() => expect(found('SELECT id FROM "transaction"')).toEqual([1, 2, 3]))
    await keeper.write(batch(3))
    expect(frames()).toEqual(['', 'new', 'batch 3'])
  })

  it('by whoever takes transactions, too', async () => {
    const { keeper, transactions } = started()
    await keeper.write(batch(1))
    damage()
    transactions.push(transaction(1))
    keeper.transactionsChanged()
    await vi.waitFor(() => expect(setAside()).toHaveLength(1))
    await vi.waitFor(() => expect(found('SELECT id FROM "transaction"')).toEqual([1]))
  })
})

describe('a file that is deleted while it is open', () => {
  it('is said, and begun anew with what comes and all transactions of the store', async () => {
    const { keeper, log, transactions } = started()
    transactions.push(transaction(1))
    keeper.transactionsChanged()
    await keeper.write(batch(1))
    await vi.waitFor(() => expect(found('SELECT id FROM "transaction"')).toEqual([1]))
    rmSync(file())
    await keeper.write(batch(2))
    await keeper.write(batch(3))
    expect(frames()).toEqual(['batch 2', 'batch 3'])
    await vi.waitFor(() => expect(found('SELECT id FROM "transaction"')).toEqual([1]))
    expect(log.messages('error')).toEqual([expect.stringContaining('has taken the histories in')])
  })

  it('is no hindrance to the new one, though somebody reads the old one still', async () => {
    const { keeper, log } = started()
    await keeper.write(batch(1))
    const reader = new SqliteDatabase(file(), { readonly: true })
    expect(reader.prepare('SELECT frame FROM log').pluck().all()).toEqual(['batch 1'])
    rmSync(file())
    await keeper.write(batch(2))
    expect(frames()).toEqual(['batch 2'])
    expect(log.messages('error')).toHaveLength(1)
    expect(setAside()).toEqual([])
    reader.close()
    await keeper.write(batch(3))
    expect(frames()).toEqual(['batch 2', 'batch 3'])
  })

  it('has all of it where it was moved', async () => {
    const { keeper } = started()
    await keeper.write(batch(1))
    const moved = join(folder.path, 'moved.db')
    renameSync(file(), moved)
    await keeper.write(batch(2))
    expect(found('SELECT frame FROM log', moved)).toEqual(['batch 1'])
    expect(frames()).toEqual(['batch 2'])
  })

  it('takes what SQLite keeps beside it along', async () => {
    const { keeper } = started()
    await keeper.write(batch(1))
    for (const end of ['', '-wal', '-shm']) rmSync(`${file()}${end}`)
    await keeper.write(batch(2))
    expect(frames()).toEqual(['batch 2'])
  })
})

describe('transactions', () => {
  it('are taken once the store can be read again', async () => {
    const clock = new FakeClock(NOON)
    let away = true
    const { keeper, log } = started({
      clock,
      changed: (after) => {
        if (away) throw new Error("the store can't be read")
        return [transaction(1), transaction(2)].filter(({ revision }) => revision > after)
      },
    })
    clock.advance(0)
    await vi.waitFor(() => expect(log.messages('error')).toHaveLength(1))
    await keeper.write(batch(1))
    expect(frames()).toEqual(['batch 1'])
    away = false
    clock.advance(5_000)
    await vi.waitFor(() => expect(found('SELECT id FROM "transaction"')).toEqual([1, 2]))
  })

  it('that changed in the last moment are taken at the stop', async () => {
    const { keeper, transactions } = started({ clock: new FakeClock(NOON) })
    transactions.push(transaction(1))
    await keeper.stop()
    expect(found('SELECT id FROM "transaction"')).toEqual([1])
  })
})

describe('a PostgreSQL that says nothing', () => {
  it('holds up no write and no pruning of the file, and the end for no longer than a moment', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { keeper } = started({ database: `postgres://a:b@127.0.0.1:${port}/c` })
    const before = performance.now()
    for (let number = 1; number <= 20; number += 1) await keeper.write(batch(number))
    expect(performance.now() - before).toBeLessThan(2_000)
    expect(frames()).toHaveLength(20)
    const end = performance.now()
    await keeper.stop()
    expect(performance.now() - end).toBeLessThan(2_500)
    server.close()
  })
})

describe.skipIf(missingPostgres !== undefined)(
  'a file from which rows are copied (skipped without a PostgreSQL)',
  () => {
    it('is set aside, too, where only whoever copies finds that it is damaged', async () => {
      const cluster = await startPostgres()
      try {
        const url = await cluster.create('damaged')
        await cluster.stop('fast')
        const { keeper, log } = started({ database: url })
        await keeper.write(batch(1))
        damage()
        await cluster.start()
        await vi.waitFor(() => expect(setAside()).toHaveLength(1), 20_000)
        await keeper.write(batch(2))
        const { query, close } = openPostgresHistories(url)
        await vi.waitFor(
          async () => expect(await query('SELECT frame FROM log', [])).toEqual([{ frame: '' }, { frame: 'batch 2' }]),
          20_000,
        )
        await close()
        expect(log.messages('warn').filter((line) => line.includes('malformed'))).toEqual([])
      } finally {
        for (const keeper of running.splice(0)) await keeper.stop()
        await cluster.remove()
      }
    }, 60_000)

    it('goes on as the same bridge there: no transaction stands there twice, and what flowed before and after is added', async () => {
      const cluster = await startPostgres()
      try {
        const url = await cluster.create('same')
        const { keeper, transactions } = started({ database: url })
        const { query, close } = openPostgresHistories(url)
        const copied = (rows: number) =>
          vi.waitFor(
            async () => expect(await query('SELECT count(*) AS n FROM meter', [])).toEqual([{ n: rows }]),
            20_000,
          )
        transactions.push(transaction(1), transaction(2))
        keeper.transactionsChanged()
        const at = Date.now()
        const told = (n: number, energyWh: number) => metered({ at: at + n, powerW: 1_000 * n, energyWh })
        await keeper.write(batch(1, [message(), told(1, 1_000), told(2, 1_300)]))
        await copied(2)
        damage(['log', 'meter'])
        await keeper.write(batch(2, [message(), message(), told(3, 1_300), told(4, 1_500)]))
        expect(setAside()).toHaveLength(1)
        await copied(4)
        transactions.push(transaction(3))
        keeper.transactionsChanged()
        await vi.waitFor(
          async () => expect(await query('SELECT id FROM transaction ORDER BY id', [])).toHaveLength(3),
          20000,
        )
        expect(await query('SELECT count(*) AS n FROM source', [])).toEqual([{ n: 1 }])
        expect(await query('SELECT count(*) AS n FROM log', [])).toEqual([{ n: 4 }])
        for (const table of ['quarter_hour', 'day'])
          expect(
            await query(
              `SELECT sum(energy) AS energy, sum(samples) AS samples, max(power_max) AS most FROM ${table}`,
              [],
            ),
          ).toEqual([{ energy: 500, samples: 4, most: 4_000 }])
        await close()
      } finally {
        for (const keeper of running.splice(0)) await keeper.stop()
        await cluster.remove()
      }
    }, 60_000)
  },
)
