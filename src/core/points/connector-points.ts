import type { Charger } from '../charger/charger.ts'
import { newConnectorControl } from '../charger/control.ts'
import { isIdle, newConnectorState } from '../charger/state.ts'
import { connectorStatuses, errorCodes, outcomes } from '../charger/vocabulary.ts'
import { actionPoints } from './action-points.ts'
import { commandPoints } from './command-points.ts'
import { limitPoints } from './limit-points.ts'
import type { ChargerPointDefinition, PointReading } from './point.ts'
import { winner } from './priority-array.ts'
import { isoTime, known, outcomeReading, told, toldState } from './reading.ts'
import type { Unit } from './unit.ts'

const absentState = newConnectorState()
const absentControl = newConnectorControl()

function state(charger: Charger, connector: number) {
  return charger.state.connectors[connector] ?? absentState
}

function control(charger: Charger, connector: number) {
  return charger.control.connectors[connector] ?? absentControl
}

/** A meter value by its canonical name; `idle` is what no transaction means for it when nothing was ever sent. */
function meter(
  name: string,
  key: string,
  unit: Unit | undefined,
  description: string,
  idle?: 0,
): ChargerPointDefinition {
  return {
    name,
    type: 'number',
    ...(unit !== undefined && { unit }),
    reading: key,
    description,
    read(charger, connector): PointReading {
      const own = state(charger, connector)
      return told(charger, own.meters.get(key) ?? (idle === 0 && isIdle(own) ? 0 : undefined))
    },
  }
}

/** What connector 0 shows as well as the others. */
export const sharedPoints: readonly ChargerPointDefinition[] = [
  {
    name: 'status',
    type: 'state',
    states: connectorStatuses,
    description: 'State of the connector as the charger reports it',
    read: (charger, connector) => toldState(charger, connectorStatuses, state(charger, connector).status),
  },
  {
    name: 'errorCode',
    type: 'state',
    states: errorCodes,
    description: 'Error that the charger reports',
    read: (charger, connector) => toldState(charger, errorCodes, state(charger, connector).errorCode),
  },
  {
    name: 'info',
    type: 'text',
    length: 50,
    description: 'Free text that came with the status',
    read: (charger, connector) => told(charger, text(charger, connector, 'info')),
  },
  {
    name: 'vendorErrorCode',
    type: 'text',
    length: 50,
    description: "The manufacturer's own error code",
    read: (charger, connector) => told(charger, text(charger, connector, 'vendorErrorCode')),
  },
  {
    name: 'lastUpdate',
    type: 'text',
    length: 20,
    description: 'When the status was last told, UTC',
    read: (charger, connector) => told(charger, isoTime(state(charger, connector).statusAt)),
  },
  {
    name: 'availability',
    type: 'boolean',
    write: { kind: 'setpoint', setpoint: 'availability' },
    description: 'Operative (active) or out of use; written by the building',
    read: (charger, connector) => known(winner(control(charger, connector).availability)?.slot.value ?? true),
  },
  {
    name: 'availability.result',
    type: 'state',
    states: outcomes,
    description: 'What the charger answered to the last change of availability',
    read: (charger, connector) => outcomeReading(control(charger, connector).availabilityProgress.outcome),
  },
  ...limitPoints,
  ...commandPoints,
]

