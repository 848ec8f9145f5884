import type { Database } from 'better-sqlite3'
import { type Keeping, keptAtOnce } from '../../core/keep.ts'
import { NotKept } from '../../core/not-kept.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { isTrouble } from '../disk-trouble.ts'
import type { InPlace } from '../in-place.ts'
import { Syncer } from './syncer.ts'
import { type Logged, WriteAheadLog } from './write-ahead-log.ts'

export interface CommitsParts {
  readonly database: Database
  readonly file: string
  readonly place: InPlace
  readonly clock: Clock
  readonly log: Log
  /** Nobody waits for the disk but those who are answered. */
  readonly behind: boolean
  /** The disk takes nothing. */
  readonly failed: (error: unknown) => void
}

/** How what is written gets to disk: with its commit, behind it, or whenever that may be. */
export class Commits {
  readonly #parts: CommitsParts
  readonly #level: 'FULL' | 'NORMAL'
  readonly #log: WriteAheadLog | undefined
  readonly #syncer: Syncer | undefined

  constructor(parts: CommitsParts) {
    this.#parts = parts
    const { behind, clock, database, failed, file, log, place } = parts
    this.#level = behind ? 'NORMAL' : 'FULL'
    database.pragma(`synchronous = ${this.#level}`)
    if (!behind) return
    // They wait for the disk, too.
    database.pragma('wal_autocheckpoint = 0')
    const checkpoint = (mode: 'NOOP' | 'PASSIVE'): Logged => {
      const [row] = database.pragma(`wal_checkpoint(${mode})`) as Logged[]
      return row ?? { log: 0, checkpointed: 0 }
    }
    const ahead = new WriteAheadLog({ file, checkpoint, clock, log })
    const repair = async () => {
      place.check()
      await ahead.repair()
    }
    this.#log = ahead
    const wrong = (error: unknown) => log.error({ err: error }, 'an answer that waited for the disk could not be given')
    this.#syncer = new Syncer({ clock, sync: () => ahead.sync(), repair, failed, wrong })
  }

  get keeping(): Keeping {
    return this.#syncer ?? keptAtOnce
  }

  /** What somebody may be promised; throws NotKept, and nothing has changed, where the disk takes nothing. */
  durably<T>(write: () => T): T {
    try {
      this.#parts.place.check()
      if (this.#syncer?.failure !== undefined) throw this.#syncer.failure
      const result = write()
      this.#syncer?.promise()
      return result
    } catch (error) {
      if (!isTrouble(error)) throw error
      this.#parts.failed(error)
      throw new NotKept(error)
    }
  }

  /** The same, and on disk, with all that was written before, when it returns. */
  atOnce(write: () => void): void {
    this.durably(() => this.#at('FULL', write))
    this.#syncer?.all()
  }

  /** Something was written beside that somebody may be promised. */
  promise(): void {
    this.#syncer?.promise()
  }

  /** Something was written beside that nobody is promised, and that should be on disk soon. */
  soon(): void {
    this.#syncer?.soon()
  }

  /** Needn't survive a power cut: no sync, so that meter readings cost the disk nothing. */
  unsynced(write: () => void): void {
    this.#at('NORMAL', write)
  }

  /** Throws as long as what was written doesn't get to disk, and tries it once more. */
  check(): void {
    const failure = this.#syncer?.failure
    this.#syncer?.again()
    if (failure !== undefined) throw failure.cause
  }

  /** `last` writes something: with that all of it is on disk. Before the store is closed. */
  end(last: () => void): void {
    this.#log?.stop()
    try {
      if (this.keeping.kept < this.keeping.promised) this.atOnce(last)
    } finally {
      this.#syncer?.stop()
    }
  }

  #at(level: 'FULL' | 'NORMAL', write: () => void): void {
    const { database } = this.#parts
    database.pragma(`synchronous = ${level}`)
    try {
      database.transaction(write)()
    } finally {
      database.pragma(`synchronous = ${this.#level}`)
    }
  }
}
