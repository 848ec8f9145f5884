import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Journal } from '../../../src/core/keep.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { journals } from '../../support/journal.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journals-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function append(journal: Journal, ...moments: readonly number[]): void {
  for (const at of moments) journal.append(at, Uint8Array.of(at & 0xff))
}

function all(journal: Journal): readonly string[] {
  return journal.read(1, Number.MAX_SAFE_INTEGER).map(({ number, at, data }) => `${number}@${at}:${data[0]}`)
}

function rows(): number {
  const database = new SqliteDatabase(file, { readonly: true })
  const count = database.prepare('SELECT count(*) FROM journalEntry').pluck().get() as number
  database.close()
  return count
}

describe('a journal', () => {
  it('numbers its entries from 1, keeps the newest, and goes on where it stopped', () => {
    const store = openSqlite(file, new FakeClock())
    const journal = store.journals('bacnet')('a', 3)
    expect([journal.last, journal.count, all(journal)]).toEqual([0, 0, []])
    append(journal, 10, 20, 30, 40)
    append(store.journals('bacnet')('b', 3), 7)
    append(store.journals('modbus')('a', 3), 8)
    expect([journal.last, journal.count]).toEqual([4, 3])
    store.close()
    const again = openSqlite(file, new FakeClock())
    const kept = again.journals('bacnet')('a', 3)
    expect([kept.last, kept.count, all(kept)]).toEqual([4, 3, ['2@20:20', '3@30:30', '4@40:40']])
    append(kept, 50)
    expect(all(kept)).toEqual(['3@30:30', '4@40:40', '5@50:50'])
    expect(all(again.journals('modbus')('a', 3))).toEqual(['1@8:8'])
    again.close()
    expect(rows()).toBe(5)
  })

  it('reads what still waits to be written, and writes it soon', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    const read = store.journals('bacnet')('read', 10)
    const quiet = store.journals('bacnet')('quiet', 10)
    append(read, 1, 2)
    append(quiet, 1, 2)
    expect(rows()).toBe(0)
    expect(all(read)).toHaveLength(2)
    expect(rows()).toBe(2)
    clock.advance(50)
    expect(rows()).toBe(4)
    expect(clock.waiting).toBe(0)
    store.close()
  })

  it('writes the entries of thousands of journals in portions', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    for (let n = 0; n < 1000; n += 1) append(store.journals('bacnet')(`log ${n}`, 10), n)
    clock.advance(50)
    expect(rows()).toBe(250)
    clock.advance(150)
    expect(rows()).toBe(1000)
    store.close()
  })

  it('forgets its entries, not their numbers, and has forgotten them on disk', () => {
    const store = openSqlite(file, new FakeClock())
    const journal = store.journals('bacnet')('a', 10)
    append(journal, 1, 2)
    expect(all(journal)).toHaveLength(2)
    append(journal, 3)
    journal.purge()
    expect([rows(), journal.last, journal.count]).toEqual([0, 3, 0])
    expect([journal.firstAfter(0), journal.lastBefore(9)]).toEqual([undefined, undefined])
    // Killed: nothing is closed.
    const again = openSqlite(file, new FakeClock())
    const kept = again.journals('bacnet')('a', 10)
    append(kept, 4)
    expect(all(kept)).toEqual(['4@4:4'])
    again.close()
    store.close()
  })

  it('keeps fewer once it is opened for fewer', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    append(store.journals('bacnet')('a', 10), 1, 2, 3, 4)
    clock.advance(50)
    const smaller = store.journals('bacnet')('a', 2)
    expect(smaller.count).toBe(2)
    clock.advance(50)
    expect(rows()).toBe(2)
    expect(all(smaller)).toEqual(['3@3:3', '4@4:4'])
    store.close()
  })

  it('finds a moment where the clock was set back, and once those entries are gone', () => {
    const store = openSqlite(file, new FakeClock())
    const journal = store.journals('bacnet')('a', 4)
    append(journal, 10, 40, 20, 30)
    expect([journal.firstAfter(25), journal.firstAfter(10), journal.firstAfter(40)]).toEqual([2, 2, undefined])
    expect([journal.lastBefore(40), journal.lastBefore(30), journal.lastBefore(10)]).toEqual([4, 3, undefined])
    append(journal, 50, 60)
    expect([journal.firstAfter(25), journal.firstAfter(0), journal.lastBefore(55)]).toEqual([4, 3, 5])
    store.close()
  })

  it('writes nothing more once the store is closed', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    const journal = store.journals('bacnet')('a', 4)
    store.close()
    append(journal, 1)
    clock.advance(100)
    expect(rows()).toBe(0)
  })

  it('waits on where it could not be written', () => {
    const store = openSqlite(file, new FakeClock())
    const journal = store.journals('bacnet')('a', 4)
    append(journal, 1)
    const database = new SqliteDatabase(file)
    database.exec('ALTER TABLE journalEntry RENAME TO away')
    expect(() => all(journal)).toThrow()
    database.exec('ALTER TABLE away RENAME TO journalEntry')
    database.close()
    expect(all(journal)).toEqual(['1@1:1'])
    store.close()
  })
})

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append' as const), at: fc.integer({ min: 0, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), keep: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('look' as const),
      first: fc.integer({ min: -2, max: 60 }),
      count: fc.integer({ min: 0, max: 12 }),
      at: fc.integer({ min: -1, max: 41 }),
    }),
  },
)

it('a journal on disk is at every moment what one in memory is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      rmSync(file, { force: true })
      const clock = new FakeClock()
      let store = openSqlite(file, clock)
      const memory = journals()
      let real = store.journals('bacnet')('a', 6)
      let model = memory('a', 6)
      for (const each of steps) {
        if (each.kind === 'append') {
          append(real, each.at)
          append(model, each.at)
        } else if (each.kind === 'purge') {
          real.purge()
          model.purge()
        } else if (each.kind === 'pass') clock.advance(50)
        else if (each.kind === 'reopen') {
          store.close()
          store = openSqlite(file, clock)
          real = store.journals('bacnet')('a', each.keep)
          model = memory('a', each.keep)
        } else {
          const { first, count, at } = each
          const look = (journal: Journal) => [
            journal.last,
            journal.count,
            journal.read(first, count).map(({ data, ...entry }) => ({ ...entry, data: [...data] })),
            journal.firstAfter(at),
            journal.lastBefore(at),
          ]
          expect(look(real)).toEqual(look(model))
        }
      }
      store.close()
    }),
    { numRuns: 60 },
  )
})