export const connectorPoints: readonly ChargerPointDefinition[] = [
  ...sharedPoints,
  {
    name: 'plugged',
    type: 'boolean',
    description: 'A vehicle occupies the connector',
    read: (charger, connector) => told(charger, among(charger, connector, plugged)),
  },
  {
    name: 'charging',
    type: 'boolean',
    description: 'Energy may flow: the contactor is closed',
    read: (charger, connector) => told(charger, among(charger, connector, ['Charging'])),
  },
  {
    name: 'faulted',
    type: 'boolean',
    description: 'The connector is out of order',
    read: (charger, connector) => told(charger, among(charger, connector, ['Faulted'])),
  },
  meter('power', 'Power.Active.Import', 'W', 'Active power drawn by the vehicle', 0),
  {
    name: 'energy',
    type: 'number',
    unit: 'Wh',
    description: 'Energy register of the connector; only ever grows',
    read: (charger, connector) => told(charger, state(charger, connector).energy.totalWh),
  },
  meter('current.L1', 'Current.Import.L1', 'A', 'Current of phase L1', 0),
  meter('current.L2', 'Current.Import.L2', 'A', 'Current of phase L2', 0),
  meter('current.L3', 'Current.Import.L3', 'A', 'Current of phase L3', 0),
  meter('voltage.L1', 'Voltage.L1', 'V', 'Voltage of phase L1'),
  meter('voltage.L2', 'Voltage.L2', 'V', 'Voltage of phase L2'),
  meter('voltage.L3', 'Voltage.L3', 'V', 'Voltage of phase L3'),
  meter('currentOffered', 'Current.Offered', 'A', 'Current that the charger offers the vehicle'),
  meter('soc', 'SoC', '%', 'State of charge of the vehicle'),
  meter('temperature', 'Temperature', '°C', 'Temperature reading inside the charger'),
  meter('frequency', 'Frequency', 'Hz', 'Mains frequency'),
  meter('powerFactor', 'Power.Factor', undefined, 'Power factor'),
  {
    name: 'transaction.active',
    type: 'boolean',
    description: 'A charging session runs',
    read: (charger, connector) => told(charger, state(charger, connector).transaction !== undefined),
  },
  {
    name: 'transaction.id',
    type: 'integer',
    description: 'Number of the running session; 0 when none runs',
    read: (charger, connector) => told(charger, state(charger, connector).transaction?.id ?? 0),
  },
  {
    name: 'transaction.idTag',
    type: 'text',
    length: 20,
    description: 'Who charges: a short hash of the tag, or the tag where the config shares it',
    read: (charger, connector) => told(charger, state(charger, connector).transaction?.shownTag ?? ''),
  },
  {
    name: 'transaction.energy',
    type: 'number',
    unit: 'Wh',
    description: 'Energy of the running session, else of the last one',
    read: (charger, connector) => told(charger, sessionEnergy(charger, connector)),
  },
  {
    name: 'transaction.duration',
    type: 'number',
    unit: 's',
    ticking: true,
    description: 'Duration of the running session, else of the last one',
    read(charger, connector, now) {
      const { transaction, finished } = state(charger, connector)
      const ms = transaction ? Math.max(0, now - transaction.startedAt) : (finished?.durationMs ?? 0)
      return told(charger, Math.floor(ms / 1000))
    },
  },
  {
    name: 'transaction.start',
    type: 'text',
    length: 20,
    description: 'When the running session began, UTC',
    read: (charger, connector) => told(charger, isoTime(state(charger, connector).transaction?.startedAt) ?? ''),
  },
  ...actionPoints('start', ['Idle', 'Start'], 'Starts a session with the tag in start.idTag'),
  {
    name: 'start.idTag',
    type: 'text',
    length: 20,
    write: { kind: 'parameter', parameter: 'start.idTag' },
    description: 'Tag that the next start uses',
    read: (charger, connector) => known(control(charger, connector).parameters.get('start.idTag') ?? ''),
  },
  ...actionPoints('stop', ['Idle', 'Stop'], 'Stops the running session'),
  ...actionPoints('unlock', ['Idle', 'Unlock'], 'Unlocks the cable'),
]

const plugged: readonly string[] = ['Preparing', 'Charging', 'SuspendedEVSE', 'SuspendedEV', 'Finishing']

function among(charger: Charger, connector: number, statuses: readonly string[]): boolean | undefined {
  const { status } = state(charger, connector)
  return status === undefined ? undefined : statuses.includes(status)
}

function text(charger: Charger, connector: number, key: 'info' | 'vendorErrorCode'): string | undefined {
  const own = state(charger, connector)
  // A status without the text says that there is none; only before the first status is it unknown.
  return own[key] ?? (own.status === undefined ? undefined : '')
}

function sessionEnergy(charger: Charger, connector: number): number | undefined {
  const { transaction, finished, energy } = state(charger, connector)
  if (!transaction) return finished === undefined ? 0 : finished.energyWh
  if (transaction.energyAtStartWh === undefined || energy.totalWh === undefined) return undefined
  return Math.max(0, energy.totalWh - transaction.energyAtStartWh)
}
