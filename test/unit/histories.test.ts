import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StorageState } from '../../src/core/storage-health.ts'
import { type Histories, startHistories } from '../../src/histories.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { defaults } from '../../src/store/history/config.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { RecordingLog } from '../support/recording-log.ts'

let folder: string
/** Of the histories: Node tells of each thread that it begins. */
let threads: Worker[]
let histories: Histories | undefined
const heard = (worker: Worker) => void threads.push(worker)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thread-'))
  threads = []
  process.on('worker', heard)
})
afterEach(async () => {
  process.off('worker', heard)
  await histories?.stop()
  histories = undefined
  rmSync(folder, { recursive: true, force: true })
})

function started() {
  const store = join(folder, 'bridge.db')
  openSqlite(store, systemClock).close()
  const log = new RecordingLog()
  const health: StorageState[] = []
  const database = undefined
  const own = startHistories({
    settings: { store, database, site: 'Depot', folder, config: defaults, shareIdTags: false },
    clock: systemClock,
    log,
    health: (_part, state) => health.push(state),
    putAside: () => {},
  })
  histories = own
  let n = 0
  const tell = (count: number) => {
    for (const end = n + count; n < end; n += 1) {
      const text = `[2,"${n}","Heartbeat",{}]`
      own.tell({ kind: 'message', at: n, charger: 'CP-1', from: 'charger', form: 'call', action: 'Heartbeat', text })
      const metered = { kind: 'metered', at: 1_000_000 + n, charger: 'CP-1', connector: 1 } as const
      own.tell({ ...metered, powerW: 100, energyWh: n, session: undefined })
    }
  }
  return { own, log, health, tell }
}

function found(query: string): readonly unknown[] {
  const database = new SqliteDatabase(join(folder, 'bridge.history.db'), { readonly: true })
  try {
    return database.prepare(query).pluck().all()
  } finally {
    database.close()
  }
}

function expectAll(count: number): void {
  expect(found('SELECT at FROM log ORDER BY revision')).toEqual(Array.from({ length: count }, (_, n) => n))
  expect(found('SELECT count(*) FROM meter')).toEqual([count])
  expect(found('SELECT sum(energy) FROM day')).toEqual([count - 1])
  expect(found('SELECT sum(samples) FROM day')).toEqual([count])
}

const written = (atLeast: number) =>
  vi.waitFor(() => expect(Number(found('SELECT count(*) FROM log')[0])).toBeGreaterThanOrEqual(atLeast), 15_000)

describe('the thread of the histories', () => {
  it('that ends in the middle of its work is begun again, and what it was given is written once', async () => {
    const { own, tell } = started()
    tell(100)
    await written(100)
    for (const wait of [0, 1, 3]) {
      tell(5_000)
      await new Promise((resolve) => setTimeout(resolve, wait))
      await threads.at(-1)?.terminate()
      tell(1_000)
      const before = threads.length
      await vi.waitFor(() => expect(threads.length).toBe(before + 1), 10_000)
    }
    await written(18_100)
    await own.stop()
    histories = undefined
    expectAll(18_100)
  }, 60_000)

  it('is begun once more at the end for what has not been written', async () => {
    const { own, tell } = started()
    tell(100)
    await written(100)
    await threads[0]?.terminate()
    tell(2_000)
    const before = performance.now()
    await own.stop()
    histories = undefined
    expect(performance.now() - before).toBeLessThan(4_000)
    expect(threads).toHaveLength(2)
    expectAll(2_100)
  }, 30_000)

  it('that fails by a mistake of its own is begun again each time, which is said once a minute, and goes on', async () => {
    const { log, health, tell } = started()
    await vi.waitFor(() => expect(found('SELECT 1 FROM source')).toHaveLength(1), 10_000)
    // What no thread understands: it ends by its own mistake.
    for (let times = 0; times < 2; times += 1) {
      const before = threads.length
      threads.at(-1)?.postMessage({ kind: 'write' })
      await vi.waitFor(() => expect(threads.length).toBe(before + 1), 10_000)
    }
    expect(log.messages('error')).toEqual(['the thread that writes histories has failed: it is begun again'])
    tell(10)
    await written(10)
    expectAll(10)
    expect(health.filter(({ lost }) => lost > 0)).toEqual([])
  }, 60_000)
})
