import SqliteDatabase from 'better-sqlite3'
import { Bookmarks } from './bookmarks.ts'
import { letLateBefore } from './copy/trim.ts'
import type { LocalHistories } from './open-local.ts'

const DAY_MS = 86_400_000

/** Who a file's bridge is where its rows are copied to, and the last revision that a row has. */
export interface Identity {
  readonly key: string
  readonly revision: number
}

/** Of a file that was damaged and put aside; undefined where that part of it can't be read either. */
export function identityOf(aside: string): Identity | undefined {
  let database: SqliteDatabase.Database | undefined
  try {
    database = new SqliteDatabase(aside, { readonly: true })
    const key = database.prepare('SELECT key FROM source ORDER BY id LIMIT 1').pluck().get()
    const revision = database.prepare("SELECT value FROM bookmark WHERE name = 'revision'").pluck().get()
    return typeof key === 'string' && typeof revision === 'number' ? { key, revision } : undefined
  } catch {
    return undefined
  } finally {
    database?.close()
  }
}

/**
 * Makes a new file that of the same bridge: the transactions that are taken from the store once more are those that a
 * PostgreSQL has already, and what it has of the intervals that run now is added to.
 */
export function goOnAs({ key, revision }: Identity, histories: LocalHistories, now: number): void {
  const { raw, source } = histories
  const bookmarks = new Bookmarks(histories)
  raw.transaction(() => {
    raw.prepare('UPDATE source SET key = ? WHERE id = ?').run(key, source)
    bookmarks.set('revision', revision)
    letLateBefore(bookmarks, now + DAY_MS)
  })()
}
