import type { Store } from './core/ports.ts'
import { StorageHealth } from './core/storage-health.ts'
import type { KeptHistory } from './gateway.ts'
import { type Histories, startHistories } from './histories.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import type { Plan } from './plan.ts'
import { asideOf } from './store/aside.ts'
import { defaults } from './store/history/config.ts'
import { historyFile } from './store/history/file.ts'
import { lockAlone, type StoreLock } from './store/lock.ts'
import { openSqlite } from './store/sqlite.ts'

/** What a bridge that runs has of the past, and what it needs of it. */
export interface Kept {
  /** How it stands with all of it. */
  readonly health: StorageHealth
  readonly store: Store
  /** Absent: nothing of the past is kept beside the store. */
  readonly history?: KeptHistory
}

/** Opens the store of a plan, and the histories beside it; throws where another bridge runs on it. */
export function openKept(plan: Plan, log: Log): Kept {
  const lock = lockAlone(plan.settings.store)
  try {
    return open(plan, log, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The lock is released with the store, which is closed last. */
function open({ settings }: Plan, log: Log, lock: StoreLock): Kept {
  let history: Histories | undefined
  const { database, folder, services, site, southbound, store: file } = settings
  const health = new StorageHealth()
  const opened = openSqlite(file, systemClock, {
    log,
    damaged: 'salvage',
    syncsBehind: true,
    health: (state) => health.report('state', state),
    transactionsChanged: () => history?.transactionsChanged(),
  })
  const store: Store = {
    ...opened,
    close() {
      opened.close()
      lock.release()
    },
  }
  tellAside(file, health, log)
  const config = services.history ?? defaults
  // A store in memory keeps nothing, and neither does what stands beside it.
  if (config === false || file === ':memory:') return { health, store }
  const { shareIdTags } = southbound.ocpp
  history = startHistories({
    settings: { store: file, database, site, folder, config, shareIdTags },
    clock: systemClock,
    log,
    health: (part, state) => health.report(part, state),
    putAside: () => tellAside(file, health, log),
  })
  return { health, store, history }
}

/** What was damaged once stays an alarm until somebody has seen to it: nobody reads the log of last week. */
function tellAside(store: string, health: StorageHealth, log: Log): void {
  if (store === ':memory:') return
  const aside = [store, historyFile(store)].flatMap(asideOf)
  if (aside.length === 0) return
  health.report('aside', { failing: true, waiting: 0, lost: 0 })
  log.warn({ aside }, `damaged and put aside: ${aside.join(', ')}; storageFault until a start without them`)
}
