import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredTransaction } from '../../../src/core/ports.ts'
import { readChangedTransactions } from '../../../src/store/changed-transactions.ts'
import { viewStore } from '../../../src/store/read.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const PAGE = 4_096
const CHARGERS = 300
const TRANSACTIONS = 2_000

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'salvage-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function idOf(n: number): string {
  return `Charger of the garage ${String(n).padStart(3, '0')}`
}

function transaction(id: number): StoredTransaction {
  return {
    id,
    charger: idOf(id % CHARGERS),
    connector: 1,
    idTag: 'TAG',
    meterStartWh: 0,
    startedAt: id,
    timestampText: String(id),
    meterStopWh: undefined,
    stoppedAt: undefined,
    stopReason: undefined,
    estimated: false,
  }
}

function stateOf(n: number): string {
  return JSON.stringify({ heardAt: n, identity: { model: 'x'.repeat(100) } })
}

/** A store of some size, every page of it in the file itself. */
function fill(): void {
  const clock = new FakeClock()
  const store = openSqlite(file, clock, { random: () => 0 })
  store.keepNumbers(new Map(Array.from({ length: CHARGERS }, (_, n) => [idOf(n), n + 1])))
  for (let n = 0; n < CHARGERS; n += 1) {
    store.saveSnapshotLater(idOf(n), () => stateOf(n))
  }
  store.hold(idOf(7), 'connectors', '2')
  const notes = store.notebook('bacnet')
  for (let n = 0; n < 300; n += 1) notes.setLater(`note ${n}`, 'x'.repeat(50))
  store.flush()
  store.close()
  const database = new SqliteDatabase(file)
  const put = database.prepare(
    `INSERT INTO "transaction" SELECT @id, @charger, 1, 'TAG', 0, @id, @text, NULL, NULL, NULL, 0, NULL, @id, @id`,
  )
  database.transaction(() => {
    for (let id = 1; id <= TRANSACTIONS; id += 1) {
      const { charger, timestampText: text } = transaction(id)
      put.run({ id, charger, text })
    }
  })()
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

/** The pages of a table, leaves last, as SQLite counts them: from 1. */
function pagesOf(table: string): readonly number[] {
  const database = new SqliteDatabase(file, { readonly: true })
  const root = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number
  database.close()
  const bytes = readFileSync(file)
  const children = (page: number): number[] => {
    const start = (page - 1) * PAGE
    if (![0x05, 0x02].includes(bytes.readUInt8(start))) return []
    const cells = bytes.readUInt16BE(start + 3)
    const own = Array.from({ length: cells }, (_, n) =>
      bytes.readUInt32BE(start + bytes.readUInt16BE(start + 12 + n * 2)),
    )
    return [...own, bytes.readUInt32BE(start + 8)]
  }
  const all: number[] = []
  for (let level = [root]; level.length > 0; level = level.flatMap(children)) all.push(...level)
  return all
}

function overwrite(start: number, length: number, byte = 0): void {
  const bytes = readFileSync(file)
  bytes.fill(byte, start, start + length)
  writeFileSync(file, bytes)
}

function zero(page: number): void {
  overwrite((page - 1) * PAGE, PAGE)
}

function salvaged() {
  const log = new RecordingLog()
  const store = openSqlite(file, new FakeClock(), { log, damaged: 'salvage', random: () => 0 })
  const database = new SqliteDatabase(file, { readonly: true })
  const transactions = readChangedTransactions(database)(0, 1_000_000).map(({ id }) => id)
  database.close()
  return { store, log, transactions, numbers: store.numbers() }
}

function aside(): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith('bridge.db.corrupt-'))
}

const everyNumber = Array.from({ length: CHARGERS }, (_, n) => [idOf(n).toLowerCase(), n + 1] as const)

