import SqliteDatabase from 'better-sqlite3'

/** Of a database, between which others have their turn. */
const PAGES_AT_ONCE = 4096

/** What the names of steps of a bridge's own file alone begin with. */
export const LOCAL = 'local:'

/** Of a database as it stood at one moment. */
export interface Snapshot {
  /** Of the store: how far its schema is. */
  readonly version: number
  /** Of histories: the steps of their schema. */
  readonly steps: readonly string[]
}

/**
 * Copies a database as it is at one moment, while a bridge writes to it and without holding that up. Throws a sentence
 * where the database is damaged: such a backup would be none.
 */
export async function snapshot(from: string, to: string, signal: AbortSignal): Promise<Snapshot> {
  const database = new SqliteDatabase(from, { readonly: true, timeout: 5_000 })
  try {
    // What is read in one transaction stays as it is: otherwise every write would begin the copy anew.
    database.exec('BEGIN')
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    await database.backup(to, {
      progress() {
        signal.throwIfAborted()
        return PAGES_AT_ONCE
      },
    })
    database.exec('COMMIT')
  } finally {
    database.close()
  }
  return inspect(from, to)
}

function inspect(from: string, copy: string): Snapshot {
  const database = new SqliteDatabase(copy)
  try {
    // One file without others beside it; whoever opens it next turns that on again.
    database.pragma('journal_mode = DELETE')
    const found = database.pragma('integrity_check(1)', { simple: true }) as string
    if (found !== 'ok') throw new Error(`${from} is damaged (${found}): no backup was made of it`)
    return {
      version: database.pragma('user_version', { simple: true }) as number,
      steps: [...stepsIn(database, 'kysely_migration', ''), ...stepsIn(database, 'local_migration', LOCAL)],
    }
  } finally {
    database.close()
  }
}

function stepsIn(database: SqliteDatabase.Database, table: string, prefix: string): readonly string[] {
  if (database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) === undefined) return []
  const names = database.prepare(`SELECT name FROM ${table} ORDER BY name`).pluck().all() as string[]
  return names.map((name) => `${prefix}${name}`)
}
