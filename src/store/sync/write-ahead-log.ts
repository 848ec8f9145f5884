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
/** A log that grows faster than a thread brings it into its file is not let grow by more than this. */
const MOST_BYTES = 64 * 2 ** 20
const LOOK_MS = 1_000

export interface WriteAheadLogParts {
  /** Of the store, whose connection makes no checkpoints of its own. */
  readonly file: string
  /** By that connection, which writes nothing meanwhile. */
  readonly checkpoint: () => void
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
  #limit = MOST_BYTES
  #isStopped = false

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
    this.#isStopped = true
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
      const { size } = await stat(this.#path)
      if (this.#isStopped) return
      if (size > MAX_BYTES && !this.#checkpoints.isRunning) await this.#checkpoints.run('PASSIVE')
      if (this.#isStopped) return
      this.#limitTo(size)
    } catch (error) {
      // The log grows on: whoever writes it hears of what is wrong with the disk.
      if (this.#isStopped) return
      if (this.#throttle.pass('checkpoint') !== undefined)
        this.#parts.log.warn({ error: String(error) }, `the log ${this.#path} can't be brought into its file: ${error}`)
    }
    this.#lookLater()
  }

  /** A log begins anew only once all of it is in its file: never, where a commit comes during each checkpoint. */
  #limitTo(size: number): void {
    if (size <= this.#limit) {
      if (size <= MOST_BYTES) this.#limit = MOST_BYTES
      return
    }
    // What a reader holds back is held back here as well: it is not tried each time.
    this.#limit = size + MOST_BYTES
    this.#parts.checkpoint()
  }
}
