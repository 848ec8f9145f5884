import { chownSync, closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { unusable } from './unusable-store.ts'

/** What nobody else has as long as it is held. */
export interface StoreLock {
  /** May be called twice. */
  release(): void
}

/**
 * The right to run on a store, or undefined where another has it. It is an SQLite lock on a file beside the store, which
 * ends with its process, however that ends; the file itself stays, and says nothing. `:memory:` is everybody's own.
 */
export function lockStore(store: string): StoreLock | undefined {
  if (store === ':memory:') return { release() {} }
  const file = `${existsSync(store) ? realpathSync(store) : store}.lock`
  mkdirSync(dirname(file), { recursive: true })
  // Only where there is none: closing a file ends all locks on it that this process has.
  createOnce(file, dirname(file))
  const database = opened(file, store)
  try {
    // Nothing is ever written, so that nothing is left over and a full disk is no hindrance.
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return { release: () => void database.close() }
}

/** SQLite itself names no file. */
function opened(file: string, store: string): SqliteDatabase.Database {
  try {
    return new SqliteDatabase(file, { timeout: 0 })
  } catch (error) {
    throw unusable(store, error)
  }
}

/** The same; throws where another has it. */
export function lockAlone(store: string): StoreLock {
  const lock = lockStore(store)
  if (lock !== undefined) return lock
  throw new Error(
    `another bridge runs on the store ${store}, or it is being restored: stop that first, or give this one a store of its own`,
  )
}

function createOnce(file: string, folder: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
    // Whoever restores as root makes it for the user that the bridge runs as.
    const { uid, gid } = statSync(folder)
    if (process.getuid?.() === 0) chownSync(file, uid, gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
