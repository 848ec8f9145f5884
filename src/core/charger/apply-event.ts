import { meterKey } from '../points/meter-point.ts'
import type { Charger } from './charger.ts'
import { newConnectorControl } from './control.ts'
import { countEnergy, type Session } from './energy.ts'
import type { ChargerEvent, Reading, Sample } from './event.ts'
import { type ConnectorState, isIdle, newConnectorState, type Told } from './state.ts'

/** No charger has more; what claims more is a mistake or an attack. */
const MAX_CONNECTORS = 64
/** Measurands × phases × locations of the standard are about 300; a charger that sends others is bounded. */
const MAX_METERS = 400
const MAX_CONFIGURATION_KEYS = 1000
/** The parts of a list that are tried one after the other are fewer. */
const MAX_REFUSED = 50
/** A gigawatt, a terawatt-hour: no charger measures more, and one absurd value would spoil every sum that it enters. */
export const MAX_READING = 1e12
/** The charger's clock is believed within this distance of ours. */
const PLAUSIBLE_MS = 10 * 60_000
/** What was queued while the charger was away is at most this old; a clock that is further behind was never set. */
const LONGEST_QUEUE_MS = 400 * 86_400_000
/** What is told out of order follows within this time; later, the charger's clock was set back. */
const REORDER_MS = 5 * 60_000

type Status = Extract<ChargerEvent, { kind: 'status' }>
type Configuration = Extract<ChargerEvent, { kind: 'configuration' }>

/** Makes room for a connector that the charger has spoken of; undefined when no charger has that many. */
export function connectorState(charger: Charger, connector: number): ConnectorState | undefined {
  if (!Number.isInteger(connector) || connector < 0 || connector > MAX_CONNECTORS) return undefined
  const { connectors } = charger.state
  if (connector >= connectors.length && charger.settings.connectors !== undefined) return undefined
  while (connectors.length <= connector) {
    connectors.push(newConnectorState())
    charger.control.connectors.push(newConnectorControl())
  }
  return connectors[connector]
}

/** The charger's time where it is plausible, else ours. */
export function trusted(chargerTime: number | undefined, now: number): number {
  return chargerTime !== undefined && Math.abs(chargerTime - now) <= PLAUSIBLE_MS ? chargerTime : now
}

/** When something happened by the charger's clock, which may tell of hours ago, never of what is yet to come; else ours. */
export function moment(chargerTime: number | undefined, now: number): number {
  const at = inOrder(chargerTime, now)
  return at < now - LONGEST_QUEUE_MS ? now : at
}

/** A clock that was never set still tells what came first. */
function inOrder(chargerTime: number | undefined, now: number): number {
  return chargerTime === undefined || chargerTime > now + PLAUSIBLE_MS ? now : chargerTime
}

/** False for what is older than what is known: it was queued while the charger was away. */
export function applyStatus(charger: Charger, event: Status, now: number): boolean {
  const state = connectorState(charger, event.connector)
  if (state === undefined || isOldStatus(state, event.chargerTime, now)) return false
  state.status = event.status
  state.errorCode = event.errorCode
  state.info = event.info
  state.vendorErrorCode = event.vendorErrorCode
  state.statusAt = trusted(event.chargerTime, now)
  state.statusTold = { toldAt: event.chargerTime ?? now, heardAt: now }
  if (isIdle(state) || event.status === 'SuspendedEV' || event.status === 'SuspendedEVSE') quieten(state)
  return true
}

function isOldStatus({ statusTold, transaction }: ConnectorState, chargerTime: number | undefined, now: number) {
  if (chargerTime === undefined || Math.abs(chargerTime - now) <= PLAUSIBLE_MS) return false
  if (transaction !== undefined && !transaction.foreign && chargerTime < transaction.toldStartedAt) return true
  return statusTold !== undefined && overtaken(statusTold, chargerTime, now)
}

