import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import SqliteDatabase from 'better-sqlite3'
import type { FromThread, ThreadSettings, ToThread } from './histories.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { localDate } from './lib/moment.ts'
import { hashTag } from './southbound/ocpp/hash-tag.ts'
import { describe } from './southbound/ocpp/v16/describe.ts'
import { type ChangedTransactions, readChangedTransactions } from './store/changed-transactions.ts'
import { historyFile } from './store/history/file.ts'
import { Keeper } from './store/history/keeper.ts'

/** Of -20 to 19: what others leave over, and never nothing. */
const BEHIND_OTHERS = 10

/** The thread that keeps histories: what `histories.ts` tells it, it has written. */
if (parentPort === null) throw new Error('this is a thread of the bridge, started by it alone')
const port = parentPort
// On Linux a priority is a thread's own: whoever carries what is recorded here goes first.
if (process.platform === 'linux') setPriority(BEHIND_OTHERS)
const { shareIdTags, store, ...settings } = workerData as ThreadSettings
let share = shareIdTags
const tell = (message: FromThread) => port.postMessage(message)

const logged =
  (level: Extract<FromThread, { kind: 'log' }>['level']): Log['info'] =>
  (fields, message) =>
    tell({ kind: 'log', level, fields: plain(fields), message })
const log: Log = {
  debug: logged('debug'),
  info: logged('info'),
  warn: logged('warn'),
  error: logged('error'),
  debugs: false,
}

let reading: { readonly database: SqliteDatabase.Database; readonly changed: ChangedTransactions } | undefined

/** What is wrong with the store is not the histories' own trouble. */
function changed(after: number, limit: number): ReturnType<ChangedTransactions> {
  try {
    reading ??= openStore()
    return reading.changed(after, limit)
  } catch (error) {
    closeStore()
    throw new Error(`the store can't be read: ${error}`)
  }
}

function openStore(): NonNullable<typeof reading> {
  const database = new SqliteDatabase(store, { readonly: true, timeout: 1_000 })
  return { database, changed: readChangedTransactions(database) }
}

function closeStore(): void {
  reading?.database.close()
  reading = undefined
}

const keeper = new Keeper({
  ...settings,
  file: historyFile(store),
  clock: systemClock,
  log,
  days: localDate,
  describe: (message) => describe(message, shownTag),
  shownTag,
  changed,
  health: (health) => tell({ kind: 'health', health }),
  putAside: () => tell({ kind: 'put-aside' }),
})

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'write': {
      const { number } = message.batch
      keeper.write(message.batch).then(
        (missing) => tell({ kind: 'written', number, missing }),
        (error: unknown) => tell({ kind: 'failed', number, error: String(error) }),
      )
      break
    }
    case 'transactions-changed':
      keeper.transactionsChanged()
      break
    case 'share-id-tags':
      share = message.share
      break
    case 'stop':
      void keeper.stop().then(() => {
        closeStore()
        tell({ kind: 'stopped' })
      })
      break
  }
})

function shownTag(idTag: string): string {
  return share ? idTag : hashTag(idTag)
}

/** What can be copied from one thread to another: of an error, what it says. */
function plain(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? String(value) : value]),
  )
}
