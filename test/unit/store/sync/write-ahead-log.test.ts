import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src/lib/clock.ts'
import { WriteAheadLog } from '../../../../src/store/sync/write-ahead-log.ts'
import { RecordingLog } from '../../../support/recording-log.ts'

let folder: string
let file: string
let database: Database
let ahead: WriteAheadLog

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ahead-'))
  file = join(folder, 'bridge.db')
  database = new SqliteDatabase(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.pragma('wal_autocheckpoint = 0')
  database.exec('CREATE TABLE kept (value INTEGER)')
  ahead = new WriteAheadLog({ file, clock: systemClock, log: new RecordingLog() })
})
afterEach(() => {
  ahead.stop()
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

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
})
