import { closeSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Throttle } from '../../lib/throttle.ts'
import { Checkpoints } from './checkpoints.ts'

const dataSynced = promisify(fdatasync)
/** A log of more pages than this is brought into its file: 4 MB. */
const MAX_PAGES = 1_000
/** A log that grows faster than a thread brings it into its file is not let grow by more than this: 64 MB. */
const MOST_PAGES = 16_000
const LOOK_MS = 1_000
/** A bridge that starts has other things to do first. */
const BEGIN_MS = 10_000

/** How many pages the log has since it began anew, and how many of these are in the file; its own length says neither. */
export interface Logged {
  readonly log: number
  readonly checkpointed: number
}

export interface WriteAheadLogParts {
  /** Of the store, whose connection makes no checkpoints of its own accord. */
  readonly file: string
  /** By that connection, which writes nothing meanwhile; NOOP only looks. */
  readonly checkpoint: (mode: 'NOOP' | 'PASSIVE') => Logged
  readonly clock: Clock
  readonly log: Log
}

/** What SQLite keeps beside a store, brought to disk without its connection: that would wait for it. */
export class WriteAheadLog {
  readonly #parts: WriteAheadLogParts
  readonly #checkpoints: Checkpoints
  readonly #throttle: Throttle
  #descriptor: number | undefined
  #last: Promise<void> = Promise.resolve()
  #cancel: Cancel = () => {}
  #cancelBegin: Cancel
  #limit = MOST_PAGES
  #isStopped = false

  constructor(parts: WriteAheadLogParts) {
    this.#parts = parts
    this.#checkpoints = new Checkpoints(parts.file)
    this.#throttle = new Throttle(parts.clock)
    this.#lookLater()
    this.#cancelBegin = parts.clock.after(BEGIN_MS, () => this.#checkpoints.begin())
  }

  /** All commits until now are on disk. */
  async sync(): Promise<void> {
    this.#descriptor ??= openSync(this.#path, 'r+')
    this.#last = dataSynced(this.#descriptor)
    await this.#last
  }

  /**
   * The same, by way of the store itself: what the system could not write of the log once, it may take for written the
   * next time. Such a log is not left: after a power cut its beginning would undo what the file has, and its rest, with
   * all that came after, would be missing.
   */
  async repair(): Promise<void> {
    await this.#checkpoints.run('TRUNCATE')
    await this.sync()
  }

  /** Before the store is closed. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
    this.#cancelBegin()
    this.#checkpoints.stop()
    const descriptor = this.#descriptor
    if (descriptor !== undefined) void this.#last.catch(() => {}).then(() => closeSync(descriptor))
  }

  get #path(): string {
    return `${this.#parts.file}-wal`
  }

  #lookLater(): void {
    this.#cancel = this.#parts.clock.after(LOOK_MS, () => void this.#look())
  }

  async #look(): Promise<void> {
    try {
      const { log, checkpointed } = this.#parts.checkpoint('NOOP')
      // One that is in the file as a whole begins anew with the next commit.
      if (log > MAX_PAGES && log > checkpointed && !this.#checkpoints.isRunning) await this.#checkpoints.run('PASSIVE')
      if (this.#isStopped) return
      this.#limitTo(log)
    } catch (error) {
      // The log grows on: whoever writes it hears of what is wrong with the disk.
      if (this.#isStopped) return
      if (this.#throttle.pass('checkpoint') !== undefined)
        this.#parts.log.warn({ error: String(error) }, `the log ${this.#path} can't be brought into its file: ${error}`)
    }
    this.#lookLater()
  }

  /** A log begins anew only once all of it is in its file: never, where a commit comes during each checkpoint. */
  #limitTo(log: number): void {
    if (log <= this.#limit) {
      if (log <= MOST_PAGES) this.#limit = MOST_PAGES
      return
    }
    // What a reader holds back is held back here as well: it is not tried each time.
    this.#limit = log + MOST_PAGES
    this.#parts.checkpoint('PASSIVE')
  }
}