describe('a store of which a page makes no sense', () => {
  it('is refused by whoever does not run the bridge, in one sentence, and stays as it is', () => {
    fill()
    zero(pagesOf('charger')[0] ?? 0)
    const before = readFileSync(file)
    const sentence = (why: string) =>
      `the store ${file} is damaged (${why}): start the bridge, which saves what can still be read`
    expect(() => viewStore(file)).toThrow(sentence('database disk image is malformed'))
    expect(() => openSqlite(file, new FakeClock())).toThrow(
      sentence('Tree 2 page 2: btreeInitPage() returns error code 11'),
    )
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(aside()).toEqual([])
  })

  it('gives everything but the rows of that page, says how much, and is kept beside the new one', () => {
    fill()
    const [, second = 0, third = 0, , fifth = 0] = pagesOf('transaction')
    zero(second)
    zero(third)
    zero(fifth)
    const before = readFileSync(file)
    const { store, log, transactions, numbers } = salvaged()
    expect([...numbers]).toEqual(everyNumber)
    expect(transactions.length).toBeGreaterThan(TRANSACTIONS * 0.7)
    expect(transactions.length).toBeLessThan(TRANSACTIONS)
    // Between two pages that are gone there is one that isn't.
    const holes = transactions.filter((id, n) => n > 0 && id !== (transactions[n - 1] ?? 0) + 1)
    expect(holes).toHaveLength(1)
    expect(transactions[0]).toBeGreaterThan(1)
    expect(store.transaction(TRANSACTIONS)).toEqual(transaction(TRANSACTIONS))
    expect(store.held(idOf(7)).get('connectors')).toBe('2')
    expect(store.snapshot(idOf(7))).toBe(stateOf(7))
    expect(store.notebook('bacnet').get('note 299')).toBe('x'.repeat(50))
    const [kept = ''] = aside()
    expect(kept).toBe('bridge.db.corrupt-2026-01-01T00-00-00.000Z')
    expect(readFileSync(join(folder, kept)).equals(before)).toBe(true)
    const [line = '', advice = ''] = log.messages('error')
    expect(line).toContain(`charger ${CHARGERS},`)
    expect(line).toContain(`transaction ${transactions.length} (not all)`)
    expect(line).toContain(`is set aside as ${join(folder, kept)}`)
    expect(advice).toContain('ocpp-bms-bridge points')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).filter((name) => /reading|saving|salvaged/.test(name))).toEqual([])
    store.close()
  })

  it('still has all address numbers where their table is gone, as long as the indexes are there', () => {
    fill()
    for (const page of pagesOf('charger')) zero(page)
    const { store, numbers } = salvaged()
    expect([...numbers].sort(([, a], [, b]) => a - b)).toEqual(everyNumber)
    store.close()
  })

  it('has the numbers that one end of their table tells where an index is gone as well', () => {
    fill()
    const leaves = pagesOf('charger').slice(1)
    zero(leaves[1] ?? 0)
    for (const page of pagesOf('sqlite_autoindex_charger_2')) zero(page)
    const { store, numbers } = salvaged()
    expect(numbers.size).toBeGreaterThan(0)
    expect(numbers.size).toBeLessThan(CHARGERS)
    expect(everyNumber).toEqual(expect.arrayContaining([...numbers]))
    store.close()
  })

  it('loses of tables without row numbers only what stood in the page, as chargers are asked for one by one', () => {
    fill()
    const leaves = pagesOf('snapshot').slice(1)
    expect(leaves.length).toBeGreaterThan(3)
    zero(leaves[0] ?? 0)
    zero(leaves.at(-1) ?? 0)
    const { store } = salvaged()
    const known = everyNumber.filter(([, number]) => store.snapshot(idOf(number - 1)) !== undefined)
    expect(known.length).toBeGreaterThan(0)
    expect(known.length).toBeLessThan(CHARGERS)
    store.close()
  })

  it('gives no id out again that one of its transactions has, though the reserved blocks are gone', () => {
    fill()
    for (const page of pagesOf('transactionBlock')) zero(page)
    zero(pagesOf('journal')[0] ?? 0)
    const { store, transactions } = salvaged()
    expect(transactions).toHaveLength(TRANSACTIONS)
    expect(store.nextTransactionId()).toBe(2_048)
    store.close()
  })

  it('is found out also where only an index is wrong: the new one has it anew', () => {
    fill()
    for (const page of pagesOf('startOfTransaction')) zero(page)
    const { store, transactions, log } = salvaged()
    expect(transactions).toHaveLength(TRANSACTIONS)
    expect(store.sameStart(transaction(5))?.id).toBe(5)
    expect(log.messages('error')).toHaveLength(1)
    store.close()
  })
})

