import { closeSync, fdatasync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Throttle } from '../../lib/throttle.ts'
import { Checkpoints } from './checkpoints.ts'

const dataSynced = promisify(fdatasync)
/** A log that has grown beyond this is brought into its file. */
const MAX_BYTES = 4 * 2 ** 20
const LOOK_MS = 1_000

export interface WriteAheadLogParts {
  /** Of the store, whose connection makes no checkpoints of its own. */
  readonly file: string
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

  constructor(parts: WriteAheadLogParts) {
    this.#parts = parts
    this.#checkpoints = new Checkpoints(parts.file)
    this.#throttle = new Throttle(parts.clock)
    this.#lookLater()
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
    this.#cancel()
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
      if ((await stat(this.#path)).size > MAX_BYTES && !this.#checkpoints.isRunning)
        await this.#checkpoints.run('PASSIVE')
    } catch (error) {
      // The log grows on: whoever writes it hears of what is wrong with the disk.
      if (this.#throttle.pass('checkpoint') !== undefined)
        this.#parts.log.warn({ error: String(error) }, `the log ${this.#path} can't be brought into its file: ${error}`)
    }
    this.#lookLater()
  }
}
