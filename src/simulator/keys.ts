import { measurands } from './metering/measurands.ts'

/** A configuration key of OCPP 1.6 chapter 9 or of the security paper, and what may be done with it. */
export interface Key {
  readonly value: string
  readonly readonly?: true
  /** A change counts only after a reboot. */
  readonly reboot?: true
  /** It can be written but is never shown. */
  readonly secret?: true
  readonly accepts: (value: string) => boolean
}

const whole = (value: number): Key => ({ value: String(value), accepts: (text) => /^\d{1,9}$/.test(text) })
const flag = (value: boolean): Key => ({ value: String(value), accepts: (text) => /^(true|false)$/i.test(text) })
const text = (value: string): Key => ({ value, accepts: (given) => given.length <= 500 })
const fixed = (value: string | number): Key => ({ value: String(value), readonly: true, accepts: () => false })
const sampled = (value: string): Key => ({
  value,
  accepts: (given) =>
    given === '' || given.split(',').every((each) => (measurands as readonly string[]).includes(each.trim())),
})

const SAMPLED = [
  'Energy.Active.Import.Register',
  'Power.Active.Import',
  'Current.Import',
  'Voltage',
  'Current.Offered',
  'SoC',
  'Temperature',
].join(',')

export interface KeyFacts {
  readonly connectors: number
  /** Seconds between meter values. */
  readonly meterInterval: number
  /** Undefined: it doesn't know the security extension. */
  readonly securityProfile: number | undefined
}

/** All keys of a simulated charger with the values that it leaves the factory with. */
export function factoryKeys({ connectors, meterInterval, securityProfile }: KeyFacts): Readonly<Record<string, Key>> {
  return {
    AllowOfflineTxForUnknownId: flag(false),
    AuthorizationCacheEnabled: flag(true),
    AuthorizeRemoteTxRequests: flag(false),
    ClockAlignedDataInterval: whole(0),
    ConnectionTimeOut: whole(60),
    ConnectorPhaseRotation: text(Array.from({ length: connectors + 1 }, (_, n) => `${n}.RST`).join(',')),
    GetConfigurationMaxKeys: fixed(60),
    HeartbeatInterval: whole(300),
    LocalAuthorizeOffline: flag(true),
    LocalPreAuthorize: flag(false),
    MeterValuesAlignedData: sampled('Energy.Active.Import.Register'),
    MeterValuesSampledData: sampled(SAMPLED),
    MeterValueSampleInterval: whole(meterInterval),
    NumberOfConnectors: fixed(connectors),
    ResetRetries: whole(1),
    StopTransactionOnEVSideDisconnect: flag(true),
    StopTransactionOnInvalidId: flag(true),
    StopTxnAlignedData: sampled(''),
    StopTxnSampledData: sampled(''),
    SupportedFeatureProfiles: fixed(
      'Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger',
    ),
    TransactionMessageAttempts: whole(3),
    TransactionMessageRetryInterval: whole(10),
    UnlockConnectorOnEVSideDisconnect: flag(true),
    WebSocketPingInterval: { ...whole(0), reboot: true },
    LocalAuthListEnabled: flag(true),
    LocalAuthListMaxLength: fixed(100),
    SendLocalListMaxLength: fixed(20),
    ReserveConnectorZeroSupported: fixed('true'),
    ChargeProfileMaxStackLevel: fixed(8),
    ChargingScheduleAllowedChargingRateUnit: fixed('Current,Power'),
    ChargingScheduleMaxPeriods: fixed(24),
    ConnectorSwitch3to1PhaseSupported: fixed('true'),
    MaxChargingProfilesInstalled: fixed(20),
    ...(securityProfile !== undefined && {
      AdditionalRootCertificateCheck: fixed('false'),
      // 40 hexadecimal digits are the 20 bytes of the longest password; 16 bytes are the shortest.
      AuthorizationKey: { value: '', secret: true, accepts: () => true },
      CertificateSignedMaxChainSize: fixed(10_000),
      CertificateStoreMaxLength: fixed(4),
      CpoName: text('Simulated'),
      SecurityProfile: { value: String(securityProfile), accepts: (given) => /^[0-3]$/.test(given) },
    }),
  }
}
