import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import type { Log } from '../lib/log.ts'
import { giveRoom } from './reserve.ts'
import { finishSalvage, salvage } from './salvage.ts'
import { UnusableStore, unusable } from './unusable-store.ts'

export interface OpenOptions {
  readonly log: Log
  readonly now: number
  /** What is done with a file that makes no sense. Somebody else may have it open: only a bridge that runs saves it. */
  readonly damaged: 'refuse' | 'salvage'
}

/** Somebody else may hold it for a moment. */
const PATIENCE_MS = 5_000

/** Opens the file of a store; what is done in it is synced to disk. */
export function openDatabase(file: string, { log, now, damaged }: OpenOptions): Database {
  if (file === ':memory:') return prepared(file)
  mkdirSync(dirname(file), { recursive: true })
  if (damaged === 'salvage') finishSalvage(file, now)
  // Passwords that chargers were told stand in it: it, and what SQLite puts beside it, is nobody else's to read.
  closeSync(openSync(file, 'a', 0o600))
  try {
    return opened(file)
  } catch (error) {
    if (!(error instanceof UnusableStore) || damaged === 'refuse') throw error
    if (error.damaged) salvage(file, error.why, log, now)
    else if (!giveRoom(file)) throw error
    return opened(file)
  }
}

function opened(file: string): Database {
  try {
    return statSync(file).size > 0 ? checked(file) : prepared(file)
  } catch (error) {
    throw unusable(file, error)
  }
}

/** Every page makes sense, or it throws: 30 ms for a hundred thousand transactions. */
function checked(file: string): Database {
  const database = prepared(file)
  const [found = ''] = (database.pragma('quick_check(1)') as { quick_check: string }[]).map((row) => row.quick_check)
  if (found === 'ok') return database
  database.close()
  throw new UnusableStore(file, found.replace(/^\*\*\* in database main \*\*\*\s*/, ''))
}

function prepared(file: string): Database {
  const database = new SqliteDatabase(file, { timeout: PATIENCE_MS })
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
