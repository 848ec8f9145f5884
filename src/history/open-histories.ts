import { existsSync, statSync } from 'node:fs'
import type { Plan } from '../plan.ts'
import { type HistoryDatabase, openSqliteHistories, type SqliteHistories } from '../store/history/database.ts'
import { historyFile } from '../store/history/file.ts'
import { openPostgresHistories, placeOf } from '../store/history/postgres.ts'
import { sitesOf } from '../store/history/query/sites.ts'

/** PostgreSQL's code for a table that isn't there. */
const UNDEFINED_TABLE = '42P01'

/** The histories of a bridge, to be read only; whether or not it runs. */
export interface ReadHistories {
  readonly db: HistoryDatabase
  /** Somebody has put another file in place of the one that is open. */
  isReplaced(): boolean
  close(): Promise<void>
}

/** Opens what the config says, or says in a sentence why there is nothing to read. */
export async function openHistories({ settings }: Plan): Promise<ReadHistories | string> {
  if (settings.database !== undefined) return openDatabase(settings.database)
  return openFile(historyFile(settings.store))
}

/** The same for a file. */
function openFile(file: string): ReadHistories | string {
  if (file === ':memory:')
    return 'the store is in memory, and so are its histories: name a file under store to keep them'
  if (!existsSync(file)) return `there are no histories yet: ${file} comes with the first run of the bridge`
  const { ino } = statSync(file)
  let opened: SqliteHistories | undefined
  try {
    opened = openSqliteHistories(file, { readonly: true })
    const { raw, db } = opened
    const isReady = raw.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'log'").get() !== undefined
    if (isReady)
      return { db, isReplaced: () => existsSync(file) && statSync(file).ino !== ino, close: () => db.destroy() }
  } catch (error) {
    opened?.raw.close()
    const { code, message } = error as Error & { readonly code?: string }
    return `${file} can't be read${code === 'SQLITE_CANTOPEN' ? ': do this as the user whose the bridge is' : `: ${message}`}`
  }
  opened.raw.close()
  return `there are no histories in ${file} yet: they come with the first run of the bridge`
}

async function openDatabase(url: string): Promise<ReadHistories | string> {
  const { db, close } = openPostgresHistories(url)
  try {
    await sitesOf(db)
  } catch (error) {
    await close()
    const where = `the PostgreSQL at ${placeOf(url)}`
    const { code, message } = error as Error & { readonly code?: string }
    return code === UNDEFINED_TABLE
      ? `there are no histories in ${where} yet: they come with the first run of the bridge`
      : `${where} can't be read: ${message || code}`
  }
  return { db, isReplaced: () => false, close }
}
