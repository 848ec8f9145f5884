import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fillDisk } from '../../support/full-disk.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ids-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function blocks(): readonly number[] {
  const database = new SqliteDatabase(file, { readonly: true })
  const firsts = database.prepare('SELECT first FROM transactionBlock ORDER BY reserved').pluck().all()
  database.close()
  return firsts as number[]
}

const half = { random: () => 0.5 }
const HALF = 2 ** 23

describe('transaction ids', () => {
  it('reserve no block for a store that is only looked at, and one as soon as a charger is heard', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock, half)
    clock.advance(60_000)
    expect(blocks()).toEqual([])
    store.saveSnapshotLater('CP-1', () => '{}')
    clock.advance(50)
    expect(blocks()).toEqual([HALF])
    expect(store.nextTransactionId()).toBe(HALF)
    store.close()
    openSqlite(file, clock, half).close()
    expect(blocks()).toEqual([HALF])
  })

  it('reserve the next block when half of one is used', () => {
    const store = openSqlite(file, new FakeClock(), half)
    for (let n = 0; n < 127; n += 1) store.nextTransactionId()
    expect(blocks()).toEqual([HALF])
    store.nextTransactionId()
    expect(blocks()).toEqual([HALF, HALF + 256])
    for (let n = 128; n < 256; n += 1) store.nextTransactionId()
    expect(store.nextTransactionId()).toBe(HALF + 256)
    expect(blocks()).toEqual([HALF, HALF + 256])
    store.close()
  })

  it('come from free blocks while the disk takes nothing, which are reserved before anything else when it does', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock, half)
    const ids = new Set([store.nextTransactionId()])
    const empty = fillDisk(file)
    while (ids.size < 1_000) ids.add(store.nextTransactionId())
    expect(Math.max(...ids)).toBe(HALF + 999)
    expect(blocks()).toEqual([HALF])
    empty()
    // Ordered by when they were reserved: the one of whoever opens the store meanwhile comes last.
    clock.advance(5_000)
    expect(blocks()).toEqual([0, 1, 2, 3].map((n) => HALF + n * 256))
    for (let n = 1_000; n < 2_000; n += 1) ids.add(store.nextTransactionId())
    expect(ids.size).toBe(2_000)
    store.close()
    const again = openSqlite(file, clock, half)
    expect(again.nextTransactionId()).toBe(Math.max(...blocks()))
    expect(ids.has(again.nextTransactionId())).toBe(false)
    again.close()
  })

  it('are those of the block that was reserved longest ago where all have been, without its transactions', () => {
    openSqlite(file, new FakeClock()).close()
    const database = new SqliteDatabase(file)
    const reserve = database.prepare('INSERT INTO transactionBlock (first, reserved) VALUES (?, ?)')
    database.transaction(() => {
      for (let block = 0; block < 65_536; block += 1) reserve.run(block * 256, block === 7 ? 1 : block + 2)
    })()
    database.close()
    const store = openSqlite(file, new FakeClock())
    const old = {
      ...{ charger: 'CP-1', connector: 1, idTag: 'T', meterStartWh: 0, startedAt: 1, timestampText: 't' },
      ...{ meterStopWh: 1, stoppedAt: 2, stopReason: 'Local', estimated: false },
    }
    for (const id of [7 * 256, 7 * 256 + 255, 8 * 256]) store.saveTransaction({ ...old, id })
    const empty = fillDisk(file)
    expect(store.nextTransactionId()).toBe(7 * 256)
    empty()
    store.flush()
    expect(store.transaction(7 * 256 + 255)).toBeUndefined()
    expect(store.transaction(8 * 256)?.id).toBe(8 * 256)
    expect(blocks().at(-1)).toBe(7 * 256)
    expect(blocks()).toHaveLength(65_536)
    store.close()
  })
})
