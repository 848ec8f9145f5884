import type { Store, StoredTransaction } from '../ports.ts'
import { applyReading, connectorState, quieten, trusted } from './apply-event.ts'
import type { Charger } from './charger.ts'
import { countEnergy } from './energy.ts'
import type { TransactionStart, TransactionStop } from './event.ts'
import { forgetLimit } from './reconcile.ts'
import type { ConnectorState } from './state.ts'

/** Why a transaction ended here although its stop has not come. */
const LOCAL = 'Local: no stop was received'

/** Begins a transaction, or finds the one that this announcement repeats. On disk before it returns. */
export function startTransaction(
  charger: Charger,
  start: TransactionStart,
  store: Store,
  shownTag: (idTag: string) => string,
  now: number,
): { readonly id: number; readonly repeated: boolean } {
  const key = {
    charger: charger.id,
    connector: start.connector,
    idTag: start.idTag,
    meterStartWh: start.meterStartWh,
    timestampText: start.timestampText,
  }
  const earlier = start.timestampText === '' ? undefined : store.sameStart(key)
  if (earlier !== undefined) return { id: earlier.id, repeated: true }
  const startedAt = start.chargerTime ?? now
  const transaction: StoredTransaction = {
    ...key,
    id: store.nextTransactionId(),
    startedAt,
    meterStopWh: undefined,
    stoppedAt: undefined,
    stopReason: undefined,
  }
  store.saveTransaction(transaction)
  const state = connectorState(charger, start.connector)
  if (state === undefined) return { id: transaction.id, repeated: false }
  if (state.transaction !== undefined) endTransaction(charger, state, store, state.transaction.id, now)
  if (start.meterStartWh !== undefined) countEnergy(state.energy, start.meterStartWh, 'transaction', startedAt)
  state.transaction = {
    id: transaction.id,
    idTag: start.idTag,
    shownTag: shownTag(start.idTag),
    startedAt: trusted(start.chargerTime, now),
    energyAtStartWh: state.energy.totalWh,
    provenPhases: new Set(),
  }
  bindLimit(charger, start.connector)
  return { id: transaction.id, repeated: false }
}

/** Ends a transaction. A stop that fits none is kept as an orphan; one that comes twice changes nothing. */
export function stopTransaction(
  charger: Charger,
  stop: TransactionStop,
  store: Store,
  now: number,
): number | undefined {
  const stored = fittingTransaction(charger, stop, store)
  if (stored === undefined) {
    store.saveOrphanStop(charger.id, now, JSON.stringify(stop))
    return undefined
  }
  const ended = stored.stoppedAt !== undefined && stored.stopReason !== LOCAL
  if (!ended) {
    store.saveTransaction({
      ...stored,
      meterStopWh: stop.meterStopWh,
      stoppedAt: stop.chargerTime ?? now,
      stopReason: stop.reason ?? 'Local',
    })
  }
  const state = connectorState(charger, stored.connector)
  if (state === undefined || ended) return stored.connector
  if (stop.reading !== undefined) applyReading(charger, stored.connector, stop.reading, now, false)
  if (stop.meterStopWh !== undefined)
    countEnergy(state.energy, stop.meterStopWh, 'transaction', stop.chargerTime ?? now)
  if (state.transaction?.id === stored.id) finish(state, stop.chargerTime ?? now)
  return stored.connector
}

/** The charger says that the connector is free: a transaction whose stop never came is over. */
export function closeLeftOver(charger: Charger, connector: number, store: Store, now: number): void {
  const state = charger.state.connectors[connector]
  if (state?.transaction !== undefined) endTransaction(charger, state, store, state.transaction.id, now)
}

/** Readings name a transaction that is not shown as running: take it up again where it is ours and was never stopped. */
export function adoptTransaction(
  charger: Charger,
  connector: number,
  id: number,
  store: Store,
  shownTag: (idTag: string) => string,
): boolean {
  const state = charger.state.connectors[connector]
  if (state === undefined || state.transaction !== undefined) return state?.transaction?.id === id
  const stored = store.transaction(id)
  const ours = stored !== undefined && stored.charger === charger.id && stored.connector === connector
  if (!ours || (stored.stoppedAt !== undefined && stored.stopReason !== LOCAL)) return false
  resumeTransaction(charger, stored, undefined, shownTag)
  bindLimit(charger, connector)
  return true
}

/** Shows a stored transaction as running: after a restart of the bridge, or when it turns out not to be over. */
export function resumeTransaction(
  charger: Charger,
  stored: StoredTransaction,
  energyAtStartWh: number | undefined,
  shownTag: (idTag: string) => string,
): void {
  const state = connectorState(charger, stored.connector)
  if (state === undefined) return
  state.transaction = {
    id: stored.id,
    idTag: stored.idTag,
    shownTag: shownTag(stored.idTag),
    startedAt: stored.startedAt,
    energyAtStartWh: energyAtStartWh ?? state.energy.totalWh,
    provenPhases: new Set(),
  }
}

/** What the building may see of tags is another matter now: it holds for transactions that run, too. */
export function showTags(charger: Charger, shownTag: (idTag: string) => string): void {
  for (const state of charger.state.connectors) {
    const { transaction } = state
    if (transaction !== undefined) state.transaction = { ...transaction, shownTag: shownTag(transaction.idTag) }
  }
}

function endTransaction(charger: Charger, state: ConnectorState, store: Store, id: number, now: number): void {
  const stored = store.transaction(id)
  if (stored !== undefined && stored.charger === charger.id && stored.stoppedAt === undefined) {
    store.saveTransaction({ ...stored, stoppedAt: now, stopReason: LOCAL })
  }
  finish(state, now)
}

function finish(state: ConnectorState, at: number): void {
  const { transaction, energy } = state
  if (transaction === undefined) return
  const energyWh =
    transaction.energyAtStartWh === undefined || energy.totalWh === undefined
      ? undefined
      : Math.max(0, energy.totalWh - transaction.energyAtStartWh)
  state.finished = { energyWh, durationMs: Math.max(0, at - transaction.startedAt) }
  state.transaction = undefined
  quieten(state)
}

/** The limit has to bind the new transaction, too: it is sent again although it has not changed. */
function bindLimit(charger: Charger, connector: number): void {
  const progress = charger.control.connectors[connector]?.limitProgress
  if (progress !== undefined) forgetLimit(progress)
}

function fittingTransaction(charger: Charger, stop: TransactionStop, store: Store): StoredTransaction | undefined {
  if (stop.transactionId !== undefined) {
    const stored = store.transaction(stop.transactionId)
    return stored?.charger === charger.id ? stored : undefined
  }
  // A charger that never learnt the id (the start's answer was lost) stops "0" or "-1": clear when only one is open.
  const open = store.openTransactions(charger.id)
  return open.length === 1 ? open[0] : undefined
}
