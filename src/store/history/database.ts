import SqliteDatabase from 'better-sqlite3'
import {
  CamelCasePlugin,
  DEFAULT_MIGRATION_TABLE,
  Kysely,
  Migrator,
  type MigratorProps,
  SqliteDialect,
  sql,
} from 'kysely'
import { localMigrations } from './local-tables.ts'
import { type Dialect, migrations } from './schema.ts'
import type { Tables } from './tables.ts'

export type HistoryDatabase = Kysely<Tables>

/** Histories in one SQLite file, as a connection and as a query builder on it. */
export interface SqliteHistories {
  readonly raw: SqliteDatabase.Database
  readonly db: HistoryDatabase
}

/** Whoever reads has time; whoever writes tries again anyhow, and is not to keep an end waiting. */
const READ_WITHIN_MS = 5_000
const WRITE_WITHIN_MS = 1_000

/** Opens a file of histories; `readonly`: of a bridge that may be running. Throws where it is none of SQLite's. */
export function openSqliteHistories(file: string, { readonly = false } = {}): SqliteHistories {
  const raw = new SqliteDatabase(file, { readonly, timeout: readonly ? READ_WITHIN_MS : WRITE_WITHIN_MS })
  try {
    if (!readonly) prepareToWrite(raw)
  } catch (error) {
    raw.close()
    throw error
  }
  return { raw, db: new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }), plugins: [names()] }) }
}

function prepareToWrite(raw: SqliteDatabase.Database): void {
  // Before the first table: afterwards it means nothing.
  raw.pragma('auto_vacuum = INCREMENTAL')
  raw.pragma('journal_mode = WAL')
  raw.pragma('synchronous = NORMAL')
  // The log has four indexes, of which two grow everywhere at once: their pages are to be written seldom. Pages are of 4 kB.
  raw.pragma('wal_autocheckpoint = 8000')
  raw.pragma(`journal_size_limit = ${64 * 2 ** 20}`)
  raw.pragma(`cache_size = ${-32 * 1024}`)
}

/** Columns are in snake_case in the database, in camelCase here. */
export function names(): CamelCasePlugin {
  return new CamelCasePlugin()
}

/** Brings a database up to this version; throws where a newer bridge has written it. Interrupted, it begins anew. */
export async function migrate(db: HistoryDatabase, dialect: Dialect): Promise<void> {
  await bringUp(db, migrations(dialect), {})
}

/** The same for the tables that stand in the bridge's own file alone. */
export async function migrateLocal(db: HistoryDatabase): Promise<void> {
  const tables = { migrationTableName: 'local_migration', migrationLockTableName: 'local_migration_lock' }
  await bringUp(db, localMigrations, tables)
}

async function bringUp(
  db: HistoryDatabase,
  steps: ReturnType<typeof migrations>,
  tables: Partial<MigratorProps>,
): Promise<void> {
  const provider = { getMigrations: async () => ({ ...steps }) }
  const migrator = new Migrator({ db: db.withoutPlugins(), provider, ...tables })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  const newer = await unknownStep(db, steps, tables)
  if (newer !== undefined)
    throw new Error(
      `a newer bridge has written these histories (its step ${newer} is not known here): start that version, or keep them elsewhere`,
      { cause: error },
    )
  throw new Error(`the histories can't be opened: ${error}`, { cause: error })
}

/** A step that a database has gone, and that isn't one of these. */
async function unknownStep(
  db: HistoryDatabase,
  steps: ReturnType<typeof migrations>,
  { migrationTableName = DEFAULT_MIGRATION_TABLE }: Partial<MigratorProps>,
): Promise<string | undefined> {
  try {
    const table = sql.table(migrationTableName)
    const { rows } = await sql<{ readonly name: string }>`select name from ${table} order by name`.execute(db)
    return rows.map(({ name }) => name).find((name) => !Object.hasOwn(steps, name))
  } catch {
    // What went wrong before is what has to be said.
    return undefined
  }
}
