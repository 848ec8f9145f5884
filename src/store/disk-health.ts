import type { StorageState } from '../core/storage-health.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Throttle } from '../lib/throttle.ts'
import { hintOf, isDamage } from './disk-trouble.ts'

export interface DiskHealthParts {
  readonly file: string
  readonly clock: Clock
  readonly log: Log
  /** Entries in memory that the disk hasn't taken, and those that it will never get. */
  readonly counts: () => { readonly waiting: number; readonly lost: number }
  readonly told: (state: StorageState) => void
}

/** Whether the disk takes what is written, and says so: once a minute while it doesn't, and when it does again. */
export class DiskHealth {
  readonly #parts: DiskHealthParts
  readonly #throttle: Throttle
  #failing = false
  /** A page that makes no sense stays that way, whatever can be written beside it. */
  #damaged = false
  /** Entries that waited and are on disk, since it failed. */
  #written = 0
  #lostBefore = 0

  constructor(parts: DiskHealthParts) {
    this.#parts = parts
    this.#throttle = new Throttle(parts.clock)
  }

  get failing(): boolean {
    return this.#failing
  }

  get damaged(): boolean {
    return this.#damaged
  }

  /** A write, or a read, was not possible. */
  failed(error: unknown): void {
    const { file, log } = this.#parts
    if (!this.#failing) {
      this.#failing = true
      this.#lostBefore = this.#parts.counts().lost
      this.#written = 0
    }
    this.#damaged ||= isDamage(error)
    this.changed()
    if (this.#throttle.pass('failing') === undefined) return
    const { waiting, lost } = this.#parts.counts()
    log.error(
      { error: String(error), waiting, lost },
      `the store ${file} can't be ${isDamage(error) ? 'read' : 'written'}: ${error}; ${hintOf(error)}. Bridging goes on, ${waiting} entries wait in memory, and it is tried again and again`,
    )
  }

  /** So many that waited are on disk. */
  wrote(entries: number): void {
    this.#written += entries
  }

  /** Everything that waited could be written. */
  worked(): void {
    if (!this.#failing || this.#damaged) return
    const { file, log, counts } = this.#parts
    this.#failing = false
    this.changed()
    const lost = counts().lost - this.#lostBefore
    log.info(
      { written: this.#written, lost },
      `the store ${file} can be written again: ${this.#written} entries that waited are on disk, ${lost} are lost`,
    )
  }

  /** The counts have changed. */
  changed(): void {
    const { waiting, lost } = this.#parts.counts()
    // What gathers for a moment is no news.
    this.#parts.told({ failing: this.#failing, waiting: this.#failing ? waiting : 0, lost })
  }
}
