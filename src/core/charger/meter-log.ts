import type { History, Metered } from '../history.ts'
import { MAX_READING, moment, trusted } from './apply-event.ts'
import type { Charger } from './charger.ts'
import type { Reading, Sample, TransactionStart, TransactionStop } from './event.ts'
import { type ConnectorState, powerOf } from './state.ts'
import { type StopTaken, sessionEnergy, wasQueued } from './transactions.ts'

const POWER = 'Power.Active.Import'
const REGISTER = 'Energy.Active.Import.Register'

/** Tells the history what the meters of the connectors said, once it is taken in. Guests have no history. */
export class MeterLog {
  readonly #history: History
  /** Those of which it was told last that power flows. */
  readonly #flowing = new WeakSet<ConnectorState>()

  constructor(history: History) {
    this.#history = history
  }

  /** What the bridge before this one told of a session that goes on may have been power: its end is told in any case. */
  restored({ state }: Charger): void {
    for (const connector of state.connectors) if (connector.transaction !== undefined) this.#flowing.add(connector)
  }

  /**
   * A reading was taken in; `session` is the number of the transaction that it belongs to. `counted`: it had its say in
   * the total.
   */
  read(
    charger: Charger,
    connector: number,
    reading: Reading,
    session: number | undefined,
    counted: boolean,
    now: number,
  ): void {
    const state = measured(charger, connector)
    if (state === undefined) return
    const ownW = powerIn(reading.samples)
    if (ownW === undefined && !reading.samples.some(({ measurand }) => measurand === REGISTER)) return
    const { chargerTime } = reading
    const late = isLate(state, reading, now)
    const powerW = ownW === undefined || late ? ownW : (powerOf(state) ?? ownW)
    if (!late && powerW !== undefined) this.#flows(state, powerW)
    this.#tell(
      charger,
      connector,
      moment(chargerTime, now),
      powerW,
      counted ? state.energy.totalWh : undefined,
      session,
    )
  }

  /** A transaction began with a register; one that a newer has overtaken is known by the store alone. */
  began(charger: Charger, { chargerTime, connector, meterStartWh }: TransactionStart, id: number, now: number): void {
    const state = measured(charger, connector)
    if (state?.transaction?.id !== id) return
    // The one before it may have been left over, and drew power until now.
    this.settled(charger, connector, chargerTime, now)
    if (meterStartWh === undefined) return
    this.#tell(charger, connector, moment(chargerTime, now), undefined, state.energy.totalWh, id)
  }

  /** A transaction ended: nothing flows any more, unless another has begun. */
  ended(charger: Charger, { chargerTime }: TransactionStop, taken: StopTaken, now: number): void {
    const { connector, news, transactionId: id } = taken
    const state = connector === undefined ? undefined : measured(charger, connector)
    if (state === undefined || connector === undefined || !news) return
    const over = state.transaction === undefined && (id === undefined || state.ended?.id === id)
    if (over) this.#flowing.delete(state)
    this.#tell(charger, connector, moment(chargerTime, now), over ? 0 : undefined, state.energy.totalWh, id)
  }

  /** The state of a connector may be another now: when power fell to 0 with it, that is told once. */
  settled(charger: Charger, connector: number, chargerTime: number | undefined, now: number): void {
    const state = measured(charger, connector)
    if (state === undefined || !this.#flowing.has(state) || powerOf(state) !== 0) return
    this.#flowing.delete(state)
    this.#tell(charger, connector, trusted(chargerTime, now), 0, state.energy.totalWh, state.transaction?.id)
  }

  /** Any of its connectors may be another now. */
  allSettled(charger: Charger, now: number): void {
    for (let connector = 1; connector <= charger.connectorCount; connector += 1)
      this.settled(charger, connector, undefined, now)
  }

  #flows(state: ConnectorState, powerW: number): void {
    if (powerW !== 0) this.#flowing.add(state)
    else this.#flowing.delete(state)
  }

  #tell(
    charger: Charger,
    connector: number,
    at: number,
    powerW: number | undefined,
    energyWh: number | undefined,
    session: number | undefined,
  ): void {
    this.#history.tell({
      kind: 'metered',
      at,
      charger: charger.id,
      connector,
      powerW,
      energyWh,
      session: session === undefined ? undefined : sessionOf(charger.state.connectors[connector], session),
    })
  }
}

/** What is known of a connector that has a meter of its own in the history. */
function measured(charger: Charger, connector: number): ConnectorState | undefined {
  return charger.guest || connector === 0 ? undefined : charger.state.connectors[connector]
}

/** One that the charger numbered itself is in no record. */
function sessionOf(state: ConnectorState | undefined, id: number): Metered['session'] {
  const shown = state?.transaction ?? state?.ended
  if (shown?.id !== id) return { transactionId: id, energyWh: undefined }
  return shown.foreign ? undefined : { transactionId: id, energyWh: sessionEnergy(state, shown) }
}

/** What it says is not what is published now: it was queued, or newer was told before. */
function isLate({ readings }: ConnectorState, { chargerTime, stream }: Reading, now: number): boolean {
  if (chargerTime === undefined) return false
  const newest = readings[stream]?.toldAt
  return wasQueued(chargerTime, now) || (newest !== undefined && newest > chargerTime)
}

/** Active power at the outlet (W); of phases their sum. */
function powerIn(samples: readonly Sample[]): number | undefined {
  let sum: number | undefined
  for (const { location, measurand, phase, value } of samples) {
    if (measurand !== POWER || location !== undefined || !(Math.abs(value) <= MAX_READING)) continue
    if (phase === undefined) return value
    if (phase === 'L1' || phase === 'L2' || phase === 'L3') sum = (sum ?? 0) + value
  }
  return sum
}
