import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredTransaction } from '../../../src/core/ports.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'))
  file = join(folder, 'deep/bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const transaction: StoredTransaction = {
  id: 7,
  charger: 'CP-1',
  connector: 1,
  idTag: 'TAG',
  meterStartWh: undefined,
  startedAt: 1,
  timestampText: 't',
  meterStopWh: undefined,
  stoppedAt: undefined,
  stopReason: undefined,
  estimated: false,
}

describe('the store', () => {
  it('keeps the numbers of chargers for ever, in any letter case, and gives none to two', () => {
    const store = openSqlite(file, new FakeClock())
    store.keepNumbers(new Map([['A', 1]]))
    store.keepNumbers(
      new Map([
        ['a', 1],
        ['B', 3],
      ]),
    )
    store.close()
    const again = openSqlite(file, new FakeClock())
    expect([...again.numbers()]).toEqual([
      ['a', 1],
      ['b', 3],
    ])
    expect(() => again.keepNumbers(new Map([['C', 3]]))).toThrow()
    again.close()
  })

  it('keeps what was written when it is never closed', () => {
    const store = openSqlite(file, new FakeClock())
    const slots = [{ value: 16, source: 'BACnet' as const }, ...Array.from({ length: 15 }, () => null)]
    store.saveSlots('A', { connector: 1, setpoint: 'limit', unit: 'A', slots })
    store.hold('A', 'registration', 'rejected')
    store.hold('A', 'gone', 'x')
    store.hold('A', 'gone', undefined)
    store.saveEdge('A', 0, 'reset', 'bacnet:x', 1)
    store.saveTransaction(transaction)
    const again = openSqlite(file, new FakeClock())
    expect(again.slots('A')).toEqual([{ connector: 1, setpoint: 'limit', unit: 'A', slots }])
    expect([...again.held('A')]).toEqual([['registration', 'rejected']])
    expect(again.edge('A', 0, 'reset', 'bacnet:x')).toBe(1)
    expect(again.edge('A', 0, 'reset', 'bacnet:y')).toBeUndefined()
    expect(again.transaction(7)).toEqual(transaction)
    expect(again.openTransactions('CP-1')).toEqual([transaction])
    expect(again.sameStart(transaction)?.id).toBe(7)
    expect(again.sameStart({ ...transaction, meterStartWh: 5 })).toBeUndefined()
    again.close()
    store.close()
  })

  it('gathers snapshots, writes the newest, and has them all when it closes', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    let taken = 0
    const take = (text: string) => () => {
      taken += 1
      return text
    }
    store.saveSnapshotLater('A', take('old'))
    store.saveSnapshotLater('A', take('new'))
    expect(taken).toBe(0)
    clock.advance(50)
    expect(taken).toBe(1)
    store.saveSnapshotLater('B', take('b'))
    store.close()
    const again = openSqlite(file, clock)
    expect([again.snapshot('A'), again.snapshot('B'), again.snapshot('C')]).toEqual(['new', 'b', undefined])
    again.close()
  })

  it('gives transaction ids from 1 to 2^24-1, never one twice, over restarts and over many thousands', () => {
    const seen = new Set<number>()
    let random = 0.999999
    for (let opening = 0; opening < 20; opening += 1) {
      const store = openSqlite(file, new FakeClock(), { random: () => random })
      for (let n = 0; n < 600; n += 1) {
        const id = store.nextTransactionId()
        expect(id).toBeGreaterThanOrEqual(1)
        expect(id).toBeLessThan(2 ** 24)
        expect(seen.has(id)).toBe(false)
        seen.add(id)
      }
      // Killed: nothing is closed, nothing is said.
      random = opening % 2 === 0 ? 0 : 0.999999
    }
    expect(seen.size).toBe(12_000)
  })

  it('takes over the transactions of a bridge that knew neither estimates nor signatures', () => {
    const store = openSqlite(file, new FakeClock())
    store.saveTransaction({
      ...transaction,
      estimated: true,
      signed: [{ text: 'OCMF|', context: 'x', measurand: 'y' }],
    })
    expect(store.transaction(7)).toMatchObject({ estimated: true, signed: [{ text: 'OCMF|' }] })
    store.close()
    const database = new SqliteDatabase(file)
    database.exec(`
      DROP TABLE note;
      DROP TABLE journal;
      DROP TABLE journalEntry;
      DROP INDEX startOfTransaction;
      DROP INDEX changeOfTransaction;
      ALTER TABLE "transaction" DROP COLUMN revision;
      ALTER TABLE "transaction" DROP COLUMN toldAt;
      ALTER TABLE "transaction" DROP COLUMN estimated;
      ALTER TABLE "transaction" DROP COLUMN signed;
      CREATE INDEX transactionOfCharger ON "transaction" (charger, connector, idTag, timestampText);
      PRAGMA user_version = 2;
    `)
    database.close()
    const again = openSqlite(file, new FakeClock())
    expect(again.transaction(7)).toEqual(transaction)
    expect(again.sameStart({ ...transaction, idTag: 'tag' })?.id).toBe(7)
    again.close()
  })

  it('keeps a stop that fits nothing once', () => {
    const store = openSqlite(file, new FakeClock())
    for (const at of [1, 2]) store.saveOrphanStop('A', at, 'stop')
    store.saveOrphanStop('B', 3, 'stop')
    store.close()
    const database = new SqliteDatabase(file)
    expect(database.prepare('SELECT charger, at FROM orphanStop').all()).toEqual([
      { charger: 'A', at: 1 },
      { charger: 'B', at: 3 },
    ])
    database.close()
  })

  it('keeps the newest 10,000 stops that fit nothing, also where another bridge kept more', () => {
    const store = openSqlite(file, new FakeClock())
    const database = new SqliteDatabase(file)
    const insert = database.prepare("INSERT INTO orphanStop (charger, at, text) VALUES ('A', ?, ?)")
    database.transaction(() => {
      for (let at = 1; at <= 12_000; at += 1) insert.run(at, `stop ${at}`)
    })()
    const kept = () =>
      database.prepare('SELECT count(*) AS count, min(at) AS oldest, max(at) AS newest FROM orphanStop').get()
    store.saveOrphanStop('A', 12_000, 'stop 12000')
    expect(kept()).toEqual({ count: 12_000, oldest: 1, newest: 12_000 })
    store.saveOrphanStop('B', 12_001, 'stop')
    expect(kept()).toEqual({ count: 10_000, oldest: 2_002, newest: 12_001 })
    store.saveOrphanStop('A', 12_002, 'stop')
    expect(kept()).toEqual({ count: 10_000, oldest: 2_003, newest: 12_002 })
    database.close()
    store.close()
  })

  it('refuses a database that a newer bridge has written', () => {
    openSqlite(file, new FakeClock()).close()
    const database = new SqliteDatabase(file)
    database.pragma('user_version = 99')
    database.close()
    expect(() => openSqlite(file, new FakeClock())).toThrow('newer version')
  })
})
