import type { Store, StoredTransaction } from '../ports.ts'
import { applyReading, connectorState, moment } from './apply-event.ts'
import type { Charger } from './charger.ts'
import { countEnergy } from './energy.ts'
import type { ChargerEvent, Reading } from './event.ts'
import type { MeterLog } from './meter-log.ts'
import { mergeSigned, registerOf } from './signed.ts'
import { type ConnectorState, isIdle, type TransactionState } from './state.ts'
import { bindLimit, estimateAgain, isOpenOrLocal, resumeTransaction, wasQueued } from './transactions.ts'
import { weighReading } from './verify.ts'

type Metered = Extract<ChargerEvent, { kind: 'metered' }>

export interface MeteredParts {
  readonly store: Store
  readonly shownTag: (idTag: string) => string
  /** Told of every reading. */
  readonly meters: MeterLog
}

/** Transactions told afterwards that are remembered at once. */
const MAX_PAST = 16
const BEGIN = 'Transaction.Begin'

/**
 * Takes in meter values and finds out whose they are. True when the charger has to be looked at as a whole: a session
 * was taken up that has to be bound, more phases than were known mean more watts for the same amperes, or a limit is
 * seen to be kept or not.
 */
export function applyMetered(charger: Charger, event: Metered, parts: MeteredParts, now: number): boolean {
  const only = event.connector === 0 ? onlyConnector(charger) : undefined
  const news = takeIn(charger, event, parts, now)
  if (only === undefined) {
    const state = charger.state.connectors[event.connector]
    if (state !== undefined && event.connector > 0) state.metered = true
    return news
  }
  // A charger with one connector means that one.
  takeIn(charger, { ...event, connector: only }, parts, now)
  return true
}

function takeIn(charger: Charger, event: Metered, parts: MeteredParts, now: number): boolean {
  const { meters, shownTag, store } = parts
  const state = connectorState(charger, event.connector)
  if (state === undefined) return false
  const before = state.transaction
  const proven = before?.provenPhases.size ?? 0
  // Most name the one that runs: the store is asked only of others.
  const other = event.transactionId !== before?.id ? event.transactionId : undefined
  const named = other === undefined ? undefined : ownTransaction(charger, other, store)
  if (before === undefined) takeUp(charger, event, named, shownTag, store, now)
  const running = state.transaction
  const shown = running ?? state.ended
  if (named === undefined && event.transactionId !== shown?.id && isBefore(shown, event.reading, now)) {
    meters.read(charger, event.connector, event.reading, undefined, false, now)
    return false
  }
  // With an id that is not ours, it is what the charger calls the one that runs.
  const belongs = running !== undefined && (named === undefined || named.id === running.id)
  const live = belongs || (event.transactionId === undefined && event.reading.stream !== 'edge')
  if (belongs) {
    running.doubtedUntil = undefined
    if (event.transactionId === running.id) running.confirmed = true
    applySession(state, event, running, now)
    keepSigned(running, event.reading, store)
    applyReading(charger, event.connector, event.reading, now, { live: true, session: running })
    // A start that told no register begins with the first that is seen.
    running.energyAtStartWh ??= state.energy.totalWh
    meters.read(charger, event.connector, event.reading, running.id, true, now)
  } else if (named === undefined) {
    // Closing values often come after the stop: they count for the register, but no car draws that power any more.
    const session = closes(state, event) ? state.ended : undefined
    applyReading(charger, event.connector, event.reading, now, { live, session })
    const stored = session === undefined ? undefined : ownTransaction(charger, session.id, store)
    if (stored !== undefined) estimateAgain(state, stored, event.reading, store)
    meters.read(charger, event.connector, event.reading, session?.id, true, now)
  } else {
    applyPast(charger, state, event, named, store, now)
    meters.read(charger, event.connector, event.reading, named.id, true, now)
  }
  const news = live && weighReading(charger, event.connector, event.reading.samples, now)
  const bind = before !== state.transaction || (state.transaction?.provenPhases.size ?? 0) > proven
  return news || bind
}

/** The only connector of a charge point whose values all come from connector 0. */
function onlyConnector(charger: Charger): number | undefined {
  const told = charger.state.configuration.get('numberofconnectors')?.value
  const one = charger.settings.connectors === 1 || (charger.connectorCount === 1 && told === '1')
  return one && charger.state.connectors[1]?.metered === false ? 1 : undefined
}

function ownTransaction(charger: Charger, id: number, store: Store): StoredTransaction | undefined {
  const stored = store.transaction(id)
  return stored?.charger === charger.id ? stored : undefined
}

