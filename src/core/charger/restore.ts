import type { Store } from '../ports.ts'
import { quieten } from './apply-event.ts'
import type { Charger } from './charger.ts'
import { countEnergy } from './energy.ts'
import type { KeptSessions } from './snapshot.ts'
import { isIdle } from './state.ts'
import { resumeTransaction, shownTransaction } from './transactions.ts'

/** Shows again what runs after a restart of the bridge; `kept` is what ran on each connector when the last values were. */
export function restoreTransactions(
  charger: Charger,
  kept: readonly (KeptSessions | undefined)[],
  store: Store,
  shownTag: (idTag: string) => string,
): void {
  const open = store.openTransactions(charger.id)
  charger.state.connectors.forEach((state, connector) => {
    const { running, ended } = kept[connector] ?? {}
    const over = running !== undefined && !open.some(({ id }) => id === running.id)
    const last = over ? running : ended
    const stored = last && store.transaction(last.id)
    if (last !== undefined && stored?.charger === charger.id) {
      state.ended = shownTransaction(stored, last, shownTag)
      // Its stop was taken after the last values were kept: what it counted is made good.
      if (over && !stored.estimated && stored.meterStopWh !== undefined && stored.stoppedAt !== undefined) {
        const reading = { wh: stored.meterStopWh, stream: 'announced', at: stored.stoppedAt } as const
        countEnergy(state.energy, reading, state.ended)
      }
    }
    // In the order of their beginning: the newest is shown, unless it was told after one that followed it.
    for (const each of open) {
      if (each.connector !== connector || each.startedAt < (state.ended?.toldStartedAt ?? 0)) continue
      resumeTransaction(charger, each, running?.id === each.id ? running : undefined, shownTag)
    }
    if (isIdle(state) || (over && state.transaction === undefined)) quieten(state)
  })
}
