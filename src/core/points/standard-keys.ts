import type { Unit } from './unit.ts'

/** What the text of a configuration key stands for; a list (CSL) is a text. Numbers of the standard have no decimals. */
export const keyTypes = ['boolean', 'integer', 'number', 'text'] as const
export type KeyType = (typeof keyTypes)[number]

export interface KeyRow {
  readonly type: KeyType
  readonly unit?: Unit
  /** Whether the standard lets the key be written at all; the charger itself may still say no. */
  readonly access: 'R' | 'RW'
  readonly range?: { readonly min: number; readonly max: number }
}

const INT32_MAX = 2_147_483_647
const from = (min: number, max = INT32_MAX) => ({ min, max })

const flag: KeyRow = { type: 'boolean', access: 'RW' }
const toldFlag: KeyRow = { type: 'boolean', access: 'R' }
const times: KeyRow = { type: 'integer', access: 'RW', range: from(0) }
const toldCount: KeyRow = { type: 'integer', access: 'R', range: from(0) }
const seconds: KeyRow = { type: 'integer', unit: 's', access: 'RW', range: from(0) }
const list: KeyRow = { type: 'text', access: 'RW' }
const toldList: KeyRow = { type: 'text', access: 'R' }

/**
 * The configuration keys of OCPP 1.6 (edition 2, chapter 9, with the errata) and of its security whitepaper (edition 3,
 * chapter 5), in their order. AuthorizationKey is left out: it is a password.
 */
export const standardKeys: Readonly<Record<string, KeyRow>> = {
  // 9.1 Core
  AllowOfflineTxForUnknownId: flag,
  AuthorizationCacheEnabled: flag,
  AuthorizeRemoteTxRequests: flag,
  BlinkRepeat: times,
  ClockAlignedDataInterval: seconds,
  ConnectionTimeOut: seconds,
  ConnectorPhaseRotation: list,
  ConnectorPhaseRotationMaxLength: toldCount,
  GetConfigurationMaxKeys: toldCount,
  HeartbeatInterval: seconds,
  LightIntensity: { type: 'integer', unit: '%', access: 'RW', range: from(0, 100) },
  LocalAuthorizeOffline: flag,
  LocalPreAuthorize: flag,
  MaxEnergyOnInvalidId: { type: 'integer', unit: 'Wh', access: 'RW', range: from(0) },
  MeterValuesAlignedData: list,
  MeterValuesAlignedDataMaxLength: toldCount,
  MeterValuesSampledData: list,
  MeterValuesSampledDataMaxLength: toldCount,
  MeterValueSampleInterval: seconds,
  MinimumStatusDuration: seconds,
  NumberOfConnectors: { type: 'integer', access: 'R', range: from(1) },
  ResetRetries: times,
  StopTransactionOnEVSideDisconnect: flag,
  StopTransactionOnInvalidId: flag,
  StopTxnAlignedData: list,
  StopTxnAlignedDataMaxLength: toldCount,
  StopTxnSampledData: list,
  StopTxnSampledDataMaxLength: toldCount,
  SupportedFeatureProfiles: toldList,
  SupportedFeatureProfilesMaxLength: toldCount,
  TransactionMessageAttempts: times,
  TransactionMessageRetryInterval: seconds,
  UnlockConnectorOnEVSideDisconnect: flag,
  WebSocketPingInterval: seconds,
  // 9.2 Local auth list management
  LocalAuthListEnabled: flag,
  LocalAuthListMaxLength: toldCount,
  SendLocalListMaxLength: toldCount,
  // 9.3 Reservation
  ReserveConnectorZeroSupported: toldFlag,
  // 9.4 Smart charging
  ChargeProfileMaxStackLevel: toldCount,
  ChargingScheduleAllowedChargingRateUnit: toldList,
  ChargingScheduleMaxPeriods: toldCount,
  ConnectorSwitch3to1PhaseSupported: toldFlag,
  MaxChargingProfilesInstalled: toldCount,
  // Firmware management, which the errata add
  SupportedFileTransferProtocols: toldList,
  // Security whitepaper
  AdditionalRootCertificateCheck: toldFlag,
  CertificateSignedMaxChainSize: toldCount,
  CertificateStoreMaxLength: toldCount,
  CpoName: list,
  // Only ever raised: a charger that is told a lower one refuses.
  SecurityProfile: { type: 'integer', access: 'RW', range: from(0, 3) },
}

const byLowerCase = new Map(Object.keys(standardKeys).map((key) => [key.toLowerCase(), key]))

/** A key in the standard's own spelling (keys have no letter case, 7.29 CiString); undefined: a vendor's key. */
export function standardKey(key: string): string | undefined {
  return byLowerCase.get(key.toLowerCase())
}

/** Vendors keep other passwords beside the standard's one; whoever wants them on the building's network says so. */
const secretive =
  /pass(word|phrase|wd)?|secret|token|credential|psk|private.?key|auth(orization)?.?key|api.?key|apn.?user/i

/** A name of something that looks like a password, of a vendor's or the standard's. */
export function looksSecret(name: string): boolean {
  return isSecretKey(name) || secretive.test(name)
}

/** A password: never a point, never read back, never logged. */
export function isSecretKey(key: string): boolean {
  return key.trim().toLowerCase() === 'authorizationkey'
}