/** Readings name a transaction that is not shown as running: it is, where they say so and no stop of it came. */
function takeUp(
  charger: Charger,
  event: Metered,
  named: StoredTransaction | undefined,
  shownTag: (idTag: string) => string,
  store: Store,
  now: number,
): void {
  const { connector, transactionId: id } = event
  const state = charger.state.connectors[connector]
  if (state === undefined || id === undefined || connector === 0) return
  if (named !== undefined) {
    if (named.connector !== connector || !isOpenOrLocal(named)) return
    if (named.id !== state.ended?.id && isBefore(state.ended, event.reading, now)) return
    if (!goesOn(state, event.reading)) return
    // Open again on disk, too: the next bridge has to know.
    if (named.stoppedAt !== undefined) store.saveTransaction(reopened(named))
    resumeTransaction(charger, named, undefined, shownTag)
  } else {
    // A number that the bridge never gave is shown, but is in no record.
    if (state.status !== 'Charging' || state.ended?.id === id) return
    state.transaction = {
      id,
      idTag: '',
      shownTag: '',
      startedAt: now,
      toldStartedAt: moment(event.reading.chargerTime, now),
      energyAtStartWh: state.energy.totalWh,
      provenPhases: new Set(),
      foreign: true,
      confirmed: true,
      doubtedUntil: undefined,
      signed: [],
    }
  }
  bindLimit(charger, connector)
}

/** Values of the session that ended last: by its number, or without one from before the charger told its status. */
function closes({ ended, statusTold }: ConnectorState, { transactionId, reading }: Metered): boolean {
  if (transactionId !== undefined) return ended?.id === transactionId
  return statusTold !== undefined && reading.chargerTime !== undefined && reading.chargerTime < statusTold.toldAt
}

/** Queued values from before the transaction that is shown, now or last: of another that it has followed. */
function isBefore(shown: TransactionState | undefined, { chargerTime }: Reading, now: number): boolean {
  if (shown === undefined || shown.foreign || chargerTime === undefined) return false
  return chargerTime < shown.toldStartedAt && wasQueued(chargerTime, now)
}

/** Values that close a session come after the connector is free, and are no sign that it goes on. */
function goesOn(state: ConnectorState, { chargerTime, stream, samples }: Reading): boolean {
  if (!isIdle(state)) return true
  if (stream === 'edge' || !samples.some(({ measurand, value }) => /^(Power|Current)\./.test(measurand) && value > 0))
    return false
  return chargerTime === undefined || state.statusTold === undefined || chargerTime > state.statusTold.toldAt
}

function reopened({ estimated: _estimated, ...stored }: StoredTransaction): StoredTransaction {
  return { ...stored, meterStopWh: undefined, stoppedAt: undefined, stopReason: undefined, estimated: false }
}

/** What was told now of the register at the beginning. */
function applySession(state: ConnectorState, event: Metered, running: TransactionState, now: number): void {
  if (event.energyAtStartWh === undefined) return
  const at = Math.min(running.toldStartedAt, moment(event.reading.chargerTime, now))
  countEnergy(state.energy, { wh: event.energyAtStartWh, stream: 'edge', at }, running)
}

/** What the meter signed at the beginning is kept at once; the rest goes with the stop. */
function keepSigned(running: TransactionState, { signed }: Reading, store: Store): void {
  if (signed === undefined) return
  running.signed = mergeSigned(running.signed, signed).signed ?? []
  if (running.foreign || !signed.some(({ context }) => context === BEGIN)) return
  const stored = store.transaction(running.id)
  if (stored !== undefined) store.saveTransaction({ ...stored, signed: running.signed })
}

/** Values of a transaction that isn't shown: one that just ended, or one that is told afterwards. */
function applyPast(
  charger: Charger,
  state: ConnectorState,
  { connector, reading }: Metered,
  named: StoredTransaction,
  store: Store,
  now: number,
): void {
  const stored = { ...named, ...mergeSigned(named.signed, reading.signed) }
  if (reading.signed !== undefined) store.saveTransaction(stored)
  if (state.ended?.id === named.id && state.transaction === undefined)
    applyReading(charger, connector, reading, now, { live: false, session: state.ended })
  estimateAgain(state, stored, reading, store)
  const wh = registerOf(reading)
  if (wh === undefined || named.stoppedAt !== undefined) return
  if (state.pastRegisters.has(named.id) || state.pastRegisters.size < MAX_PAST) state.pastRegisters.set(named.id, wh)
}
