import type { StartKey, Store, StoredTransaction } from '../ports.ts'
import { applyReading, connectorState, moment, quieten, trusted } from './apply-event.ts'
import type { Charger } from './charger.ts'
import { addPastSession, countEnergy } from './energy.ts'
import type { Reading, TransactionStart, TransactionStop } from './event.ts'
import { forgetLimit } from './reconcile.ts'
import { mergeSigned, registerOf } from './signed.ts'
import type { ConnectorState, TransactionState } from './state.ts'

/** Why a transaction ended here although its stop has not come. */
const LOCAL = 'Local: no stop was received'

/** What a charger announces now but began longer ago than this was queued while it was away. */
const QUEUED_MS = 10 * 60_000

/** Begins a transaction, or finds the one that this announcement repeats. Kept before it returns. */
export function startTransaction(
  charger: Charger,
  start: TransactionStart,
  store: Store,
  shownTag: (idTag: string) => string,
  now: number,
): { readonly id: number; readonly repeated: boolean } {
  const { connector, idTag, meterStartWh, timestampText } = start
  const key: StartKey = { charger: charger.id, connector, idTag, meterStartWh, timestampText }
  const earlier = earlierStart(start, key, store)
  const state = connectorState(charger, connector)
  if (earlier !== undefined) {
    const open = earlier.stoppedAt === undefined && state !== undefined && state.transaction === undefined
    if (open && !isPast(state, start, now)) {
      resumeTransaction(charger, earlier, undefined, shownTag)
      bindLimit(charger, connector)
    }
    return { id: earlier.id, repeated: true }
  }
  const at = moment(start.chargerTime, now)
  const transaction: StoredTransaction = {
    ...key,
    id: store.nextTransactionId(),
    startedAt: at,
    meterStopWh: undefined,
    stoppedAt: undefined,
    stopReason: undefined,
    estimated: false,
  }
  const { id } = transaction
  store.saveTransaction(transaction)
  // One that a newer has overtaken is on record, and is over as far as the building can see.
  if (state === undefined || isPast(state, start, now)) return { id, repeated: false }
  closeLeftOver(charger, connector, store, now, id)
  const session = { id, toldStartedAt: at, energyAtStartWh: undefined }
  if (meterStartWh !== undefined) countEnergy(state.energy, { wh: meterStartWh, stream: 'announced', at }, session)
  const startedAt = trusted(start.chargerTime, now)
  state.transaction = shownTransaction(transaction, { startedAt, energyAtStartWh: state.energy.totalWh }, shownTag)
  bindLimit(charger, connector)
  return { id, repeated: false }
}

/** True for what happened while the charger was away: nobody can be turned away any more. */
export function wasQueued(chargerTime: number | undefined, now: number): boolean {
  return now - moment(chargerTime, now) > QUEUED_MS
}

/** What a stop ended. */
export interface StopTaken {
  readonly connector: number | undefined
  /** Undefined: none of ours. */
  readonly transactionId: number | undefined
  /** It did not come before. */
  readonly news: boolean
}

