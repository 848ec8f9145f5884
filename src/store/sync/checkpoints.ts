import type { Worker } from 'node:worker_threads'
import { beginThread } from '../../lib/thread.ts'
import type { CheckpointDone, CheckpointMode } from './checkpoint-thread.ts'

/** Checkpoints of a store's log, one after the other, by a thread. */
export class Checkpoints {
  readonly #file: string
  #thread: Worker | undefined
  /** Of the one that runs. */
  #ended: ((error: string | undefined) => void) | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(file: string) {
    this.#file = file
  }

  get isRunning(): boolean {
    return this.#ended !== undefined
  }

  /** Begins the thread before it is needed: what it consists of may then be on a disk that can't be read. */
  begin(): void {
    this.#thread ??= this.#begin()
  }

  /** Rejects where it was not possible. */
  run(mode: CheckpointMode): Promise<void> {
    const run = this.#last.then(() => this.#run(mode))
    this.#last = run.catch(() => {})
    return run
  }

  /** One that runs is left to itself. */
  stop(): void {
    void this.#thread?.terminate()
  }

  #run(mode: CheckpointMode): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ended = (error) => {
        this.#ended = undefined
        if (error === undefined) resolve()
        else reject(new Error(error))
      }
      this.begin()
      this.#thread?.postMessage(mode)
    })
  }

  #begin(): Worker {
    const thread = beginThread(new URL('./checkpoint-thread', import.meta.url), 'checkpoints', { file: this.#file })
    // The bridge may end while it has nothing to do.
    thread.unref()
    thread.on('message', ({ error }: CheckpointDone) => this.#ended?.(error))
    thread.on('error', (error) => this.#ended?.(String(error)))
    thread.once('exit', () => {
      this.#thread = undefined
      this.#ended?.('its thread has ended')
    })
    return thread
  }
}
