import { existsSync } from 'node:fs'
import { Charger } from './core/charger/charger.ts'
import { restoreSnapshot } from './core/charger/snapshot.ts'
import { systemClock } from './lib/clock.ts'
import { nearest } from './lib/nearest.ts'
import type { Problem } from './lib/problem.ts'
import { discover } from './mapping/discover.ts'
import { draw, type Plan } from './plan.ts'
import { northbound } from './plugins.ts'
import { openSqlite } from './store/sqlite.ts'

/** Rows to paste; what can't be found out, in one line; or neither, where the config has problems. */
export interface Discovered {
  readonly problems: readonly Problem[]
  readonly rows?: string
  readonly why?: string
}

/** What a charger of the config has ever shown, from the store alone: whether or not a bridge runs. */
export function discoverPoints(id: string, file: string): Discovered {
  const { problems, plan } = draw(file)
  if (plan === undefined) return { problems }
  const { settings, mappings } = plan
  const configured = settings.chargers.find(({ settings: own }) => own.id.toLowerCase() === id.toLowerCase())
  if (configured === undefined) return { problems, why: stranger(id, plan) }
  const mapping = mappings.byName.get(configured.mapping)
  const charger = remembered(configured.settings, plan)
  if (mapping === undefined || charger === undefined)
    return { problems, why: `${configured.settings.id} has never been seen: connect it, and ask again` }
  return { problems, rows: discover(charger, mapping, { protocols: northbound, configs: settings.northbound }) }
}

function stranger(id: string, { settings }: Plan): string {
  const near = nearest(
    id,
    settings.chargers.map(({ settings: own }) => own.id),
  )
  const hint = near === undefined ? 'see ocpp-bms-bridge chargers adopt' : `did you mean ${near}?`
  return `there is no charger ${id} in the config (${hint})`
}

/** The charger as the store knows it; undefined: it has never said a word. */
function remembered(own: Plan['settings']['chargers'][number]['settings'], { settings }: Plan): Charger | undefined {
  if (!existsSync(settings.store)) return undefined
  const store = openSqlite(settings.store, systemClock)
  const snapshot = store.snapshot(own.id)
  const connectors = own.connectors ?? Number(store.held(own.id).get('connectors') ?? 1)
  store.close()
  if (snapshot === undefined) return undefined
  const charger = new Charger(own, { guest: false, connectors, limits: settings.limits })
  restoreSnapshot(charger, snapshot)
  return charger.state.heardAt === undefined ? undefined : charger
}
