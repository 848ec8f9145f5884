import type { Charger } from '../core/charger/charger.ts'
import { nearest } from '../lib/nearest.ts'
import type { Failure } from './failure.ts'

/** What `GET /api/chargers` tells of one charger; null is what it has not said yet. */
export function chargerView(charger: Charger) {
  const { connectors } = charger.state
  return {
    id: charger.id,
    name: charger.settings.name,
    guest: charger.guest,
    registration: charger.registration,
    /** As the building is shown it. */
    online: charger.online,
    /** It may be told things now. */
    ready: charger.ready && charger.link !== undefined,
    status: connectors[0]?.status ?? null,
    connectors: connectors.slice(1).map(({ status, errorCode }, index) => ({
      connector: index + 1,
      status: status ?? null,
      errorCode: errorCode ?? null,
    })),
  }
}

/** The charger with that identifier, in any letter case. */
export function findCharger(chargers: Iterable<Charger>, id: string): Charger | Failure {
  const all = [...chargers]
  const found = all.find((charger) => charger.id.toLowerCase() === id.toLowerCase())
  if (found !== undefined) return found
  const near = nearest(
    id,
    all.map((charger) => charger.id),
  )
  const meant = near === undefined ? 'see GET /api/chargers' : `did you mean ${near}?`
  return { status: 404, code: 'unknown-charger', description: `there is no charger ${id} (${meant})` }
}
