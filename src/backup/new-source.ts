import { randomUUID } from 'node:crypto'
import SqliteDatabase from 'better-sqlite3'

/**
 * Makes histories of a backup those of a source of their own. The bridge that was backed up counted on afterwards, and
 * what it wrote may have been copied to a database that several share: its numbers must not mean something else there.
 * What had been copied by the time of the backup is taken out, or it would be there twice.
 */
export function becomeNewSource(file: string): void {
  const database = new SqliteDatabase(file)
  try {
    database.transaction(() => {
      const tables = new Set(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all())
      if (!tables.has('source')) return
      const key = database.prepare('UPDATE source SET key = ? WHERE id = ?')
      for (const id of database.prepare('SELECT id FROM source').pluck().all()) key.run(randomUUID(), id)
      if (tables.has('bookmark')) takeOutCopied(database, tables)
    })()
  } finally {
    database.close()
  }
}

/** Of what is summed up, the column that says when it begins. */
const begins: ReadonlyMap<string, string> = new Map([
  ['quarter_hour', 'start'],
  ['day', 'date'],
])

/** Bookmarks like `copied.quarter_hour` say up to which revision rows are elsewhere. */
function takeOutCopied(database: SqliteDatabase.Database, tables: ReadonlySet<unknown>): void {
  const bookmarks = database
    .prepare("SELECT substr(name, 8) AS name, value FROM bookmark WHERE name LIKE 'copied.%' AND value > 0")
    .all() as { readonly name: string; readonly value: number }[]
  for (const { name, value } of bookmarks) {
    if (!tables.has(name)) continue
    const begin = begins.get(name)
    // Of an interval that had begun by then some may have been copied; it went on being copied after the backup.
    if (begin !== undefined)
      database
        .prepare(`DELETE FROM ${name} WHERE ${begin} <= (SELECT max(${begin}) FROM ${name} WHERE revision <= ?)`)
        .run(value)
    database.prepare(`DELETE FROM "${name}" WHERE revision <= ?`).run(value)
  }
  // What flowed since the backup may be there as well: meters are measured from what they say next.
  if (bookmarks.length > 0 && tables.has('head')) database.exec('DELETE FROM head')
}
