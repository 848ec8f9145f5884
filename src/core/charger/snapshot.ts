import type { Charger } from './charger.ts'
import type { NoticeSubject } from './event.ts'
import { type LastCommand, restoredOutcome } from './last-command.ts'
import type { ProfileMethod, Purpose } from './method.ts'
import {
  type ConfigurationState,
  type ConnectorState,
  type EnergyState,
  newConnectorState,
  type Trial,
} from './state.ts'

interface StoredConnector {
  readonly status: ConnectorState['status']
  readonly errorCode: ConnectorState['errorCode']
  readonly info: string | undefined
  readonly vendorErrorCode: string | undefined
  readonly statusAt: number | undefined
  readonly meters: readonly (readonly [string, number])[]
  readonly energy: EnergyState
  readonly finished: ConnectorState['finished']
  readonly sessions?: KeptSessions
  readonly boundTransaction: number | undefined
  readonly divided: boolean | undefined
  readonly command?: LastCommand
}

interface KeptSession {
  readonly id: number
  readonly startedAt: number
  readonly energyAtStartWh: number | undefined
}

/** The session that runs on a connector and the one that ran before, where there are any. */
export interface KeptSessions {
  readonly running?: KeptSession
  readonly ended?: KeptSession
}

interface StoredState {
  readonly identity: Charger['state']['identity']
  readonly bootedAt: number | undefined
  readonly heardAt: number | undefined
  readonly rebootRequired: boolean
  readonly limitUnit: Charger['state']['limitUnit']
  readonly configuration: readonly (readonly [string, ConfigurationState])[]
  readonly connectors: readonly StoredConnector[]
  readonly methods?: StoredMethods
  readonly trials?: readonly (readonly [string, Trial])[]
  readonly notices?: readonly (readonly [NoticeSubject, string])[]
}

interface StoredMethods {
  readonly profiles: readonly (readonly [Purpose, ProfileMethod])[]
  readonly key: string | undefined
  readonly disproved: readonly string[]
  readonly cleared: readonly string[]
}

/** The last values of a charger, so that nothing falls to 0 when the bridge restarts. */
export function takeSnapshot(charger: Charger): string {
  const { state } = charger
  const stored: StoredState = {
    identity: state.identity,
    bootedAt: state.bootedAt,
    heardAt: state.heardAt,
    rebootRequired: state.rebootRequired,
    limitUnit: state.limitUnit,
    configuration: [...state.configuration],
    connectors: state.connectors.map((connector, index) => ({
      status: connector.status,
      errorCode: connector.errorCode,
      info: connector.info,
      vendorErrorCode: connector.vendorErrorCode,
      statusAt: connector.statusAt,
      meters: [...connector.meters],
      energy: connector.energy,
      finished: connector.finished,
      sessions: {
        ...(connector.transaction !== undefined && { running: kept(connector.transaction) }),
        ...(connector.ended !== undefined && { ended: kept(connector.ended) }),
      },
      boundTransaction: charger.control.connectors[index]?.limitProgress.boundTransaction,
      divided: charger.control.connectors[index]?.limitProgress.divided,
      ...commanded(charger, index),
    })),
    trials: [...state.trials],
    notices: [...state.notices],
    methods: {
      profiles: [...state.methods.profiles],
      key: state.methods.key,
      disproved: [...state.methods.disproved],
      cleared: [...state.methods.cleared],
    },
  }
  return JSON.stringify(stored)
}

function commanded(charger: Charger, connector: number): Pick<StoredConnector, 'command'> {
  const last = charger.control.connectors[connector]?.lastCommand
  return last?.what === undefined ? {} : { command: last }
}

function kept({ id, startedAt, energyAtStartWh }: KeptSession): KeptSession {
  return { id, startedAt, energyAtStartWh }
}

/** Puts the last values back; returns the sessions of each connector. */
export function restoreSnapshot(charger: Charger, text: string): readonly (KeptSessions | undefined)[] {
  const stored = JSON.parse(text) as StoredState
  const { state } = charger
  state.identity = stored.identity
  state.bootedAt = stored.bootedAt
  state.heardAt = stored.heardAt
  state.rebootRequired = stored.rebootRequired
  state.limitUnit = stored.limitUnit
  for (const [purpose, method] of stored.methods?.profiles ?? []) state.methods.profiles.set(purpose, method)
  for (const each of stored.methods?.disproved ?? []) state.methods.disproved.add(each)
  for (const [key, trial] of stored.trials ?? []) state.trials.set(key, trial)
  for (const [subject, notice] of stored.notices ?? []) state.notices.set(subject, notice)
  for (const each of stored.methods?.cleared ?? []) state.methods.cleared.add(each)
  state.methods.key = stored.methods?.key
  for (const [key, value] of stored.configuration) state.configuration.set(key, value)
  stored.connectors.forEach((own, index) => {
    if (index >= state.connectors.length) return
    const control = charger.control.connectors[index]
    if (control) {
      control.limitProgress.boundTransaction = own.boundTransaction
      control.limitProgress.divided = own.divided ?? false
      if (own.command) Object.assign(control.lastCommand, own.command, { outcome: restoredOutcome(own.command) })
    }
    const fresh = newConnectorState()
    state.connectors[index] = {
      ...fresh,
      status: own.status,
      errorCode: own.errorCode,
      info: own.info,
      vendorErrorCode: own.vendorErrorCode,
      statusAt: own.statusAt,
      meters: new Map(own.meters),
      energy: { totalWh: own.energy.totalWh, registers: own.energy.registers ?? {} },
      finished: own.finished,
    }
  })
  return stored.connectors.map((own) => own.sessions)
}
