import type { ChargerPointDefinition, PointType } from './point.ts'
import { told } from './reading.ts'
import type { Unit } from './unit.ts'

interface KeyRow {
  readonly type: PointType
  readonly unit?: Unit
}

const flag: KeyRow = { type: 'boolean' }
const count: KeyRow = { type: 'integer' }
const seconds: KeyRow = { type: 'integer', unit: 's' }
const list: KeyRow = { type: 'text' }

/** The standard configuration keys of OCPP 1.6 (9.1 to 9.4) and their types; vendor keys are texts. */
export const standardKeys: Readonly<Record<string, KeyRow>> = {
  AllowOfflineTxForUnknownId: flag,
  AuthorizationCacheEnabled: flag,
  AuthorizeRemoteTxRequests: flag,
  BlinkRepeat: count,
  ClockAlignedDataInterval: seconds,
  ConnectionTimeOut: seconds,
  ConnectorPhaseRotation: list,
  ConnectorPhaseRotationMaxLength: count,
  GetConfigurationMaxKeys: count,
  HeartbeatInterval: seconds,
  LightIntensity: { type: 'integer', unit: '%' },
  LocalAuthorizeOffline: flag,
  LocalPreAuthorize: flag,
  MaxEnergyOnInvalidId: { type: 'integer', unit: 'Wh' },
  MeterValuesAlignedData: list,
  MeterValuesAlignedDataMaxLength: count,
  MeterValuesSampledData: list,
  MeterValuesSampledDataMaxLength: count,
  MeterValueSampleInterval: seconds,
  MinimumStatusDuration: seconds,
  NumberOfConnectors: count,
  ResetRetries: count,
  StopTransactionOnEVSideDisconnect: flag,
  StopTransactionOnInvalidId: flag,
  StopTxnAlignedData: list,
  StopTxnAlignedDataMaxLength: count,
  StopTxnSampledData: list,
  StopTxnSampledDataMaxLength: count,
  SupportedFeatureProfiles: list,
  SupportedFeatureProfilesMaxLength: count,
  TransactionMessageAttempts: count,
  TransactionMessageRetryInterval: seconds,
  UnlockConnectorOnEVSideDisconnect: flag,
  WebSocketPingInterval: seconds,
  LocalAuthListEnabled: flag,
  LocalAuthListMaxLength: count,
  SendLocalListMaxLength: count,
  ReserveConnectorZeroSupported: flag,
  ChargeProfileMaxStackLevel: count,
  ChargingScheduleAllowedChargingRateUnit: list,
  ChargingScheduleMaxPeriods: count,
  ConnectorSwitch3to1PhaseSupported: flag,
  MaxChargingProfilesInstalled: count,
}

const pattern = /^config\.([A-Za-z0-9_.\-/ ]{1,50})$/
/** A password is no point. */
const secret = /^AuthorizationKey$/i

/** `config.<Key>`, a configuration key of the charger, vendor keys included; undefined for any other name. */
export function configurationPoint(name: string): ChargerPointDefinition | undefined {
  const key = pattern.exec(name)?.[1]
  if (key === undefined || secret.test(key)) return undefined
  const row = standardKeys[key] ?? list
  return {
    name,
    type: row.type,
    ...(row.unit !== undefined && { unit: row.unit }),
    ...(row.type === 'text' && { length: 500 }),
    write: { kind: 'configuration', key },
    guarded: true,
    description: `Configuration key ${key}`,
    read: (charger) => {
      const text = charger.state.configuration.get(key.toLowerCase())?.value
      const value = text === undefined ? undefined : parseKey(row.type, text)
      return value === undefined && text !== undefined ? { value: undefined, quality: 'never' } : told(charger, value)
    },
  }
}

/** A key's text as a value of its type; undefined when it is none. Some chargers put texts in quotes. */
function parseKey(type: PointType, text: string): number | boolean | string | undefined {
  const plain = text.trim().replace(/^(['"])(.*)\1$/, '$2')
  if (type === 'text') return plain
  if (type === 'boolean') {
    if (/^(true|1|yes|on)$/i.test(plain)) return true
    return /^(false|0|no|off)$/i.test(plain) ? false : undefined
  }
  const number = plain === '' ? Number.NaN : Number(plain)
  return Number.isFinite(number) ? number : undefined
}

/** A value as a charger wants to read it. */
export function formatKey(value: number | boolean | string): string {
  return String(value)
}
