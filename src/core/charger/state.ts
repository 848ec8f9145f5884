import type { Identity, MeterStream, NoticeSubject, SignedValue } from './event.ts'
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
  /** The same by the charger's own clock, to tell news from what was queued; forgotten at Boot, which sets clocks. */
  statusTold: Told | undefined
  /** Readings by `Measurand[.Phase][@Location]`, in SI. */
  readonly meters: Map<string, number>
  /** The newest reading of each stream. */
  readonly readings: Partial<Record<MeterStream, Told>>
  /** It has told values of its own: those of connector 0 are another meter's. */
  metered: boolean
  readonly energy: EnergyState
  transaction: TransactionState | undefined
  /** The transaction that was shown last: its closing values come after it, and sometimes it turns out not to be over. */
  ended: TransactionState | undefined
  /** What the session that ended last came to, shown until the next begins. */
  finished: { readonly energyWh: number | undefined; readonly durationMs: number } | undefined
  /** The last register (Wh) of transactions that are told afterwards while another is shown. */
  readonly pastRegisters: Map<number, number>
}

/** When something was told: by the charger's clock, and by ours. */
export interface Told {
  readonly toldAt: number
  readonly heardAt: number
}

/** A register that only grows, made from registers that restart. All in Wh. */
export interface EnergyState {
  /** Published; undefined until a register was seen. */
  totalWh: number | undefined
  /** The charger's own registers, by the stream that shows them; see energy.ts. */
  readonly registers: Partial<Record<MeterStream, RegisterState>>
}

export interface RegisterState {
  /** As last shown. */
  wh: number
  at: number
  /** What the total would be if this were the only register. */
  countedWh: number
  /** The transaction of the last reading. */
  session: number | undefined
  /** It was seen to count each transaction from 0. */
  perSession: boolean
  /** It is the register that start and stop announce, as far as was seen. */
  readonly follows: boolean
}

/** The transaction that runs now. */
export interface TransactionState {
  readonly id: number
  readonly idTag: string
  /** What the building may see of the tag. */
  readonly shownTag: string
  readonly startedAt: number
  /** By the charger's own clock, which may be hours from ours. */
  readonly toldStartedAt: number
  /** The published register at the start, so that the session's energy is a difference of the same counter. */
  energyAtStartWh: number | undefined
  /** Phases on which current has flowed in this transaction. */
  readonly provenPhases: Set<string>
  /** The charger gave the number itself: shown, but in no record of ours. */
  readonly foreign: boolean
  /** The charger has used the number: it knows it. */
  confirmed: boolean
  /** A Boot was heard since: taken as over at this moment, unless the charger shows before that it goes on. */
  doubtedUntil: number | undefined
  signed: readonly SignedValue[]
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

/** Active power as it is published; undefined: nobody said, and it is not known to be 0. */
export function powerOf(connector: ConnectorState): number | undefined {
  return connector.meters.get('Power.Active.Import') ?? (isIdle(connector) ? 0 : undefined)
}

export function newConnectorState(): ConnectorState {
  return {
    status: undefined,
    errorCode: undefined,
    info: undefined,
    vendorErrorCode: undefined,
    statusAt: undefined,
    statusTold: undefined,
    meters: new Map(),
    readings: {},
    metered: false,
    energy: { totalWh: undefined, registers: {} },
    transaction: undefined,
    ended: undefined,
    finished: undefined,
    pastRegisters: new Map(),
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
