import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Kysely } from 'kysely'
import { setAside } from '../aside.ts'
import { isCorrupt } from './corrupt.ts'
import { migrate, migrateLocal, openSqliteHistories, type SqliteHistories } from './database.ts'
import { goOnAs, identityOf } from './identity.ts'
import type { LocalTables } from './local-tables.ts'
import type { Tables } from './tables.ts'

/** The bridge's own file of histories, open to be written. */
export interface LocalHistories extends SqliteHistories {
  /** The same as `db`, with the tables that only this file has. */
  readonly local: Kysely<Tables & LocalTables>
  /** This bridge's row in the table `source`. */
  readonly source: number
}

export interface OpenedLocal {
  readonly histories: LocalHistories
  /** Where a damaged file went, and what SQLite said of it; undefined: it was not damaged. */
  readonly damaged: { readonly aside: string; readonly error: unknown } | undefined
}

/**
 * Opens the bridge's own file of histories, brought up to this version. A damaged one is put aside and another begun:
 * what is there is for people to save, what comes must be written. Throws where the disk can't be written, or where a newer
 * bridge wrote the file.
 */
export async function openLocalHistories(file: string, site: string, now: number): Promise<OpenedLocal> {
  try {
    return { histories: await open(file, site), damaged: undefined }
  } catch (error) {
    if (!isCorrupt(error)) throw error
    const aside = setAside(file, now)
    return { histories: await openInPlaceOf(aside, file, site, now), damaged: { aside, error } }
  }
}

/** Another file where a damaged one was: the same bridge's, as far as that can still be read. */
export async function openInPlaceOf(aside: string, file: string, site: string, now: number): Promise<LocalHistories> {
  const histories = await open(file, site)
  const identity = identityOf(aside)
  if (identity !== undefined) goOnAs(identity, histories, now)
  return histories
}

async function open(file: string, site: string): Promise<LocalHistories> {
  mkdirSync(dirname(file), { recursive: true })
  // Who charged where and when is nobody else's to read.
  closeSync(openSync(file, 'a', 0o600))
  const histories = openSqliteHistories(file)
  try {
    await migrate(histories.db, 'sqlite')
    await migrateLocal(histories.db)
    const local = histories.db.withTables<LocalTables>()
    return { ...histories, local, source: await ownSource(histories, site) }
  } catch (error) {
    histories.raw.close()
    throw error
  }
}

/** The row of this file's bridge: its key is made once, and goes wherever its rows are copied to. */
async function ownSource({ db }: SqliteHistories, site: string): Promise<number> {
  const known = await db.selectFrom('source').select(['id', 'site']).orderBy('id').limit(1).executeTakeFirst()
  if (known === undefined) {
    const row = { key: randomUUID(), site }
    return (await db.insertInto('source').values(row).returning('id').executeTakeFirstOrThrow()).id
  }
  // A disk that is full takes nothing at all, and has to be none of a bridge's that starts again.
  if (known.site !== site) await db.updateTable('source').set({ site }).where('id', '=', known.id).execute()
  return known.id
}
