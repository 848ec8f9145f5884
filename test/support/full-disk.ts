import SqliteDatabase from 'better-sqlite3'

/** Makes the tables of a store, or those that are named, take nothing any more, as a full disk does; the answer puts that right. */
export function fillDisk(file: string, named?: readonly string[]): () => void {
  const database = new SqliteDatabase(file)
  const all = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[]
  const tables = named ?? all
  const triggers = tables.flatMap((table) =>
    ['INSERT', 'UPDATE', 'DELETE'].map((change) => ({ name: `full ${table} ${change}`, table, change })),
  )
  for (const { name, table, change } of triggers)
    database.exec(
      `CREATE TRIGGER "${name}" BEFORE ${change} ON "${table}" BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
    )
  return () => {
    for (const { name } of triggers) database.exec(`DROP TRIGGER "${name}"`)
    database.close()
  }
}