/** Ends a transaction. A stop that fits none is kept as an orphan; one that comes twice changes nothing. */
export function stopTransaction(charger: Charger, stop: TransactionStop, store: Store, now: number): StopTaken {
  const stored = fittingTransaction(charger, stop, store, now)
  if (stored === undefined) {
    store.saveOrphanStop(charger.id, now, JSON.stringify(stop))
    const connector = endForeign(charger, stop, now)
    return { connector, transactionId: undefined, news: connector !== undefined }
  }
  const taken = { connector: stored.connector, transactionId: stored.id, news: isOpenOrLocal(stored) }
  const state = charger.state.connectors[stored.connector]
  const at = Math.max(stored.startedAt, moment(stop.chargerTime, now))
  const shown = shownNow(state, stored.id)
  if (isOpenOrLocal(stored)) {
    if (shown !== undefined) countStop(charger, stored.connector, stop, shown, at, now)
    const sessionWh = shown === undefined ? pastEnergy(state, stored, stop.reading) : sessionEnergy(state, shown)
    const end = ending(stored, stop.meterStopWh, sessionWh)
    store.saveTransaction({
      ...stored,
      ...end,
      ...mergeSigned(stored.signed, shown?.signed, stop.reading?.signed),
      stoppedAt: at,
      stopReason: stop.reason ?? 'Local',
    })
    if (state !== undefined && shown === undefined) countPast(state, stored, end.meterStopWh, store)
  }
  if (state === undefined) return taken
  state.pastRegisters.delete(stored.id)
  if (state.transaction?.id === stored.id) finish(state, now, stop.chargerTime === undefined ? undefined : at)
  else if (shown !== undefined && state.finished !== undefined)
    state.finished = { ...state.finished, energyWh: sessionEnergy(state, shown) }
  return taken
}

/** The transaction as it is shown now, or was last: once a newer has begun, the total counts that one. */
function shownNow(state: ConnectorState | undefined, id: number): TransactionState | undefined {
  const newest = state?.transaction ?? state?.ended
  return newest?.id === id ? newest : undefined
}

/** A session that isn't shown has come to more than was known: counted, but none of the session that is shown. */
function countPast(state: ConnectorState, stored: StoredTransaction, meterStopWh = 0, store: Store): void {
  const wh = meterStopWh - (stored.meterStopWh ?? stored.meterStartWh ?? 0)
  if (!addPastSession(state.energy, wh, overlaps(state, stored, meterStopWh, store))) return
  for (const each of [state.transaction, state.ended])
    if (each?.energyAtStartWh !== undefined) each.energyAtStartWh += wh
}

/** It ended with more than a later one began with: the register counts each session from 0. */
function overlaps(state: ConnectorState, stored: StoredTransaction, meterStopWh: number, store: Store): boolean {
  const newer = [state.transaction, state.ended].find((each) => each !== undefined && each.id !== stored.id)
  if (newer === undefined || newer.toldStartedAt < stored.startedAt) return false
  const { meterStartWh } = store.transaction(newer.id) ?? {}
  return meterStartWh !== undefined && meterStartWh < meterStopWh
}

/** The last register of a session, as its stop tells it. */
function countStop(
  charger: Charger,
  connector: number,
  stop: TransactionStop,
  session: TransactionState,
  at: number,
  now: number,
): void {
  if (stop.reading !== undefined) applyReading(charger, connector, stop.reading, now, { live: false, session })
  const energy = charger.state.connectors[connector]?.energy
  if (stop.meterStopWh !== undefined && energy !== undefined)
    countEnergy(energy, { wh: stop.meterStopWh, stream: 'announced', at }, session)
}

/** A new transaction begins, or the connector is free: those whose stop never came are over. True when one was shown. */
export function closeLeftOver(
  charger: Charger,
  connector: number,
  store: Store,
  now: number,
  except?: number,
): boolean {
  const state = charger.state.connectors[connector]
  for (const stored of store.openTransactions(charger.id)) {
    if (stored.connector !== connector || stored.id === except) continue
    const shown = state?.transaction?.id === stored.id ? state.transaction : undefined
    const sessionWh = shown === undefined ? pastEnergy(state, stored) : sessionEnergy(state, shown)
    const end = ending(stored, undefined, sessionWh)
    store.saveTransaction({
      ...stored,
      ...end,
      ...mergeSigned(stored.signed, shown?.signed),
      stoppedAt: now,
      stopReason: LOCAL,
    })
    if (state !== undefined && shown === undefined) countPast(state, stored, end.meterStopWh, store)
  }
  if (state?.transaction === undefined) return false
  finish(state, now)
  return true
}

