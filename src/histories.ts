import type { Worker } from 'node:worker_threads'
import type { History } from './core/history.ts'
import type { StorageState } from './core/storage-health.ts'
import type { Cancel, Clock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { beginThread } from './lib/thread.ts'
import { Throttle } from './lib/throttle.ts'
import type { HistoryConfig } from './store/history/config.ts'
import { historyFile, waitingFolder } from './store/history/file.ts'
import { PageFiles } from './store/history/record/page-files.ts'
import { Recorder } from './store/history/record/recorder.ts'
import type { Batch } from './store/history/record/waiting.ts'

/** What the thread is started with: everything can be copied to it. */
export interface ThreadSettings {
  /** Of the state store, absolute. */
  readonly store: string
  /** URL of a PostgreSQL database; undefined: the file beside the store is all. */
  readonly database: string | undefined
  readonly site: string
  /** Where relative paths of the config start. */
  readonly folder: string
  readonly config: HistoryConfig
  readonly shareIdTags: boolean
}

export type ToThread =
  | { readonly kind: 'write'; readonly batch: Batch }
  | { readonly kind: 'transactions-changed' }
  | { readonly kind: 'share-id-tags'; readonly share: boolean }
  | { readonly kind: 'stop' }

export type FromThread =
  /** Without so many entries, which nobody can read any more. */
  | { readonly kind: 'written'; readonly number: number; readonly missing: number }
  | { readonly kind: 'failed'; readonly number: number; readonly error: string }
  /** What the thread itself has on its way to a database elsewhere. */
  | { readonly kind: 'health'; readonly health: StorageState }
  /** A damaged file, beside the one that is written now. */
  | { readonly kind: 'put-aside' }
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly fields: Readonly<Record<string, unknown>>
      readonly message: string
    }
  | { readonly kind: 'stopped' }

export interface HistoriesParts {
  readonly settings: ThreadSettings
  readonly clock: Clock
  readonly log: Log
  /** Told of entries that wait or are lost, here and in the thread. */
  readonly health: (part: 'histories' | 'history-thread', health: StorageState) => void
  /** Told of each damaged file that was put aside. */
  readonly putAside: () => void
}

export interface Histories extends History {
  /** Transactions have changed in the store. */
  transactionsChanged(): void
  /** Whether whoever reads may see who charged: for what comes from now on. */
  shareIdTags(share: boolean): void
  /** Writes what waits, and takes the last transactions of the store, which is to be open still. */
  stop(): Promise<void>
}

/** A thread that ended by a mistake is begun again this much later. */
const AGAIN_MS = 5_000
/** A disk that hangs doesn't keep the bridge from stopping: what is not written by then is put into files. */
const STOP_WITHIN_MS = 2_000
/** Nor does it where what waits is put into files. */
const LEAVE_WITHIN_MS = 1_000
/** A thread in the middle of a call of the system ends when that does. */
const END_WITHIN_MS = 500
/** A thread that hangs is not to be told of each change. */
const CHANGES_TOGETHER_MS = 20

/** Histories, written by a thread of their own: neither their disk nor their database holds anything up here. */
export function startHistories({ settings, clock, log, health, putAside }: HistoriesParts): Histories {
  let share = settings.shareIdTags
  let stopping = false
  let stopped: (() => void) | undefined
  let isRunning = true
  let cancelChanges: Cancel | undefined
  const throttle = new Throttle(clock)
  let thread = begin()
  const post = (message: ToThread) => thread.postMessage(message)
  const recorder: Recorder = new Recorder({
    clock,
    log,
    files: new PageFiles(waitingFolder(historyFile(settings.store))),
    send: (batch) => post({ kind: 'write', batch }),
    health: (own) => health('histories', own),
  })

  function begin(): Worker {
    const workerData: ThreadSettings = { ...settings, shareIdTags: share }
    const worker = beginThread(new URL('./history-thread', import.meta.url), 'histories', workerData)
    worker.on('message', (message: FromThread) => take(message))
    worker.on('error', (error) => {
      if (throttle.pass('thread') !== undefined)
        log.error(
          { stack: error.stack ?? String(error) },
          'the thread that writes histories has failed: it is begun again',
        )
    })
    worker.once('exit', () => {
      isRunning = false
      stopped?.()
      if (!stopping) clock.after(AGAIN_MS, again)
    })
    return worker
  }

  function again(): void {
    if (stopping || isRunning) return
    isRunning = true
    thread = begin()
    recorder.restarted()
    post({ kind: 'transactions-changed' })
  }

  function take(message: FromThread): void {
    switch (message.kind) {
      case 'written':
        recorder.written(message.number, message.missing)
        break
      case 'failed':
        recorder.failed(message.number, message.error)
        break
      case 'health':
        health('history-thread', message.health)
        break
      case 'put-aside':
        putAside()
        break
      case 'log':
        log[message.level](message.fields, message.message)
        break
      case 'stopped':
        stopped?.()
        break
    }
  }

  return {
    tell: (entry) => recorder.tell(entry),
    transactionsChanged() {
      cancelChanges ??= clock.after(CHANGES_TOGETHER_MS, () => {
        cancelChanges = undefined
        post({ kind: 'transactions-changed' })
      })
    },
    shareIdTags(next) {
      share = next
      post({ kind: 'share-id-tags', share })
    },
    async stop() {
      again()
      stopping = true
      // All changes are taken at the end.
      cancelChanges?.()
      await within(STOP_WITHIN_MS, finish())
      if (!(await within(LEAVE_WITHIN_MS, recorder.stop())))
        log.error({}, "histories: what waits can't be put into files, and is lost: the disk hangs")
      await within(END_WITHIN_MS, thread.terminate())
    },
  }

  /** False: it took too long. */
  async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
    let cancel: Cancel | undefined
    const tooLong = new Promise<boolean>((resolve) => (cancel = clock.after(ms, () => resolve(false))))
    const inTime = await Promise.race([work.then(() => true), tooLong])
    cancel?.()
    return inTime
  }

  async function finish(): Promise<void> {
    await recorder.drain()
    await new Promise<void>((resolve) => {
      stopped = resolve
      post({ kind: 'stop' })
    })
  }
}
