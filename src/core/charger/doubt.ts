import type { Store } from '../ports.ts'
import type { Charger } from './charger.ts'
import { closeLeftOver } from './transactions.ts'

/** How long after a Boot a session may take to show that it goes on. */
const DOUBT_MS = 2 * 60_000

/**
 * A Boot was heard. Power may have failed, and then the session is over although no stop came; or the charger tells who
 * it is again while a car goes on charging: what it says next decides.
 */
export function doubtTransactions(charger: Charger, now: number): void {
  for (const state of charger.state.connectors) {
    // Its clock may have been set, so what it said earlier is no measure any more.
    state.statusTold = undefined
    if (state.transaction !== undefined) state.transaction.doubtedUntil = now + DOUBT_MS
  }
}

/** A status was told: what it says of the session that is shown. */
export function statusDecides(charger: Charger, connector: number, store: Store, now: number): void {
  const state = charger.state.connectors[connector]
  const { status, transaction } = state ?? {}
  switch (status) {
    case 'Available':
      closeLeftOver(charger, connector, store, now)
      break
    case 'Charging':
    case 'SuspendedEV':
    case 'SuspendedEVSE':
      if (transaction !== undefined) transaction.doubtedUntil = undefined
      break
    case 'Preparing':
    case 'Finishing':
    case 'Reserved':
      if (transaction?.doubtedUntil !== undefined) closeLeftOver(charger, connector, store, now)
      break
    default:
      break
  }
}

/** Ends what was in doubt for too long; true when there was any. */
export function closeDoubted(charger: Charger, store: Store, now: number): boolean {
  let closed = false
  for (let connector = 1; connector < charger.state.connectors.length; connector += 1) {
    const until = charger.state.connectors[connector]?.transaction?.doubtedUntil
    if (until !== undefined && now >= until) closed = closeLeftOver(charger, connector, store, now) || closed
  }
  return closed
}
