import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../../src/lib/log.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fillDisk } from '../../support/full-disk.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'full-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** How a file's commits are synced by whoever has it open is theirs alone: what stands in it is everybody's. */
function stored(query: string): unknown {
  const database = new SqliteDatabase(file, { readonly: true })
  const rows = database.prepare(query).pluck().all()
  database.close()
  return rows
}

const visitor = {
  identifier: 'X',
  address: '127.0.0.1',
  path: '/X',
  subprotocols: [],
  reason: 'unknown',
  firstSeen: 1,
  lastSeen: 2,
  identity: {},
} as const

describe('a disk that takes nothing', () => {
  it('makes a note that was to be kept throw, and read as before; the same note once more throws again', () => {
    const store = openSqlite(file, new FakeClock())
    const notes = store.notebook('bacnet')
    notes.set('a', '1')
    const empty = fillDisk(file)
    for (const _try of [1, 2]) expect(() => notes.set('a', '2')).toThrow('full')
    expect(notes.get('a')).toBe('1')
    empty()
    notes.set('a', '2')
    expect(stored("SELECT text FROM note WHERE name = 'a'")).toEqual(['2'])
    store.close()
  })

  it('costs nothing of what gathers: it is written once the disk takes it, and one line says so', () => {
    const clock = new FakeClock()
    const lines: string[] = []
    const log: Log = { ...silentLog, error: (_fields: object, message: string) => void lines.push(message) }
    const store = openSqlite(file, clock, { log })
    const notes = store.notebook('bacnet')
    const journal = store.journals('bacnet')('log', 10)
    const empty = fillDisk(file)
    notes.setLater('a', '1')
    store.saveSnapshotLater('CP-1', () => 'state')
    store.saveVisitorLater(visitor)
    store.holdSoon('CP-1', 'installed.1', '["own"]')
    journal.append(5, Uint8Array.of(5))
    clock.advance(60_000)
    expect(lines.filter((line) => line.includes("can't be written"))).not.toEqual([])
    expect(lines.length).toBeLessThan(4)
    expect(store.held('CP-1').get('installed.1')).toBe('["own"]')
    expect(stored('SELECT count(*) FROM note')).toEqual([0])
    empty()
    clock.advance(5_000)
    expect(stored('SELECT text FROM note')).toEqual(['1'])
    expect(stored('SELECT state FROM snapshot')).toEqual(['state'])
    expect(stored('SELECT id FROM visitor')).toEqual(['x'])
    expect(stored('SELECT value FROM held')).toEqual(['["own"]'])
    expect(stored('SELECT number FROM journalEntry')).toEqual([1])
    store.close()
  })

  it('lets no journal grow beyond what it keeps, and none be emptied that is not emptied on disk', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    const journal = store.journals('bacnet')('log', 3)
    journal.append(1, Uint8Array.of(1))
    clock.advance(50)
    const empty = fillDisk(file)
    for (let at = 2; at <= 9; at += 1) journal.append(at, Uint8Array.of(at))
    expect(() => journal.purge()).toThrow('full')
    expect([journal.last, journal.count]).toEqual([9, 3])
    // Read where it is: a part of it on disk, or none.
    expect(journal.read(1, 8).map(({ number }) => number)).toEqual([7, 8])
    expect([journal.firstAfter(7), journal.lastBefore(9), journal.firstAfter(9)]).toEqual([8, 8, undefined])
    empty()
    expect(journal.read(1, 10).map(({ number }) => number)).toEqual([7, 8, 9])
    journal.purge()
    expect([journal.last, journal.count]).toEqual([9, 0])
    store.close()
    expect(stored('SELECT count(*) FROM journalEntry')).toEqual([0])
  })

  it('leaves a journal to be read of which a part is on disk, also where the clock was set back', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    const journal = store.journals('bacnet')('log', 10)
    for (const at of [10, 20, 30]) journal.append(at, Uint8Array.of(at))
    clock.advance(50)
    const empty = fillDisk(file)
    const never = store.journals('bacnet')('never on disk', 10)
    never.append(5, Uint8Array.of(5))
    for (const at of [40, 50]) journal.append(at, Uint8Array.of(at))
    const found = () => ({
      numbers: journal.read(2, 3).map(({ number, at }) => [number, at]),
      after: [5, 30, 45, 50].map((at) => journal.firstAfter(at)),
      before: [10, 35, 45, 99].map((at) => journal.lastBefore(at)),
    })
    const expected = {
      numbers: [
        [2, 20],
        [3, 30],
        [4, 40],
      ],
      after: [1, 4, 5, undefined],
      before: [undefined, 3, 4, 5],
    }
    expect(found()).toEqual(expected)
    expect(never.read(1, 5)).toMatchObject([{ number: 1, at: 5 }])
    journal.append(15, Uint8Array.of(15))
    const mixed = {
      after: [12, 45].map((at) => journal.firstAfter(at)),
      before: [20, 99].map((at) => journal.lastBefore(at)),
    }
    expect(mixed).toEqual({ after: [2, 5], before: [6, 6] })
    empty()
    expect({
      after: [12, 45].map((at) => journal.firstAfter(at)),
      before: [20, 99].map((at) => journal.lastBefore(at)),
    }).toEqual(mixed)
    store.close()
  })

  it('does not keep the store from being closed', () => {
    const store = openSqlite(file, new FakeClock())
    store.notebook('bacnet').setLater('a', '1')
    const empty = fillDisk(file)
    expect(() => store.close()).not.toThrow()
    empty()
  })
})
