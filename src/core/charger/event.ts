import type { Answer, Command } from './command.ts'
import type { Learnt } from './method.ts'
import type { ConnectorStatus, ErrorCode } from './vocabulary.ts'

/** What a charger says of itself when it boots. Absent: it didn't say. */
export interface Identity {
  readonly vendor?: string
  readonly model?: string
  readonly serialNumber?: string
  readonly chargeBoxSerialNumber?: string
  readonly firmwareVersion?: string
  readonly iccid?: string
  readonly imsi?: string
  readonly meterSerialNumber?: string
  readonly meterType?: string
}

/**
 * One measured quantity in SI (W, Wh, A, V, °C, Hz, var, varh; powerFactor 0..1; SoC in %).
 * `phase` is L1, L2, L3, N or L1-L2…; absent: the total. `location` is absent for the outlet.
 */
export interface Sample {
  readonly measurand: string
  readonly phase?: string
  readonly location?: string
  readonly value: number
}

/**
 * Which of a charger's meters a reading comes from: some count the session in one and the lifetime in another.
 * `edge`: samples from the beginning or end of a transaction. `announced`: the registers of its start and stop themselves.
 */
export type MeterStream = 'periodic' | 'clock' | 'edge' | 'announced'

/** A reading that its meter signed (OCMF and others), as sent: what calibration law asks for. */
export interface SignedValue {
  readonly text: string
  readonly context: string
  readonly measurand: string
}

/** The readings of one moment at one connector, ranked and converted; never values from the start of a transaction. */
export interface Reading {
  /** The charger's own time, milliseconds UTC; absent where it can't be trusted. */
  readonly chargerTime?: number
  readonly stream: MeterStream
  readonly samples: readonly Sample[]
  /** Newest last; absent where the meter signs nothing. */
  readonly signed?: readonly SignedValue[]
}

export interface ConfigurationKey {
  readonly key: string
  readonly value: string | undefined
  readonly readonly: boolean
}

export type KeyTrial = 'trying' | 'kept' | 'refused'

export type NoticeSubject = 'firmware' | 'diagnostics' | 'log' | 'security'

/** Everything that a charger can say, in words of no protocol. Times are milliseconds UTC. */
export type ChargerEvent =
  /** Any frame at all: the charger lives. */
  | { readonly kind: 'heard' }
  | { readonly kind: 'booted'; readonly identity: Identity }
  /** The set-up conversation may begin: Boot was answered, or a charger that doesn't boot has been given long enough. */
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'status'
      readonly connector: number
      readonly status: ConnectorStatus
      readonly errorCode: ErrorCode
      readonly info?: string
      readonly vendorErrorCode?: string
      readonly chargerTime?: number
    }
  | {
      readonly kind: 'metered'
      readonly connector: number
      readonly reading: Reading
      readonly transactionId?: number
      /** The register (Wh) at the start of the transaction, told now. */
      readonly energyAtStartWh?: number
    }
  | {
      readonly kind: 'configuration'
      readonly keys: readonly ConfigurationKey[]
      readonly unknown: readonly string[]
      /** The only unit in which it takes a limit, where the keys say so. */
      readonly limitUnit?: 'A' | 'W'
    }
  /** A value is being tried for a configuration key, has proved itself, or was refused: it is not tried again. */
  | { readonly kind: 'key-tried'; readonly key: string; readonly value: string; readonly result: KeyTrial }
  /** Something that the charger does by itself: an update, an upload, a security event. */
  | { readonly kind: 'notice'; readonly subject: NoticeSubject; readonly text: string }
  /** What became of a command: every command that was sent comes back exactly once. */
  | {
      readonly kind: 'answered'
      readonly command: Command
      readonly answer: Answer
      readonly detail?: string
      /** The transaction that a limit now binds by a profile of its own, which lasts as long as it does. */
      readonly boundTransaction?: number
      /** In which ways the charger was found to take the limit. */
      readonly learnt?: readonly Learnt[]
    }
  /** What was found out beside the answers. */
  | { readonly kind: 'learnt'; readonly learnt: readonly Learnt[] }
  /** The limit of a connector that the charger itself says it keeps to now, in the unit asked for. */
  | {
      readonly kind: 'limit-told'
      readonly connector: number
      readonly unit: 'A' | 'W'
      readonly limit: number
      /** The command whose limit was asked after. */
      readonly of: Command
    }

/** A transaction as a charger announces it. Energy in Wh as the charger's register counts. */
export interface TransactionStart {
  readonly connector: number
  readonly idTag: string
  readonly meterStartWh: number | undefined
  readonly chargerTime?: number
  /** The charger's text for the time: with connector, tag and meter it recognises a repeated announcement. */
  readonly timestampText: string
}

export interface TransactionStop {
  readonly transactionId: number | undefined
  readonly meterStopWh: number | undefined
  readonly idTag?: string
  readonly reason?: string
  readonly chargerTime?: number
  /** The last readings that came with the stop, if any. */
  readonly reading?: Reading
}
