import type { Identity, NoticeSubject } from './event.ts'
import { type ControlMethods, newControlMethods } from './method.ts'
import type { ConnectorStatus, ErrorCode } from './vocabulary.ts'

/** What is known of one connector; connector 0 is the charge point itself. Mutable: apply-event alone writes it. */
export interface ConnectorState {
  status: ConnectorStatus | undefined
  errorCode: ErrorCode | undefined
  info: string | undefined
  vendorErrorCode: string | undefined
  /** When the status was last told: the charger's time where plausible, else ours. */
  statusAt: number | undefined
  /** Readings by `Measurand[.Phase][@Location]`, in SI. */
  readonly meters: Map<string, number>
  readonly energy: EnergyState
  transaction: TransactionState | undefined
  /** The session that ended last, shown until the next begins. */
  finished: { readonly energyWh: number | undefined; readonly durationMs: number } | undefined
}

/** A register that only grows, made from registers that restart. All in Wh. */
export interface EnergyState {
  /** Published; undefined until a register was seen. */
  totalWh: number | undefined
  /** Which of the charger's streams counts; see energy.ts. */
  stream: 'transaction' | 'clock' | 'periodic' | undefined
  lastRawWh: number | undefined
  lastAt: number
}

/** The transaction that runs now. */
interface TransactionState {
  readonly id: number
  readonly idTag: string
  /** What the building may see of the tag. */
  readonly shownTag: string
  readonly startedAt: number
  /** The published register at the start, so that the session's energy is a difference of the same counter. */
  energyAtStartWh: number | undefined
  /** Phases on which current has flowed in this transaction. */
  readonly provenPhases: Set<string>
}

export interface Trial {
  readonly refused: readonly string[]
  /** What is being tried, and for the how manieth time: a charger may restart over it instead of refusing. */
  readonly trying: string | undefined
  readonly times: number
}

export interface ConfigurationState {
  /** As the charger spells it; absent in what an older bridge kept. */
  readonly key?: string
  readonly value: string | undefined
  readonly readonly: boolean
}

export interface ChargerState {
  identity: Identity
  bootedAt: number | undefined
  /** Any frame, by our clock. */
  heardAt: number | undefined
  /** Heard since this process started: what is older is shown as offline. */
  present: boolean
  /** Index = connector. */
  readonly connectors: ConnectorState[]
  /** By key in lower case. */
  readonly configuration: Map<string, ConfigurationState>
  rebootRequired: boolean
  /** The unit in which the charger takes a limit; undefined until it has said so: amperes. */
  limitUnit: 'A' | 'W' | undefined
  readonly methods: ControlMethods
  /** By key: how the charger took what was tried. */
  readonly trials: Map<string, Trial>
  /** The last notice of each subject. */
  readonly notices: Map<NoticeSubject, string>
}

const idleStatuses: readonly (ConnectorStatus | undefined)[] = [
  'Available',
  'Preparing',
  'Finishing',
  'Reserved',
  'Unavailable',
]

/** Nothing can flow: many chargers then send no values at all, and 0 W is the truth. */
export function isIdle(connector: ConnectorState): boolean {
  return connector.transaction === undefined && idleStatuses.includes(connector.status)
}

export function newConnectorState(): ConnectorState {
  return {
    status: undefined,
    errorCode: undefined,
    info: undefined,
    vendorErrorCode: undefined,
    statusAt: undefined,
    meters: new Map(),
    energy: { totalWh: undefined, stream: undefined, lastRawWh: undefined, lastAt: 0 },
    transaction: undefined,
    finished: undefined,
  }
}

export function newChargerState(connectors: number): ChargerState {
  return {
    identity: {},
    bootedAt: undefined,
    heardAt: undefined,
    present: false,
    connectors: Array.from({ length: connectors + 1 }, newConnectorState),
    configuration: new Map(),
    rebootRequired: false,
    limitUnit: undefined,
    methods: newControlMethods(),
    trials: new Map(),
    notices: new Map(),
  }
}
