import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredTransaction } from '../../../src/core/ports.ts'
import { readChangedTransactions } from '../../../src/store/changed-transactions.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'changed-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function transaction(id: number, more: Partial<StoredTransaction> = {}): StoredTransaction {
  return {
    id,
    charger: 'CP-1',
    connector: 1,
    idTag: 'TAG',
    meterStartWh: 0,
    startedAt: id,
    timestampText: String(id),
    meterStopWh: undefined,
    stoppedAt: undefined,
    stopReason: undefined,
    estimated: false,
    ...more,
  }
}

describe('changed transactions', () => {
  it('are read on a connection of their own, each once as it stands, in the order of their changes', () => {
    const clock = new FakeClock()
    let told = 0
    const transactionsChanged = (): void => {
      told += 1
    }
    const store = openSqlite(file, clock, { transactionsChanged })
    const reader = new SqliteDatabase(file, { readonly: true })
    const changed = readChangedTransactions(reader)
    const heardAt = clock.now()
    for (const id of [3, 1, 2]) store.saveTransaction(transaction(id))
    const first = changed(0, 2)
    expect(first.map(({ id, toldAt }) => [id, toldAt])).toEqual([
      [3, heardAt],
      [1, heardAt],
    ])
    clock.advance(60_000)
    store.saveTransaction(transaction(3, { stoppedAt: 9, stopReason: 'Local', signed: [] }))
    const rest = changed(first[1]?.revision ?? 0, 100)
    expect(rest).toMatchObject([{ id: 2 }, { id: 3, toldAt: heardAt, stoppedAt: 9, signed: [] }])
    expect(changed(rest[1]?.revision ?? 0, 100)).toEqual([])
    expect(told).toBe(4)
    expect(store.transaction(2)).toEqual(transaction(2))
    reader.close()
    store.close()
  })

  it('are above all earlier ones even where the store is one of an earlier day', () => {
    const clock = new FakeClock()
    const revisionOf = (id: number): number => {
      const store = openSqlite(file, clock)
      store.saveTransaction(transaction(id))
      store.close()
      const database = new SqliteDatabase(file, { readonly: true })
      const [found] = readChangedTransactions(database)(0, 100).filter((each) => each.id === id)
      database.close()
      return found?.revision ?? 0
    }
    const before = [revisionOf(1), revisionOf(2)]
    rmSync(file)
    clock.advance(1_000)
    expect(revisionOf(3)).toBeGreaterThan(Math.max(...before))
  })

  it('are all transactions of a store from before, the oldest first, told when they began', () => {
    const store = openSqlite(file, new FakeClock())
    store.saveTransaction(transaction(5, { startedAt: 70 }))
    store.saveTransaction(transaction(6, { startedAt: 60 }))
    store.close()
    const database = new SqliteDatabase(file)
    database.exec(`
      DROP INDEX changeOfTransaction;
      ALTER TABLE "transaction" DROP COLUMN revision;
      ALTER TABLE "transaction" DROP COLUMN toldAt;
      PRAGMA user_version = 5;
    `)
    openSqlite(file, new FakeClock()).close()
    expect(readChangedTransactions(database)(0, 9).map(({ id, revision, toldAt }) => [id, revision, toldAt])).toEqual([
      [6, 1, 60],
      [5, 2, 70],
    ])
    database.close()
  })
})
