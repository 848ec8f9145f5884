import type { Store } from './core/ports.ts'
import type { KeptHistory } from './gateway.ts'
import { startHistories } from './histories.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import type { Plan } from './plan.ts'
import { defaults } from './store/history/config.ts'
import { openSqlite } from './store/sqlite.ts'

/** What a bridge that runs has of the past, and what it needs of it. */
export interface Kept {
  readonly store: Store
  /** Absent: nothing of the past is kept beside the store. */
  readonly history?: KeptHistory
}

/** Opens the store of a plan, and the histories beside it. */
export function openKept(plan: Plan, log: Log): Kept {
  let history: KeptHistory | undefined
  const { settings } = plan
  const store = openSqlite(settings.store, systemClock, {
    log,
    transactionsChanged: () => history?.transactionsChanged(),
  })
  const { database, folder, services, site, southbound, store: file } = settings
  const config = services.history ?? defaults
  // A store in memory keeps nothing, and neither does what stands beside it.
  if (config === false || file === ':memory:') return { store }
  const { shareIdTags } = southbound.ocpp
  history = startHistories({
    settings: { store: file, database, site, folder, config, shareIdTags },
    clock: systemClock,
    log,
    health: () => {},
  })
  return { store, history }
}
