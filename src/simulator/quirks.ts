import type { ChargingProfile } from '../southbound/ocpp/v16/messages.ts'
import type { CallErrorCode, Payload } from '../southbound/ocpp/wire/frame.ts'

export type Purpose = ChargingProfile['chargingProfilePurpose']

/**
 * Ways in which real chargers differ from what the standard asks for. All of them are off by default: without any, every
 * message that leaves is valid by the standard's schemas.
 */
export interface Quirks extends ConnectionQuirks, MessageQuirks, TransactionQuirks, MeterQuirks, ConfigurationQuirks {
  readonly charging?: ChargingQuirks
  readonly firmware?: FirmwareQuirks
  /** The answer to an action, whatever is asked or by what is asked; undefined leaves it to the charger. */
  readonly answers?: Readonly<Record<string, Said | ((payload: Payload) => Said | undefined)>>
}

/** A result, an error code, or no answer at all. */
type Said = Payload | CallErrorCode | 'silence'

interface ConnectionQuirks {
  /** Boots only once, not again when it reconnects. */
  readonly noBootOnReconnect?: boolean
  /** Called before its Boot is answered, it ignores the call and boots anew. */
  readonly bootLoop?: boolean
  /** Never answers a call. */
  readonly deaf?: boolean
  /** Never answers a websocket ping. */
  readonly noPong?: boolean
  /** The subprotocols that it offers; an empty list offers none. */
  readonly subprotocols?: readonly string[]
}

interface MessageQuirks {
  /** Message ids are JSON numbers. */
  readonly numericIds?: boolean
  /** A message that is sent again keeps its id. */
  readonly reusesIds?: boolean
  /** How many of its calls may be in flight; 1 is the standard's. */
  readonly callsInFlight?: number
  readonly timestamps?: Timestamps
  /** Local time of those timestamps, in minutes east of Greenwich; 120 unless told. */
  readonly utcOffsetMinutes?: number
  /** Statuses carry no timestamp. */
  readonly noStatusTimestamp?: boolean
}

/**
 * `zoneless`: local time without a zone; `localAsZ`: local time that says Z; `shortOffset`: `+02`; `epoch`: counts from
 * 1970; `future`: a day ahead; `empty`: no text at all.
 */
export type Timestamps = 'zoneless' | 'localAsZ' | 'shortOffset' | 'epoch' | 'future' | 'empty'

interface TransactionQuirks {
  /** Every StartTransaction is sent twice, as if the first answer were lost. */
  readonly replaysStart?: boolean
  /** What it has kept while offline leaves only so long after it is back. */
  readonly queueHeldMs?: number
  /** The id that every StopTransaction carries, such as -1, 0 or one that nobody issued. */
  readonly stopId?: number
  /** Never sends a StopTransaction. */
  readonly noStop?: boolean
  /** Accepts a remote start, and nothing follows. */
  readonly ignoresRemoteStart?: boolean
  /** A tag of 20 characters comes back with two bytes more. */
  readonly paddedTags?: boolean
}

export interface MeterQuirks {
  /** `session`: the register begins at 0 with each session; `sessionInMeterValues`: only that of MeterValues does. */
  readonly register?: 'session' | 'sessionInMeterValues'
  /** kWh and kW instead of Wh and W. */
  readonly kiloUnits?: boolean
  /** Power and energy only for each phase, never their sum. */
  readonly perPhaseOnly?: boolean
  /** Every energy comes a second time, as 0 with the context Transaction.Begin. */
  readonly beginDuplicates?: boolean
  /** No sampled value at all. */
  readonly emptySampledValue?: boolean
  /** Only the energy, without measurand, unit or context. */
  readonly bareEnergy?: boolean
  /** Values are JSON numbers. */
  readonly numericValues?: boolean
  /** What MeterValues say instead of the transaction's id. */
  readonly meterTransactionId?: 'none' | number
  /** MeterValues come from connector 0. */
  readonly meterConnectorZero?: boolean
  /** Closing MeterValues leave a second after StopTransaction. */
  readonly lateMeterValues?: boolean
}

interface ConfigurationQuirks {
  /** GetConfiguration without keys stays unanswered. */
  readonly noFullConfiguration?: boolean
  /** Asked for more keys than that, it stays silent, and says nothing of it in GetConfigurationMaxKeys. */
  readonly maxKeys?: number
  /** How it writes the names of its keys. */
  readonly keyCase?: 'lower' | 'upper'
  /** Says Accepted to a change and keeps the old value: for all keys, or for those. */
  readonly ignoresChanges?: true | readonly string[]
  /** Says RebootRequired, and the new value counts only then: for all keys, or for those. */
  readonly rebootRequired?: true | readonly string[]
  /** TriggerMessage with a connectorId stays unanswered. */
  readonly noTriggerForConnector?: boolean
  /** AuthorizationKey is taken as the password's text, not as hexadecimal. */
  readonly plainAuthorizationKey?: boolean
  /** ChangeAvailability reboots it. */
  readonly rebootsOnAvailability?: boolean
}

export interface ChargingQuirks {
  /** What it says to profiles of a purpose. */
  readonly refuses?: Partial<Readonly<Record<Purpose, 'Rejected' | 'NotSupported'>>>
  /** Accepts profiles and charges as it likes. */
  readonly disobeys?: boolean
  /** Takes only stack level 0, or only those above. */
  readonly stackLevel?: 'zero' | 'positive'
  /** What ChargeProfileMaxStackLevel says, whatever is true. */
  readonly maxStackLevelShown?: number
  readonly onlyKind?: ChargingProfile['chargingProfileKind']
  readonly onlyUnit?: 'A' | 'W'
  /** What it does with a limit of 0 instead of pausing. */
  readonly zeroLimit?: 'refused' | 'ignored'
  /** After a limit of 0 the next profile is accepted and not applied. */
  readonly ignoresAfterZero?: boolean
  /** Amperes that it knows; all others are refused. */
  readonly onlyLimits?: readonly number[]
  /** When it forgets every profile. */
  readonly forgets?: 'reconnect' | 'reboot'
  /** An Absolute profile stays unanswered. */
  readonly silentOnAbsolute?: boolean
  /** Vendor keys that hold the limit of a connector, in amperes: `{ chargingALimitConn1: 1 }`. */
  readonly limitKeys?: Readonly<Record<string, number>>
}

export interface FirmwareQuirks {
  /** Where an update ends instead of being installed. */
  readonly fails?:
    | 'DownloadFailed'
    | 'InstallationFailed'
    | 'InvalidSignature'
    | 'InstallVerificationFailed'
    /** Refused at once: its signing certificate is not trusted. */
    | 'InvalidCertificate'
  /** Downloads that fail before one succeeds. */
  readonly failedDownloads?: number
  /** Diagnostics and logs can't be uploaded. */
  readonly uploadFails?: boolean
}