describe('a store of which only a part is there', () => {
  it('gives everything where the header was overwritten', () => {
    fill()
    overwrite(0, 100, 0x58)
    const { store, transactions, numbers } = salvaged()
    expect([...numbers]).toEqual(everyNumber)
    expect(transactions).toHaveLength(TRANSACTIONS)
    expect(store.snapshot(idOf(7))).toBe(stateOf(7))
    store.close()
  })

  it('gives what stands before the end where it was cut off', () => {
    fill()
    truncateSync(file, Math.floor(statSync(file).size / 2 / PAGE) * PAGE + 100)
    const { store, transactions, numbers } = salvaged()
    expect([...numbers]).toEqual(everyNumber)
    expect(transactions.length).toBeGreaterThan(100)
    expect(transactions.length).toBeLessThan(TRANSACTIONS)
    store.close()
  })

  it('gives what is still in the log beside it', () => {
    const store = openSqlite(file, new FakeClock())
    store.keepNumbers(new Map([['CP-1', 7]]))
    store.saveTransaction(transaction(1))
    // As a power cut leaves it: the file's header gone, the rest in the log.
    const [main, wal] = [`${file}.cut`, `${file}.cut-wal`]
    copyFileSync(file, main)
    copyFileSync(`${file}-wal`, wal)
    store.close()
    renameSync(main, file)
    renameSync(wal, `${file}-wal`)
    overwrite(0, 16, 0x58)
    const again = salvaged()
    expect([...again.numbers]).toEqual([['cp-1', 7]])
    expect(again.transactions).toEqual([1])
    again.store.close()
  })

  it('is an empty one, and the old one set aside, where that is no database at all', () => {
    writeFileSync(file, 'chargers:\n  - { id: CP-1 }\n'.repeat(100))
    expect(() => viewStore(file)).toThrow('file is not a database')
    const { store, log, numbers } = salvaged()
    expect(numbers.size).toBe(0)
    expect(log.messages('error')[0]).toContain('(file is not a database)')
    expect(log.messages('error')[0]).toContain('Rows in the new one: none')
    expect(readFileSync(join(folder, aside()[0] ?? ''), 'utf8')).toContain('CP-1')
    store.keepNumbers(new Map([['CP-1', 1]]))
    store.close()
  })

  it('is one of an older version as well', () => {
    fill()
    const database = new SqliteDatabase(file)
    database.exec(`
      DROP INDEX changeOfTransaction;
      ALTER TABLE "transaction" DROP COLUMN revision;
      ALTER TABLE "transaction" DROP COLUMN toldAt;
      PRAGMA user_version = 5;
    `)
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.close()
    overwrite(0, 100, 0x58)
    const { store, transactions } = salvaged()
    expect(transactions).toHaveLength(TRANSACTIONS)
    store.close()
  })
})

describe('saving a damaged store', () => {
  it('goes on where it was interrupted: the saved one takes its place, whatever was set aside by then', () => {
    fill()
    zero(pagesOf('note')[0] ?? 0)
    salvaged().store.close()
    const [kept = ''] = aside()
    // As if it had ended after the old one was set aside, and a command had made an empty one meanwhile.
    renameSync(file, `${file}.salvaged`)
    openSqlite(file, new FakeClock()).close()
    const log = new RecordingLog()
    const clock = new FakeClock()
    clock.advance(1_000)
    const store = openSqlite(file, clock, { log, damaged: 'salvage' })
    expect([...store.numbers()]).toEqual(everyNumber)
    expect(existsSync(`${file}.salvaged`)).toBe(false)
    expect(aside()).toContain(kept)
    expect(aside().filter((name) => !/-(wal|shm)$/.test(name))).toHaveLength(2)
    store.close()
  })

  it('is not done to one in which every page makes sense', () => {
    fill()
    const { store, log } = salvaged()
    expect(log.lines).toEqual([])
    expect(aside()).toEqual([])
    store.close()
  })
})
