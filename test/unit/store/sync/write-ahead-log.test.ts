import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Logged, WriteAheadLog } from '../../../../src/store/sync/write-ahead-log.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordingLog } from '../../../support/recording-log.ts'

let folder: string
let file: string
let database: Database
let ahead: WriteAheadLog
let clock: FakeClock
let log: RecordingLog
let forced: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ahead-'))
  file = join(folder, 'bridge.db')
  database = new SqliteDatabase(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.pragma('wal_autocheckpoint = 0')
  database.exec('CREATE TABLE kept (value INTEGER); CREATE TABLE large (data BLOB)')
  clock = new FakeClock()
  log = new RecordingLog()
  forced = 0
  const checkpoint = (mode: 'NOOP' | 'PASSIVE') => {
    if (mode === 'PASSIVE') forced += 1
    return logged()
  }
  ahead = new WriteAheadLog({ file, checkpoint, clock, log })
})
afterEach(() => {
  ahead.stop()
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Lets it look once, to the end. */
async function look() {
  const { waiting } = clock
  clock.advance(1_000)
  await vi.waitFor(() => expect(clock.waiting).toBe(waiting), 10_000)
}

/** How it stands, in pages. */
function logged() {
  const [now] = database.pragma('wal_checkpoint(NOOP)') as Logged[]
  return now ?? { log: 0, checkpointed: 0 }
}

describe('the log of a store', () => {
  it('leaves nothing of itself after a repair: of what failed to be synced, the disk may have any part', async () => {
    database.exec('INSERT INTO kept VALUES (1)')
    await ahead.sync()
    const onDisk = readFileSync(`${file}-wal`)
    // The sync of this fails, and the system takes it for written.
    database.exec('UPDATE kept SET value = 2')
    await ahead.repair()
    const left = join(folder, 'left.db')
    copyFileSync(file, left)
    writeFileSync(`${left}-wal`, onDisk.subarray(0, readFileSync(`${file}-wal`).length))
    const afterPowerCut = new SqliteDatabase(left)
    expect(afterPowerCut.prepare('SELECT value FROM kept').pluck().all()).toEqual([2])
    afterPowerCut.close()
  })

  it('is brought into its file once it is long, and not again before the next one is: each time costs a commit a sync', async () => {
    database.exec('INSERT INTO large VALUES (zeroblob(5 * 1048576))')
    await look()
    const { checkpointed, log: pages } = logged()
    expect(pages).toBeGreaterThan(1_000)
    expect(checkpointed).toBe(pages)
    database.exec('INSERT INTO kept VALUES (1)')
    await look()
    expect(logged()).toMatchObject({ log: 1, checkpointed: 0 })
    expect(log.messages('warn')).toEqual([])
  })

  it('is not let grow for ever by commits that come during each checkpoint, and nobody waits where a reader is why', async () => {
    const write = database.prepare('INSERT INTO large VALUES (zeroblob(33 * 1048576))')
    const reader = new SqliteDatabase(file, { readonly: true })
    reader.exec('BEGIN; SELECT count(*) FROM kept')
    const forcedAfter: number[] = []
    for (let n = 0; n < 4; n += 1) {
      write.run()
      await look()
      forcedAfter.push(forced)
    }
    reader.close()
    expect(forcedAfter).toEqual([0, 1, 1, 2])
    expect(log.messages('warn')).toEqual([])
  })

  it('is looked after no more once it is stopped, also while it is brought into its file', async () => {
    database.exec('INSERT INTO large VALUES (zeroblob(5 * 1048576))')
    clock.advance(1_000)
    ahead.stop()
    // It comes after the one that was ended.
    await ahead.repair().catch(() => {})
    expect(clock.waiting).toBe(0)
    expect(log.messages('warn')).toEqual([])
  })
})
