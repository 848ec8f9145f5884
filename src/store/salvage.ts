import { closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import type { Log } from '../lib/log.ts'
import { asideName } from './aside.ts'
import { isDamage } from './disk-trouble.ts'
import { mendHeader } from './mend-header.ts'
import { type Row, readByKey, readOn, readTable } from './read-damaged.ts'
import { migrate, schemaVersion } from './schema.ts'

/** What SQLite puts beside a file. */
const BESIDE = ['', '-wal', '-shm']
/** Columns that hold JSON: a text that is none any more would stop whoever reads it. */
const json: Readonly<Record<string, string>> = {
  slots: 'slots',
  transaction: 'signed',
  snapshot: 'state',
  visitor: 'visitor',
}

interface Saved {
  readonly rows: number
  readonly complete: boolean
}

/**
 * Puts a store that makes no sense aside, and everything that can still be read of it into a new one in its place.
 * Whenever it is interrupted, the next call, or `finishSalvage`, goes on from there.
 */
export function salvage(file: string, why: string, log: Log, now: number): void {
  const [saving, reading] = [`${file}.saving`, `${file}.reading`]
  remove(saving)
  remove(reading)
  closeSync(openSync(saving, 'a', 0o600))
  for (const end of BESIDE.slice(0, 2)) if (existsSync(file + end)) copyFileSync(file + end, reading + end)
  const saved = copy(reading, saving)
  remove(reading)
  renameSync(saving, finished(file))
  const aside = finishSalvage(file, now) ?? file
  const told = [...saved].map(([table, { rows, complete }]) => `${table} ${rows}${complete ? '' : ' (not all)'}`)
  const all = saved.size > 0 && [...saved.values()].every(({ complete }) => complete)
  log.error(
    { why, aside, saved: Object.fromEntries(saved) },
    `the store ${file} was damaged (${why}) and is set aside as ${aside}. Rows in the new one: ${told.join(', ') || 'none'}`,
  )
  if (!all)
    log.error(
      { aside },
      `not everything of the store could be saved: look with ocpp-bms-bridge points whether each charger has its addresses, or stop the bridge and put a backup in the place of ${file}`,
    )
}

/** Puts what was saved in the place of what was damaged; answers where that is now, undefined where nothing was to do. */
export function finishSalvage(file: string, now: number): string | undefined {
  if (!existsSync(finished(file))) return undefined
  const aside = asideName(file, now)
  // The file itself last: as long as it is there, all that belongs to it is.
  for (const end of BESIDE.toReversed()) if (existsSync(file + end)) renameSync(file + end, aside + end)
  renameSync(finished(file), file)
  return aside
}

/** Complete, and not yet in its place. */
function finished(file: string): string {
  return `${file}.salvaged`
}

function remove(file: string): void {
  for (const end of [...BESIDE, '-journal']) rmSync(file + end, { force: true })
}

/** Row by row, table by table; empty: the source is no database. */
function copy(from: string, to: string): ReadonlyMap<string, Saved> {
  const target = new SqliteDatabase(to)
  try {
    const header = mendHeader(from)
    const source = header === 'lost' ? undefined : new SqliteDatabase(from)
    const version = source && versionOf(source, header === 'sound')
    if (version !== undefined) migrate(target, version)
    const saved = source === undefined || version === undefined ? new Map() : copyTables(source, target)
    migrate(target)
    source?.close()
    return saved
  } finally {
    target.close()
  }
}

function copyTables(source: Database, target: Database): ReadonlyMap<string, Saved> {
  return target.transaction(() => {
    const saved = new Map<string, Saved>()
    for (const table of tablesOf(target)) {
      const complete = copyTable(source, target, table)
      const rows = target.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number
      saved.set(table, { rows, complete })
    }
    // Nobody gets an id of theirs, whatever has become of the blocks.
    target.exec(`
      INSERT OR IGNORE INTO transactionBlock (first, reserved)
      SELECT block * 256, place + (SELECT coalesce(max(reserved), 0) FROM transactionBlock)
      FROM (SELECT block, row_number() OVER (ORDER BY block) AS place FROM (SELECT DISTINCT id / 256 AS block FROM "transaction"))
    `)
    return saved
  })()
}

/** True: nothing of it is missing. */
function copyTable(source: Database, target: Database, table: string): boolean {
  const columns = columnsOf(target, table)
  const marks = columns.map(() => '?').join(', ')
  const names = columns.map((column) => `"${column}"`).join(', ')
  const put = target.prepare(`INSERT OR IGNORE INTO "${table}" (${names}) VALUES (${marks})`)
  let sound = true
  const take = (row: Row): void => {
    if (isReadable(table, row)) put.run(columns.map((column) => row[column]))
    else sound = false
  }
  try {
    if (readTable(source, table, columns, take)) return sound
    if (table === 'charger') readNumbersApart(source, take)
    const [key = ''] = columns
    const values = key === 'charger' || key === 'journal' ? keysIn(target, key) : []
    readByKey(source, { table, columns, key }, values, take)
    return false
  } catch (error) {
    // Its own entry in the schema, or its first page.
    if (!isDamage(error) && !/no such (table|column)/.test(String(error))) throw error
    return false
  }
}

/** The identifiers and numbers of chargers stand in an index each, too: where the table is gone they are put together. */
function readNumbersApart(source: Database, take: (row: Row) => void): void {
  const ids = new Map<unknown, unknown>()
  const both = (column: string, index: string, row: (row: Row) => void) => {
    const select = `SELECT rowid AS place, ${column} FROM charger INDEXED BY ${index} ORDER BY ${column}`
    for (const way of ['ASC', 'DESC']) readOn(source.prepare(`${select} ${way}`), [], row)
  }
  both('id', 'sqlite_autoindex_charger_1', ({ place, id }) => void ids.set(place, id))
  both('number', 'sqlite_autoindex_charger_2', ({ place, number }) => {
    const id = ids.get(place)
    if (id !== undefined) take({ id, number })
  })
}

/** What the keys of other tables begin with. */
function keysIn(target: Database, key: 'charger' | 'journal'): readonly unknown[] {
  return target.prepare(`SELECT id FROM ${key}`).pluck().all()
}

function isReadable(table: string, row: Row): boolean {
  const text = row[json[table] ?? '']
  if (typeof text !== 'string') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The version of the schema, undefined where nothing of it can be read; `told`: what the file says of it counts. */
function versionOf(source: Database, told: boolean): number | undefined {
  try {
    // Tolerates a schema of which a part makes no sense.
    source.unsafeMode(true)
    source.pragma('writable_schema = ON')
    const version = source.pragma('user_version', { simple: true }) as number
    if (told && version > 0 && version <= schemaVersion) return version
    for (let guess = schemaVersion; guess > 0; guess -= 1) if (fits(source, guess)) return guess
    return schemaVersion
  } catch (error) {
    if (!isDamage(error)) throw error
    return undefined
  }
}

function fits(source: Database, version: number): boolean {
  const model = new SqliteDatabase(':memory:')
  try {
    migrate(model, version)
    return tablesOf(model).every((table) => {
      const there = new Set(columnsOf(source, table))
      return columnsOf(model, table).every((column) => there.has(column))
    })
  } finally {
    model.close()
  }
}

function tablesOf(database: Database): readonly string[] {
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
  // In the order of their making: chargers and journals come before what belongs to them.
  return names.pluck().all() as string[]
}

function columnsOf(database: Database, table: string): readonly string[] {
  return (database.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name)
}
