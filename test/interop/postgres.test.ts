import { copyFileSync, rmSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { Copying } from '../support/copying.ts'
import { HistoryRows, rowOf, type TableName, tableNames } from '../support/history-rows.ts'
import { missingPostgres } from '../support/postgres.ts'
import { fill, PostgresSite, T0 } from '../support/postgres-site.ts'

const DAY_MS = 86_400_000

describe.skipIf(missingPostgres)('histories in a PostgreSQL (Debian; skipped where it is not installed)', () => {
  const site = new PostgresSite()

  it('have every row as it is in the file, also where it changed afterwards', async () => {
    const own = await site.bridge()
    fill(own.rows, 0, 100)
    await own.copied()
    await site.expectAll(own)
    own.rows.write('transaction', { ...rowOf('transaction', 3, T0), meter_stop: 17.5, stopped_at: T0 + 5 })
    own.rows.write('quarter_hour', { ...rowOf('quarter_hour', 3, T0), energy: 99.9, samples: 4 })
    own.rows.write('day', { ...rowOf('day', 3, T0), energy: 0.1 + 0.2 })
    await own.copied()
    await site.expectAll(own)
    expect(own.copier.behind()).toBe(0)
    expect(own.copier.state).toEqual({ lost: 0, failingSince: undefined, reason: undefined })
    expect(own.said).toEqual([])
  })

  it('have each row once after a server that ended, fell over and froze again and again under a stream of writes', {
    timeout: 120_000,
  }, async () => {
    const own = await site.bridge()
    let seed = 1
    const random = () => {
      seed = (seed * 48_271) % 0x7fff_ffff
      return seed / 0x7fff_ffff
    }
    const below = (n: number) => Math.floor(random() * n)
    let written = 0
    let isWriting = true
    const stream = (async () => {
      while (isWriting) {
        for (let many = below(8); many > 0; many -= 1) {
          // Mostly of the log: of it nothing is in the file any more where something was taken for copied too early.
          const name = random() < 0.8 ? 'log' : (tableNames[below(tableNames.length)] as TableName)
          const row = rowOf(name, below(400), T0)
          const changed = 'energy' in row && name !== 'meter' ? { energy: written } : {}
          own.rows.write(name, { ...row, ...changed, ...(name === 'transaction' && { meter_stop: written }) })
          written += 1
        }
        own.clock.advance(500)
        await new Promise((resolve) => systemClock.after(1, () => resolve(undefined)))
      }
    })()
    const pause = () => new Promise((resolve) => systemClock.after(below(300), () => resolve(undefined)))
    for (let round = 0; round < 12; round += 1) {
      await pause()
      if (round % 3 === 0) await site.cluster.stop('fast')
      else {
        // Rows are under way then, and nobody knows whether they arrive.
        site.cluster.freeze()
        await pause()
        const gone = round % 3 === 1 ? site.cluster.stop('immediate') : undefined
        site.cluster.thaw()
        if (gone === undefined) continue
        await gone
      }
      await pause()
      await site.cluster.start()
    }
    isWriting = false
    await stream
    await own.copied()
    expect(written).toBeGreaterThan(1_000)
    await site.expectAll(own)
    expect(own.copier.state.lost).toBe(0)
    expect(own.rows.count('log')).toBe(0)
  })

  it('keep two bridges apart that began at the same moment in an empty database', async () => {
    const [one, other] = await Promise.all([site.bridge('one'), site.bridge('other')])
    fill(one.rows, 0, 50)
    fill(other.rows, 30, 90)
    await Promise.all([one.copied(), other.copied()])
    await site.expectAll(one)
    await site.expectAll(other)
    const sources = await site.postgres.db.selectFrom('source').select('id').orderBy('id').execute()
    expect(sources.length).toBe(2)
    const numbers = [one, other].map(({ copier }) => Number(copier.rows?.source))
    expect(numbers.sort((a, b) => a - b)).toEqual(sources.map(({ id }) => id))
    expect(one.said.concat(other.said)).toEqual([])
  })

  it.each(tableNames)('have each row of %s once where the bridge ended before it knew of the commit', async (name) => {
    const own = await site.bridge()
    fill(own.rows, 0, 30)
    await own.copied()
    killAfterCommit(own.rows, `UPDATE ON bookmark WHEN new.name = 'copied.${name}'`)
    fill(own.rows, 30, 60)
    const before = await site.rowsOf(own.rows)
    await own.until(() => own.copier.state.reason === 'killed')
    const committed = await site.rowsOf(own.rows)
    expect(committed.get(name)).not.toEqual(before.get(name))
    const again = await bridgeAgain(own)
    fill(again.rows, 60, 70)
    await again.copied()
    await site.expectAll(again)
  })

  it('have late energy once where the bridge ended before it knew of the commit', async () => {
    const own = await site.bridge()
    const late = {
      charger: 'CP-1',
      connector: 1,
      start: T0,
      power_min: null,
      power_max: null,
      power_sum: 0,
      samples: 0,
    }
    const energy = () => site.postgres.db.selectFrom('quarterHour').select('energy').executeTakeFirst()
    own.rows.write('quarter_hour', { ...late, energy: 1 })
    await own.copied()
    own.clock.advance(5 * DAY_MS)
    await own.until(() => own.rows.count('quarter_hour') === 0)
    killAfterCommit(own.rows, 'DELETE ON late')
    own.rows.write('quarter_hour', { ...late, energy: 10 })
    await own.until(() => own.copier.state.reason === 'killed')
    expect(await energy()).toEqual({ energy: 11 })
    const again = await bridgeAgain(own)
    // More of the same interval, before the first part is known to be there.
    again.rows.write('quarter_hour', { ...late, energy: 100 })
    await again.copied()
    expect(await energy()).toEqual({ energy: 111 })
  })

  /** What happens to the file after PostgreSQL's commit fails, as if the process were gone by then. */
  function killAfterCommit({ raw }: HistoryRows, event: string): void {
    raw.exec(`CREATE TRIGGER killed BEFORE ${event} BEGIN SELECT RAISE(ABORT, 'killed'); END`)
  }

  async function bridgeAgain(own: Copying): Promise<Copying> {
    await own.end()
    const rows = await HistoryRows.open(site.file(), T0)
    for (const [name, all] of own.rows.written) for (const [key, row] of all) rows.written.get(name)?.set(key, row)
    rows.raw.exec('DROP TRIGGER IF EXISTS killed')
    const again = new Copying(rows, site.url, own.clock)
    site.ended.push(() => again.copier.stop())
    again.copier.start()
    return again
  }

  it('have each row once where the file falls back to an older state, as after a power cut', async () => {
    const own = await site.bridge()
    const file = site.file()
    fill(own.rows, 0, 20)
    await own.copied()
    // The file knows of these, and not that they were copied.
    fill(own.rows, 20, 30)
    own.rows.raw.pragma('wal_checkpoint(TRUNCATE)')
    copyFileSync(file, `${file}.old`)
    await own.copied()
    fill(own.rows, 30, 40)
    await own.copied()
    await own.end()
    for (const beside of ['-wal', '-shm']) rmSync(`${file}${beside}`, { force: true })
    copyFileSync(`${file}.old`, file)

    const rows = await HistoryRows.open(file, T0)
    for (const name of tableNames)
      for (const [key, row] of own.rows.written.get(name) ?? [])
        rows.written.get(name)?.set(name === 'log' ? `before ${key}` : key, row)
    const again = new Copying(rows, site.url, own.clock)
    site.ended.push(() => again.copier.stop())
    // Under revisions that PostgreSQL knows as those of other rows.
    fill(rows, 40, 45)
    again.copier.start()
    await again.copied()
    fill(again.rows, 45, 60)
    await again.copied()
    await site.expectAll(again)
  })

  it('are given again what is still in the file where the database is another one', async () => {
    const own = await site.bridge()
    for (let n = 0; n < 30; n += 1) own.rows.write('quarter_hour', rowOf('quarter_hour', n, T0))
    await own.copied()
    await site.cluster.stop('fast')
    await site.cluster.start()
    await site.postgres.query(
      'DROP TABLE source, log, transaction, transaction_sample, meter, quarter_hour, day, kysely_migration, kysely_migration_lock',
      [],
    )
    own.rows.write('log', rowOf('log', 1, T0))
    await own.until(() => own.copier.behind() === 0 && own.copier.state.failingSince === undefined)
    await site.expectAll(own)
  })

  it('leave to the file what is not closed, and give its disk back', async () => {
    const own = await site.bridge()
    const file = site.file()
    const longer = (row: ReturnType<typeof rowOf>) => ('frame' in row ? { ...row, frame: 'x'.repeat(4_000) } : row)
    await site.cluster.stop('fast')
    for (let n = 0; n < 5_000; n += 500)
      for (const name of tableNames)
        own.rows.write(name, ...Array.from({ length: 500 }, (_, each) => longer(rowOf(name, n + each, T0))))
    own.rows.write('transaction', { ...rowOf('transaction', 7, T0), stopped_at: T0 + 1 })
    own.rows.raw.pragma('wal_checkpoint(TRUNCATE)')
    const full = statSync(file).size
    await site.cluster.start()
    await own.copied()
    // Kept for two days: these grow still. Readings are kept for an hour, by which one that is told again is known.
    expect(own.rows.count('log') + own.rows.count('transaction_sample')).toBe(0)
    expect(own.rows.count('quarter_hour')).toBe(5_000)
    expect(own.rows.count('transaction')).toBe(5_000)
    expect(own.rows.count('meter')).toBe(5_000)
    own.clock.advance(3_700_000)
    await own.until(() => own.rows.count('meter') === 0)
    own.clock.advance(600 * DAY_MS)
    await own.until(() => own.rows.count('quarter_hour') + own.rows.count('day') === 0)
    // The one that ended.
    expect(own.rows.count('transaction')).toBe(4_999)
    // What is left free is for what comes.
    await own.until(() => Number(own.rows.raw.pragma('freelist_count', { simple: true })) <= 1_000)
    own.rows.raw.pragma('wal_checkpoint(TRUNCATE)')
    expect(statSync(file).size).toBeLessThan(full / 3)
    await site.expectAll(own)
  }, 60_000)

  it('add what is told of a time that the file has no longer', async () => {
    const own = await site.bridge()
    const quarter = { charger: 'CP-1', connector: 1, start: T0 }
    const day = { charger: 'CP-1', connector: 1, date: '2026-01-01' }
    const first = { energy: 100, power_min: 5, power_max: 7, power_sum: 12, samples: 2 }
    own.rows.write('quarter_hour', { ...quarter, ...first })
    own.rows.write('day', { ...day, ...first })
    await own.copied()
    own.clock.advance(5 * DAY_MS)
    await own.until(() => own.rows.count('quarter_hour') + own.rows.count('day') === 0)
    for (const late of [
      { energy: 10, power_min: null, power_max: null, power_sum: 0, samples: 0 },
      { energy: 1, power_min: 3, power_max: 6, power_sum: 9, samples: 2 },
    ]) {
      own.rows.write('quarter_hour', { ...quarter, ...late })
      own.rows.write('day', { ...day, ...late })
      await own.copied()
    }
    const sum = { energy: 111, powerMin: 3, powerMax: 7, powerSum: 21, samples: 4 }
    expect(await site.postgres.db.selectFrom('quarterHour').selectAll().execute()).toMatchObject([
      { start: T0, ...sum },
    ])
    expect(await site.postgres.db.selectFrom('day').selectAll().execute()).toMatchObject([
      { date: '2026-01-01', ...sum },
    ])
    expect(own.rows.count('quarter_hour') + own.rows.count('day')).toBe(0)
    expect(own.copier.state.lost).toBe(0)
  })

  it('have what PostgreSQL can take of texts and numbers that it can not', async () => {
    const own = await site.bridge()
    own.rows.write('log', { ...rowOf('log', 1, T0), message: 'a\0b', frame: 'half \ud83d of it' })
    own.rows.write('quarter_hour', { ...rowOf('quarter_hour', 1, T0), energy: Number.POSITIVE_INFINITY })
    await own.copied()
    const { message, frame } = await site.postgres.db.selectFrom('log').selectAll().executeTakeFirstOrThrow()
    expect(message).toBe('a\ufffdb')
    expect(frame).toMatch(/^half \ufffd+ of it$/)
    const { energy } = await site.postgres.db.selectFrom('quarterHour').select('energy').executeTakeFirstOrThrow()
    expect(energy).toBe(Number.POSITIVE_INFINITY)
    expect(own.copier.state.lost).toBe(0)
  })

  it('have all other rows where some can never be taken, which is said and counted', async () => {
    const own = await site.bridge()
    // More than fits into an index, and nothing that could be compressed.
    const long = Array.from({ length: 20_000 }, (_, n) =>
      String.fromCharCode(33 + (((n * n * 31 + n * 7) % 9_973) % 90)),
    ).join('')
    const strange = [3, 4, 17]
    await site.cluster.stop('fast')
    own.rows.write(
      'log',
      ...Array.from({ length: 40 }, (_, n) => ({
        ...rowOf('log', n, T0),
        ...(strange.includes(n) && { charger: long }),
      })),
    )
    await site.cluster.start()
    await own.copied()
    const { count } = await site.postgres.db
      .selectFrom('log')
      .select((of) => of.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    expect(count).toBe(37)
    expect(own.copier.state.lost).toBe(3)
    expect(own.said.filter((line) => line.includes('will never take a row of log')).length).toBe(1)
  })
})
