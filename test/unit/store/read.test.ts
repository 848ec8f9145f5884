import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Visitor } from '../../../src/core/ports.ts'
import { viewStore } from '../../../src/store/read.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { unusable } from '../../../src/store/unusable-store.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'view-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const visitor = (identifier: string, lastSeen: number): Visitor => ({
  identifier,
  address: '192.0.2.7',
  path: `/${identifier}`,
  subprotocols: [],
  reason: 'unknown',
  firstSeen: 1,
  lastSeen,
  identity: { vendor: 'ACME' },
})

describe('a look into the store', () => {
  it('finds nothing where there is none, and makes none', () => {
    expect(viewStore(file)).toMatchObject({ visitors: [] })
    expect(() => rmSync(file)).toThrow('ENOENT')
  })

  it('sees what a bridge has written that has it open, and what one has left', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    store.keepNumbers(new Map([['CP-1', 4]]))
    store.hold('CP-1', 'connectors', '2')
    store.saveSnapshotLater('CP-1', () => JSON.stringify({ heardAt: 5, identity: { vendor: 'ACME' } }))
    store.saveVisitorLater(visitor('A', 10))
    store.saveVisitorLater(visitor('B', 20))
    expect(viewStore(file).visitors).toEqual([])
    clock.advance(1_000)
    const seen = {
      numbers: new Map([['cp-1', 4]]),
      connectors: new Map([['CP-1', 2]]),
      heard: new Map([['CP-1', { at: 5, identity: { vendor: 'ACME' } }]]),
      visitors: [visitor('B', 20), visitor('A', 10)],
    }
    expect(viewStore(file)).toEqual(seen)
    store.close()
    expect(viewStore(file)).toEqual(seen)
  })

  it('gathers a flood of visitors into few writes, and writes them when it closes', () => {
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    const other = new SqliteDatabase(file, { readonly: true })
    const commits = () => other.pragma('data_version', { simple: true }) as number
    const before = commits()
    for (let n = 0; n < 1_000; n += 1) store.saveVisitorLater(visitor('A', n))
    clock.advance(999)
    expect(commits()).toBe(before)
    clock.advance(1)
    expect(commits()).not.toBe(before)
    expect(store.visitors()).toEqual([visitor('A', 999)])
    store.forgetVisitorLater('a')
    store.saveVisitorLater(visitor('B', 1))
    other.close()
    store.close()
    expect(viewStore(file).visitors).toEqual([visitor('B', 1)])
  })

  it('leaves the store of an older bridge as it is', () => {
    openSqlite(file, new FakeClock()).close()
    const database = new SqliteDatabase(file)
    database.exec('DROP TABLE visitor')
    database.pragma('user_version = 1')
    database.close()
    expect(viewStore(file)).toMatchObject({ visitors: [] })
    const again = new SqliteDatabase(file)
    expect(again.pragma('user_version', { simple: true })).toBe(1)
    again.close()
  })

  it('says to whoever may not look into it that another user may', () => {
    const noRights = new SqliteDatabase.SqliteError('unable to open database file', 'SQLITE_CANTOPEN')
    expect(unusable('bridge.db', noRights)).toMatchObject({
      message: expect.stringContaining("can't be opened (unable to open database file): do this as the user whose"),
    })
    const broken = new SqliteDatabase.SqliteError('disk I/O error', 'SQLITE_IOERR_READ')
    expect(unusable('bridge.db', broken)).toMatchObject({ message: expect.not.stringContaining('do this as the user') })
  })
})