/** Newer was told a moment ago. */
function overtaken(last: Told, toldAt: number, now: number): boolean {
  return toldAt < last.toldAt && now - last.heardAt <= REORDER_MS
}

/** How a reading counts. */
interface Standing {
  /** It says what flows now; otherwise it belongs to a transaction that is over. */
  readonly live: boolean
  /** The transaction that it belongs to. */
  readonly session?: Session | undefined
}

/** Puts the readings of one moment in place. */
export function applyReading(
  charger: Charger,
  connector: number,
  reading: Reading,
  now: number,
  { live, session }: Standing,
): void {
  const state = connectorState(charger, connector)
  if (state === undefined) return
  const { stream, chargerTime } = reading
  const toldAt = chargerTime ?? now
  const last = state.readings[stream]
  const old = last !== undefined && overtaken(last, toldAt, now)
  if (!old && reading.samples.length > 0) state.readings[stream] = { toldAt, heardAt: now }
  for (const sample of reading.samples) {
    if (!(Math.abs(sample.value) <= MAX_READING)) continue
    const key = meterKey(sample.measurand, sample.phase, sample.location)
    if (key === 'Energy.Active.Import.Register')
      countEnergy(state.energy, { wh: sample.value, stream, at: inOrder(chargerTime, now) }, session)
    if (old || (!live && instantaneous(sample.measurand))) continue
    if (state.meters.has(key) || state.meters.size < MAX_METERS) state.meters.set(key, sample.value)
    if (live) provePhase(state, sample)
  }
  // What a meter shows while nothing can flow is noise, or was queued.
  if (isIdle(state)) quieten(state)
}

/** A session's values end with it: no current flows, whatever the last sample said. */
export function quieten(state: ConnectorState): void {
  for (const key of state.meters.keys()) if (flows(key)) state.meters.set(key, 0)
}

/** True when the unit in which the charger takes limits turns out to be another. */
export function applyConfiguration(charger: Charger, event: Configuration): boolean {
  const { configuration, limitUnit } = charger.state
  for (const { key, value, readonly } of event.keys) {
    const name = key.toLowerCase()
    if (configuration.has(name) || configuration.size < MAX_CONFIGURATION_KEYS)
      configuration.set(name, { key, value, readonly })
  }
  const told = Number(configuration.get('numberofconnectors')?.value)
  if (Number.isInteger(told) && told >= 1 && told <= MAX_CONNECTORS) connectorState(charger, told)
  if (event.limitUnit !== undefined) charger.state.limitUnit = event.limitUnit
  return (limitUnit ?? 'A') !== (charger.state.limitUnit ?? 'A')
}

/** Remembers what a charger was found to refuse, a few values a key. */
export function applyTrial(
  charger: Charger,
  { key, value, result }: Extract<ChargerEvent, { kind: 'key-tried' }>,
): void {
  const { trials } = charger.state
  const before = trials.get(key) ?? { refused: [], trying: undefined, times: 0 }
  const { refused } = before
  if (result === 'trying')
    trials.set(key, { refused, trying: value, times: before.trying === value ? before.times + 1 : 1 })
  else {
    const more = result === 'refused' && !refused.includes(value) ? [...refused, value].slice(-MAX_REFUSED) : refused
    trials.set(key, { refused: more, trying: undefined, times: 0 })
  }
}

const flowing = /^(Power\.(Active|Reactive)\.(Import|Export)|Current\.(Import|Export))(\.|@|$)/

function flows(key: string): boolean {
  return flowing.test(key)
}

function instantaneous(measurand: string): boolean {
  return !measurand.startsWith('Energy.')
}

function provePhase(state: ConnectorState, sample: Sample): void {
  if (sample.measurand !== 'Current.Import' || sample.phase === undefined || sample.value < 1) return
  if (/^L[123]$/.test(sample.phase)) state.transaction?.provenPhases.add(sample.phase)
}
