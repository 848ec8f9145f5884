import SqliteDatabase from 'better-sqlite3'

/** What breaks a rule of the schema is a mistake of ours, and no other disk would take it either. */
const mistakes =
  /^SQLITE_(ERROR|MISUSE|RANGE|MISMATCH|TOOBIG|SCHEMA|CONSTRAINT_(CHECK|DATATYPE|FOREIGNKEY|NOTNULL|PRIMARYKEY|ROWID|UNIQUE))$/

const hints: readonly (readonly [RegExp, string])[] = [
  [/^SQLITE_(FULL|IOERR_SHMSIZE)/, 'make room on its disk'],
  [
    /^SQLITE_(READONLY|PERM|CANTOPEN)/,
    'see to it that the bridge may write its folder, and that its disk takes writes',
  ],
  [/^SQLITE_(BUSY|LOCKED)/, 'another program holds it: end that'],
  [/^SQLITE_IOERR/, 'look after its disk'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'it is damaged: restart the bridge, which saves what can still be read'],
]

/** Somebody has deleted, moved or replaced the file: what is written still goes where nobody will ever read it. */
export class TakenAway extends Error {}

/** True for what a disk does: full, not to be written, broken, held by somebody else, damaged, or gone. */
export function isTrouble(error: unknown): boolean {
  if (error instanceof TakenAway) return true
  return error instanceof SqliteDatabase.SqliteError && !mistakes.test(error.code)
}

/** The file's pages make no sense. */
export function isDamage(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
}

/** What to do about it, for people. */
export function hintOf(error: unknown): string {
  if (error instanceof TakenAway) return 'stop the bridge, which writes it once more, and start it again'
  const code = error instanceof SqliteDatabase.SqliteError ? error.code : ''
  return hints.find(([codes]) => codes.test(code))?.[1] ?? 'look after its disk'
}
