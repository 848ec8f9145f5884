import SqliteDatabase from 'better-sqlite3'
import { CamelCasePlugin, Kysely, Migrator, SqliteDialect } from 'kysely'
import { type Dialect, migrations } from './schema.ts'
import type { Tables } from './tables.ts'

export type HistoryDatabase = Kysely<Tables>

/** Histories in one SQLite file, as a connection and as a query builder on it. */
export interface SqliteHistories {
  readonly raw: SqliteDatabase.Database
  readonly db: HistoryDatabase
}

/** Opens a file of histories; `readonly`: of a bridge that may be running. */
export function openSqliteHistories(file: string, { readonly = false } = {}): SqliteHistories {
  const raw = new SqliteDatabase(file, { readonly, timeout: 5_000 })
  if (!readonly) {
    // Before the first table: afterwards it means nothing.
    raw.pragma('auto_vacuum = INCREMENTAL')
    raw.pragma('journal_mode = WAL')
    raw.pragma('synchronous = NORMAL')
  }
  return { raw, db: new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }), plugins: [names()] }) }
}

/** Columns are in snake_case in the database, in camelCase here. */
export function names(): CamelCasePlugin {
  return new CamelCasePlugin()
}

/** Brings a database up to this version; throws where a newer bridge has written it. Interrupted, it begins anew. */
export async function migrate(db: HistoryDatabase, dialect: Dialect): Promise<void> {
  const own = migrations(dialect)
  const migrator = new Migrator({ db: db.withoutPlugins(), provider: { getMigrations: async () => ({ ...own }) } })
  const done = await migrator.getMigrations()
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined)
    throw new Error(`the histories can't be brought to this version (${done.length} steps known): ${error}`, {
      cause: error,
    })
}