/** Shows a stored transaction as running: after a restart of the bridge, or when it turns out not to be over. */
export function resumeTransaction(
  charger: Charger,
  stored: StoredTransaction,
  before: Pick<TransactionState, 'energyAtStartWh' | 'startedAt'> | undefined,
  shownTag: (idTag: string) => string,
): void {
  const state = connectorState(charger, stored.connector)
  if (state === undefined) return
  const ended = state.ended?.id === stored.id ? state.ended : undefined
  state.transaction =
    ended === undefined || before !== undefined
      ? shownTransaction(
          stored,
          before ?? { startedAt: stored.startedAt, energyAtStartWh: state.energy.totalWh },
          shownTag,
        )
      : { ...ended, doubtedUntil: undefined }
}

/** A stored transaction as it is shown. */
export function shownTransaction(
  stored: StoredTransaction,
  { startedAt, energyAtStartWh }: Pick<TransactionState, 'energyAtStartWh' | 'startedAt'>,
  shownTag: (idTag: string) => string,
): TransactionState {
  return {
    id: stored.id,
    idTag: stored.idTag,
    shownTag: shownTag(stored.idTag),
    startedAt,
    toldStartedAt: stored.startedAt,
    energyAtStartWh,
    provenPhases: new Set(),
    foreign: false,
    confirmed: false,
    doubtedUntil: undefined,
    signed: stored.signed ?? [],
  }
}

/** What the building may see of tags is another matter now: it holds for transactions that run, too. */
export function showTags(charger: Charger, shownTag: (idTag: string) => string): void {
  for (const state of charger.state.connectors) {
    const { transaction } = state
    if (transaction !== undefined) state.transaction = { ...transaction, shownTag: shownTag(transaction.idTag) }
  }
}

/** Meter values came after a session was taken as over without its stop: its end is estimated anew. */
export function estimateAgain(state: ConnectorState, stored: StoredTransaction, reading: Reading, store: Store): void {
  if (stored.stopReason !== LOCAL) return
  const own = shownNow(state, stored.id)
  const sessionWh = own === undefined ? pastEnergy(state, stored, reading) : sessionEnergy(state, own)
  const { meterStopWh } = ending(stored, undefined, sessionWh)
  if (meterStopWh === undefined || meterStopWh <= (stored.meterStopWh ?? 0)) return
  store.saveTransaction({ ...stored, meterStopWh })
  if (own === undefined) countPast(state, stored, meterStopWh, store)
}

/** True while no stop of the charger's own has ended it. */
export function isOpenOrLocal(stored: StoredTransaction): boolean {
  return stored.stoppedAt === undefined || stored.stopReason === LOCAL
}

/** The limit has to bind the new transaction, too: it is sent again although it has not changed. */
export function bindLimit(charger: Charger, connector: number): void {
  const progress = charger.control.connectors[connector]?.limitProgress
  if (progress !== undefined) forgetLimit(progress)
}

function earlierStart(start: TransactionStart, key: StartKey, store: Store): StoredTransaction | undefined {
  const earlier = store.sameStart(key)
  // A clock that stands still says the same of every session: only while one runs is the next the same one.
  return start.chargerTime === undefined && earlier?.stoppedAt !== undefined ? undefined : earlier
}

/** A start that was queued, of a transaction that the one shown now, or shown last, has followed. */
function isPast({ transaction, ended }: ConnectorState, { chargerTime }: TransactionStart, now: number): boolean {
  const newer = transaction ?? ended
  if (newer === undefined || newer.foreign || chargerTime === undefined) return false
  return wasQueued(chargerTime, now) && chargerTime < newer.toldStartedAt
}

/** The register at the end: as told, else, and where that is below the start, what the session came to. */
function ending(
  { meterStartWh }: StoredTransaction,
  toldWh: number | undefined,
  sessionWh: number | undefined,
): Pick<StoredTransaction, 'meterStopWh' | 'estimated'> {
  if (toldWh !== undefined && toldWh >= (meterStartWh ?? 0)) return { meterStopWh: toldWh, estimated: false }
  const estimate = meterStartWh === undefined ? undefined : Number((meterStartWh + (sessionWh ?? 0)).toFixed(3))
  return { meterStopWh: estimate, estimated: true }
}

