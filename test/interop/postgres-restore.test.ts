import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { becomeNewSource } from '../../src/backup/new-source.ts'
import { snapshot } from '../../src/backup/snapshot.ts'
import { openPostgresHistories, type PostgresHistories } from '../../src/store/history/postgres.ts'
import { Copying } from '../support/copying.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { rowOf } from '../support/history-rows.ts'
import { type Cluster, missingPostgres, startPostgres } from '../support/postgres.ts'

const T0 = Date.UTC(2026, 0, 1)

describe.skipIf(missingPostgres)('a bridge that comes back from a backup, with a PostgreSQL that does not', () => {
  let cluster: Cluster
  let folder: string
  let url: string
  let postgres: PostgresHistories

  beforeAll(async () => {
    cluster = await startPostgres()
  }, 60_000)
  afterAll(() => cluster?.remove())
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'restored-'))
    url = await cluster.create('restored')
    postgres = openPostgresHistories(url)
  })
  afterEach(async () => {
    await postgres.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = () => Copying.start(join(folder, 'bridge.history.db'), url, new FakeClock(T0))
  const dayOf = (energy: number) => ({ ...rowOf('day', 1, T0), energy })
  const logOf = (n: number) => rowOf('log', n, T0 + n)

  it('loses nothing that it copied after the backup, and adds to it without counting twice', async () => {
    const before = await start()
    for (let n = 0; n < 10; n += 1) before.rows.write('log', logOf(n))
    before.rows.write('day', dayOf(5))
    await before.copied()
    const { signal } = new AbortController()
    const copy = join(folder, 'copy.db')
    await snapshot(join(folder, 'bridge.history.db'), copy, signal)
    // What nobody will know who has only the backup.
    for (let n = 10; n < 15; n += 1) before.rows.write('log', logOf(n))
    before.rows.write('day', dayOf(9))
    await before.copied()
    await before.end()

    for (const end of ['-wal', '-shm']) rmSync(join(folder, `bridge.history.db${end}`), { force: true })
    renameSync(copy, join(folder, 'bridge.history.db'))
    becomeNewSource(join(folder, 'bridge.history.db'))
    const after = await start()
    for (let n = 20; n < 23; n += 1) after.rows.write('log', logOf(n))
    expect(after.rows.count('day')).toBe(0)
    after.rows.write('day', dayOf(2))
    await after.copied()
    await after.end()

    const sources = await postgres.query('SELECT count(*)::int AS count FROM source', [])
    expect(sources).toEqual([{ count: 2 }])
    const log = await postgres.query('SELECT at::float8 AS at FROM log ORDER BY at', [])
    const expected = [...Array(15).keys(), 20, 21, 22].map((n) => ({ at: T0 + n }))
    expect(log).toEqual(expected)
    expect(await postgres.query('SELECT sum(energy) AS energy FROM day', [])).toEqual([{ energy: 9 + 2 }])
  }, 60_000)
})
