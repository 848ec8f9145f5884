import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredTransaction } from '../../../src/core/ports.ts'
import type { StorageState } from '../../../src/core/storage-health.ts'
import { readChangedTransactions } from '../../../src/store/changed-transactions.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fillDisk } from '../../support/full-disk.ts'
import { RecordingLog } from '../../support/recording-log.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unsaved-'))
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

function opened(damaged: 'refuse' | 'salvage' = 'refuse') {
  const clock = new FakeClock()
  const log = new RecordingLog()
  const states: StorageState[] = []
  let told = 0
  const store = openSqlite(file, clock, {
    log,
    damaged,
    health: (state) => void states.push(state),
    transactionsChanged() {
      told += 1
    },
  })
  return { clock, log, store, states, told: () => told }
}

function onDisk() {
  const database = new SqliteDatabase(file, { readonly: true })
  const found = readChangedTransactions(database)(0, 1_000_000)
  const orphans = database.prepare('SELECT charger, at, text FROM orphanStop').all()
  database.close()
  return { transactions: found, orphans }
}

const stopped = { stoppedAt: 99, stopReason: 'Local' } as const

describe('transactions while the disk takes nothing', () => {
  it('are read as if they were on disk, what is newer in place of what stands there', () => {
    const { store } = opened()
    store.saveTransaction(transaction(1))
    store.saveTransaction(transaction(2, { idTag: 'b', ...stopped }))
    const empty = fillDisk(file)
    store.saveTransaction(transaction(1, stopped))
    store.saveTransaction(transaction(3, { startedAt: 0 }))
    store.saveTransaction(transaction(4, { charger: 'CP-2' }))
    store.saveTransaction(transaction(5))
    expect(store.transaction(1)).toEqual(transaction(1, stopped))
    expect(store.transaction(3)).toEqual(transaction(3, { startedAt: 0 }))
    expect(store.openTransactions('CP-1').map(({ id }) => id)).toEqual([3, 5])
    expect(store.endedTransactions('CP-1', 'Local').map(({ id }) => id)).toEqual([1, 2])
    expect(store.sameStart({ ...transaction(5), idTag: 'tag' })?.id).toBe(5)
    expect(store.sameStart(transaction(4, { charger: 'CP-3' }))).toBeUndefined()
    // In the same words as the first, which is over by now.
    store.saveTransaction(transaction(6, { timestampText: '1' }))
    expect(store.sameStart(transaction(1))?.id).toBe(6)
    empty()
    store.close()
  })

  it('are written once it takes them: each once, in their order, with the moment at which each was told', () => {
    const { clock, store, told } = opened()
    store.saveTransaction(transaction(9))
    const before = told()
    const empty = fillDisk(file)
    const start = clock.now()
    for (const id of [5, 3, 4]) {
      store.saveTransaction(transaction(id))
      clock.advance(1_000)
    }
    store.saveTransaction(transaction(9, stopped))
    store.saveTransaction(transaction(5, stopped))
    for (const at of [1, 2]) store.saveOrphanStop('CP-1', at, 'stop')
    clock.advance(60_000)
    expect(told()).toBe(before)
    expect(onDisk().transactions.map(({ id }) => id)).toEqual([9])
    empty()
    clock.advance(5_000)
    expect(onDisk().transactions).toMatchObject([
      { id: 5, toldAt: start, stoppedAt: 99 },
      { id: 3, toldAt: start + 1_000 },
      { id: 4, toldAt: start + 2_000 },
      { id: 9, toldAt: start, stoppedAt: 99 },
    ])
    expect(onDisk().orphans).toEqual([{ charger: 'CP-1', at: 1, text: 'stop' }])
    expect(told()).toBeGreaterThan(before)
    // From now on at once again.
    store.saveTransaction(transaction(6))
    expect(onDisk().transactions.at(-1)?.id).toBe(6)
    store.close()
  })

  it('are to be synced once they are written: a start that is said again is not answered before', async () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock, { syncsBehind: true })
    const empty = fillDisk(file)
    store.saveTransaction(transaction(1))
    expect(store.keeping.promised).toBe(0)
    empty()
    clock.advance(60_000)
    expect(onDisk().transactions).toHaveLength(1)
    expect([store.keeping.promised, store.keeping.kept]).toEqual([1, 0])
    expect(await new Promise((resolve) => store.keeping.whenKept(resolve))).toBeUndefined()
    expect(store.keeping.kept).toBe(1)
    store.close()
  })

  it('wait by the ten thousand and no more, of which those that wait can still change; a stop of another is refused', () => {
    const { clock, store, states } = opened()
    store.saveTransaction(transaction(20_000))
    const empty = fillDisk(file)
    for (let id = 1; id <= 9_999; id += 1) store.saveTransaction(transaction(id))
    store.saveOrphanStop('CP-1', 1, 'stop')
    expect(() => store.saveTransaction(transaction(10_000))).toThrow('10000 transactions wait')
    expect(() => store.saveTransaction(transaction(20_000, stopped))).toThrow('10000 transactions wait')
    expect(() => store.saveOrphanStop('CP-1', 2, 'other')).toThrow('10000 transactions wait')
    store.saveOrphanStop('CP-1', 3, 'stop')
    store.saveTransaction(transaction(7, stopped))
    expect(states.at(-1)).toEqual({ failing: true, waiting: 10_000, lost: 0 })
    empty()
    clock.advance(60_000)
    expect(onDisk().transactions).toHaveLength(10_000)
    expect(states.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
    store.close()
  })

  it('wait by the 24 million characters of what was signed and no more, stops that fit none among them', () => {
    const { clock, store, states } = opened()
    const empty = fillDisk(file)
    const signed = Array.from({ length: 16 }, (_, n) => ({ text: 'x'.repeat(10_000), context: `${n}`, measurand: 'm' }))
    for (let id = 1; id <= 140; id += 1) store.saveTransaction(transaction(id, { signed }))
    expect(() => store.saveOrphanStop('CP-1', 1, 'x'.repeat(2_000_000))).toThrow('140 transactions wait')
    store.saveOrphanStop('CP-1', 1, 'x'.repeat(1_000_000))
    store.saveTransaction(transaction(141))
    expect(() => {
      for (let id = 142; id <= 200; id += 1) store.saveTransaction(transaction(id, { signed }))
    }).toThrow('transactions wait')
    expect(() => store.saveTransaction(transaction(141, { signed, ...stopped }))).toThrow('transactions wait')
    store.saveTransaction(transaction(1, stopped))
    empty()
    clock.advance(60_000)
    expect(states.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
    for (let id = 301; id <= 400; id += 1) store.saveTransaction(transaction(id, { signed }))
    store.close()
  })

  it('are said once a minute, and once when it is over; the state is told at each step', () => {
    const { clock, store, log, states } = opened()
    const empty = fillDisk(file)
    store.saveTransaction(transaction(1))
    store.saveTransaction(transaction(2))
    expect(states).toEqual([
      { failing: false, waiting: 0, lost: 0 },
      { failing: true, waiting: 1, lost: 0 },
      { failing: true, waiting: 2, lost: 0 },
    ])
    clock.advance(150_000)
    expect(log.messages('error')).toHaveLength(3)
    expect(log.messages('error')[0]).toContain(
      `the store ${file} can't be written: SqliteError: database or disk is full`,
    )
    empty()
    clock.advance(5_000)
    expect(log.messages('info')).toEqual([
      `the store ${file} can be written again: 2 entries that waited are on disk, 0 are lost`,
    ])
    expect(states.at(-1)).toEqual({ failing: false, waiting: 0, lost: 0 })
    store.close()
    expect(log.messages('error')).toHaveLength(3)
  })

  it('are counted among what is lost where the bridge stops meanwhile', () => {
    const { store, log } = opened()
    const empty = fillDisk(file)
    store.saveTransaction(transaction(1))
    store.saveOrphanStop('CP-1', 1, 'stop')
    store.saveSnapshotLater('CP-1', () => '{}')
    store.close()
    expect(log.messages('error').at(-1)).toBe(
      `the store ${file} could not be written to the end: 2 transactions are lost, and the last values of 1 chargers`,
    )
    empty()
    expect(onDisk().transactions).toEqual([])
  })

  it('do not wait for one that breaks a rule of the store: that one is said to be lost, and the others are written', () => {
    const { clock, store, log, states } = opened()
    expect(() => store.saveTransaction(transaction(1, { startedAt: Number.NaN }))).toThrow('NOT NULL')
    const empty = fillDisk(file)
    for (const id of [1, 2, 3]) store.saveTransaction(transaction(id, { startedAt: id === 2 ? Number.NaN : id }))
    empty()
    clock.advance(5_000)
    expect(onDisk().transactions.map(({ id }) => id)).toEqual([1, 3])
    expect(log.messages('error').at(-1)).toContain("a transaction can't be stored, and is lost")
    expect(states.at(-1)).toEqual({ failing: false, waiting: 0, lost: 1 })
    store.close()
  })

  it('wait for no other program that holds the file, but for the first time', () => {
    const { clock, store, states } = opened()
    const other = new SqliteDatabase(file)
    other.exec('BEGIN IMMEDIATE')
    store.saveTransaction(transaction(1))
    const before = performance.now()
    for (let id = 2; id < 100; id += 1) store.saveTransaction(transaction(id))
    expect(() => store.hold('CP-1', 'registration', 'rejected')).toThrow('locked')
    clock.advance(30_000)
    expect(performance.now() - before).toBeLessThan(900)
    expect(states.at(-1)).toMatchObject({ failing: true, waiting: 99 })
    other.exec('ROLLBACK')
    other.close()
    clock.advance(5_000)
    expect(onDisk().transactions).toHaveLength(99)
    store.close()
  })
})

