import { existsSync, statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { fileTime } from './aside.ts'
import { TakenAway } from './disk-trouble.ts'

/** Whether an open store is still the file of its name. */
export class InPlace {
  readonly #database: Database
  readonly #file: string
  readonly #inode: number

  constructor(database: Database, file: string) {
    this.#database = database
    this.#file = file
    this.#inode = inodeOf(file)
  }

  /** Throws where it is not: SQLite goes on writing into a file without a name, which ends with its process. */
  check(): void {
    if (inodeOf(this.#file) !== this.#inode) throw new TakenAway('it was deleted, moved or replaced')
  }

  /** Writes all of it to where it was, or beside what took its place, and answers that file; undefined: it is in place. */
  putBack(now: number): string | undefined {
    if (inodeOf(this.#file) === this.#inode) return undefined
    const target = existsSync(this.#file) ? `${this.#file}.replaced-${fileTime(now)}` : this.#file
    this.#database.prepare('VACUUM INTO ?').run(target)
    return target
  }
}

/** Which file has that name; 0: none has, or it is in memory. */
export function inodeOf(file: string): number {
  return file === ':memory:' ? 0 : (statSync(file, { throwIfNoEntry: false })?.ino ?? 0)
}