/** What a session has come to so far (Wh), by the published total. */
export function sessionEnergy(
  state: ConnectorState | undefined,
  { energyAtStartWh }: Pick<TransactionState, 'energyAtStartWh'>,
): number | undefined {
  const totalWh = state?.energy.totalWh
  return energyAtStartWh === undefined || totalWh === undefined ? undefined : Math.max(0, totalWh - energyAtStartWh)
}

/** What the meter values of a transaction that was never shown make of it. */
function pastEnergy(
  state: ConnectorState | undefined,
  { id, meterStartWh = 0 }: StoredTransaction,
  reading?: Reading,
): number | undefined {
  const wh = registerOf(reading) ?? state?.pastRegisters.get(id)
  // Below the start it counts the session.
  return wh === undefined || wh < meterStartWh ? wh : wh - meterStartWh
}

/** `toldAt`: when it ended by the charger's clock. */
function finish(state: ConnectorState, now: number, toldAt?: number): void {
  const { transaction } = state
  if (transaction === undefined) return
  const ms = toldAt === undefined ? now - transaction.startedAt : toldAt - transaction.toldStartedAt
  state.finished = { energyWh: sessionEnergy(state, transaction), durationMs: Math.max(0, ms) }
  state.ended = transaction
  state.transaction = undefined
  quieten(state)
}

/** A transaction that the charger numbered itself is in no record: its stop only ends what is shown. */
function endForeign(charger: Charger, stop: TransactionStop, now: number): number | undefined {
  const connector = charger.state.connectors.findIndex(
    ({ transaction }) => transaction?.foreign && transaction.id === stop.transactionId,
  )
  const state = charger.state.connectors[connector]
  if (state?.transaction === undefined) return undefined
  if (stop.meterStopWh !== undefined) {
    const reading = { wh: stop.meterStopWh, stream: 'announced', at: moment(stop.chargerTime, now) } as const
    countEnergy(state.energy, reading, state.transaction)
  }
  finish(state, now)
  return connector
}

function fittingTransaction(
  charger: Charger,
  stop: TransactionStop,
  store: Store,
  now: number,
): StoredTransaction | undefined {
  if (stop.transactionId !== undefined) {
    const stored = store.transaction(stop.transactionId)
    return stored?.charger === charger.id ? stored : undefined
  }
  // A charger that never learnt the id (the start's answer was lost) stops "0" or "-1".
  const { meterStopWh, idTag } = stop
  const tag = idTag?.toLowerCase()
  const at = moment(stop.chargerTime, now)
  const open = store.openTransactions(charger.id)
  const sameTag = [...store.endedTransactions(charger.id, LOCAL), ...open].filter(
    (each) => each.idTag.toLowerCase() === tag && each.startedAt <= at,
  )
  const unknown = preferred(sameTag.length > 0 ? sameTag : open, ({ id, connector }) => {
    const { transaction, ended } = charger.state.connectors[connector] ?? {}
    return ![transaction, ended].some((each) => each?.id === id && each.confirmed)
  })
  const fitting = preferred(unknown, ({ meterStartWh }) => (meterStartWh ?? 0) <= (meterStopWh ?? meterStartWh ?? 0))
  if (sameTag.length === 0) return fitting.length === 1 ? fitting[0] : undefined
  return fitting.reduce((a, b) => (b.startedAt >= a.startedAt ? b : a))
}

/** Those that fit, or all where none does. */
function preferred<T>(all: readonly T[], fits: (each: T) => boolean): readonly T[] {
  const fitting = all.filter(fits)
  return fitting.length > 0 ? fitting : all
}