describe('a store that is damaged while it runs', () => {
  function damage(): void {
    const database = new SqliteDatabase(file)
    database.pragma('wal_checkpoint(TRUNCATE)')
    // As if the page could not be made sense of: the schema is what SQLite reads first.
    database.unsafeMode(true)
    database.pragma('writable_schema = ON')
    database.exec(`UPDATE sqlite_schema SET rootpage = 1000000 WHERE name = 'transaction'`)
    database.pragma('schema_version = 1000')
    database.close()
  }

  it('puts what waits into what can be saved when the bridge stops', () => {
    const { store, log } = opened('salvage')
    store.keepNumbers(new Map([['CP-1', 7]]))
    store.saveTransaction(transaction(1))
    damage()
    store.saveTransaction(transaction(1, stopped))
    store.saveTransaction(transaction(2))
    store.close()
    expect(log.messages('error').join()).toContain('is set aside')
    expect(log.messages('error').join()).not.toContain('are lost')
    const again = opened('salvage')
    expect([...again.store.numbers()]).toEqual([['cp-1', 7]])
    expect(again.store.openTransactions('CP-1').map(({ id }) => id)).toEqual([2])
    expect(again.store.transaction(1)?.stoppedAt).toBe(99)
    expect(again.log.lines).toEqual([])
    again.store.close()
  })

  it('has its numbers, held values and edges again after a stop, though nothing of it can be read', () => {
    const { store, log } = opened('salvage')
    store.keepNumbers(new Map([['CP-1', 7]]))
    store.hold('CP-1', 'registration', 'rejected')
    store.saveEdge('CP-1', 0, 'reset', 'bacnet:x', 1)
    const database = new SqliteDatabase(file)
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.close()
    writeFileSync(file, 'x'.repeat(200_000))
    store.saveTransaction(transaction(1))
    store.close()
    expect(log.messages('error').join()).toContain('Rows in the new one: none')
    const again = opened().store
    expect([...again.numbers()]).toEqual([['cp-1', 7]])
    expect(again.held('CP-1').get('registration')).toBe('rejected')
    expect(again.edge('CP-1', 0, 'reset', 'bacnet:x')).toBe(1)
    expect(again.transaction(1)).toEqual(transaction(1))
    again.close()
  })

  it('answers what was told since, or read last, from memory', () => {
    const { store, states, log } = opened()
    store.saveTransaction(transaction(1))
    store.saveTransaction(transaction(2, stopped))
    damage()
    expect(store.transaction(1)).toEqual(transaction(1))
    store.saveTransaction(transaction(3))
    store.saveTransaction(transaction(1, stopped))
    expect(store.openTransactions('CP-1').map(({ id }) => id)).toEqual([3])
    expect(store.endedTransactions('CP-1', 'Local').map(({ id }) => id)).toEqual([1, 2])
    expect(store.sameStart(transaction(3))?.id).toBe(3)
    expect(states.at(-1)).toMatchObject({ failing: true, waiting: 2 })
    expect(log.messages('error')[0]).toContain('restart the bridge')
    expect(() => store.close()).not.toThrow()
  })
})
