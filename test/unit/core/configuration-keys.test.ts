import { describe, expect, it } from 'vitest'
import { configurationPoint, formatKey } from '../../../src/core/points/configuration-point.ts'
import { standardKey, standardKeys } from '../../../src/core/points/standard-keys.ts'
import { core, writer } from '../../support/core.ts'

/** OCPP 1.6 edition 2, chapter 9, its errata and the security whitepaper: the type and the accessibility of each key. */
const standard = {
  boolean: {
    RW: 'AllowOfflineTxForUnknownId AuthorizationCacheEnabled AuthorizeRemoteTxRequests LocalAuthorizeOffline LocalPreAuthorize StopTransactionOnEVSideDisconnect StopTransactionOnInvalidId UnlockConnectorOnEVSideDisconnect LocalAuthListEnabled',
    R: 'ReserveConnectorZeroSupported ConnectorSwitch3to1PhaseSupported AdditionalRootCertificateCheck',
  },
  integer: {
    RW: 'BlinkRepeat ClockAlignedDataInterval ConnectionTimeOut HeartbeatInterval LightIntensity MaxEnergyOnInvalidId MeterValueSampleInterval MinimumStatusDuration ResetRetries TransactionMessageAttempts TransactionMessageRetryInterval WebSocketPingInterval SecurityProfile',
    R: 'ConnectorPhaseRotationMaxLength GetConfigurationMaxKeys MeterValuesAlignedDataMaxLength MeterValuesSampledDataMaxLength NumberOfConnectors StopTxnAlignedDataMaxLength StopTxnSampledDataMaxLength SupportedFeatureProfilesMaxLength LocalAuthListMaxLength SendLocalListMaxLength ChargeProfileMaxStackLevel ChargingScheduleMaxPeriods MaxChargingProfilesInstalled CertificateSignedMaxChainSize CertificateStoreMaxLength',
  },
  text: {
    RW: 'ConnectorPhaseRotation MeterValuesAlignedData MeterValuesSampledData StopTxnAlignedData StopTxnSampledData CpoName',
    R: 'SupportedFeatureProfiles ChargingScheduleAllowedChargingRateUnit SupportedFileTransferProtocols',
  },
}

describe('the standard configuration keys', () => {
  it('are those of the standard, with its types and accessibilities', () => {
    const expected = Object.entries(standard).flatMap(([type, byAccess]) =>
      Object.entries(byAccess).flatMap(([access, keys]) => keys.split(' ').map((key) => `${key} ${type} ${access}`)),
    )
    const table = Object.entries(standardKeys).map(([key, { type, access }]) => `${key} ${type} ${access}`)
    expect(table.sort()).toEqual(expected.sort())
  })

  it.each([
    ['s', /(Interval|TimeOut|Duration)$/],
    ['%', /^LightIntensity$/],
    ['Wh', /^MaxEnergyOnInvalidId$/],
  ])('are in %s where the standard says so', (unit, names) => {
    for (const [key, row] of Object.entries(standardKeys)) expect(row.unit === unit, key).toBe(names.test(key))
  })

  it('are known in any letter case', () => {
    expect(standardKey('heartbeatinterval')).toBe('HeartbeatInterval')
    expect(configurationPoint('config.HEARTBEATINTERVAL')).toMatchObject({ type: 'integer', unit: 's' })
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('do not have %s among them', (key) => {
    expect(standardKey(key)).toBeUndefined()
    expect(configurationPoint(`config.${key}`)?.type).toBe('text')
  })

  it('take no number that the standard has no meaning for', () => {
    const { downlink, point } = core()
    const write = (name: string, value: number) =>
      downlink.write(point(`config.${name}`, 0, { writable: true }), value, writer)
    expect(write('WebSocketPingInterval', -1)).toBe('out-of-range')
    expect(write('LightIntensity', 101)).toBe('out-of-range')
    expect(write('SecurityProfile', 4)).toBe('out-of-range')
    expect(write('HeartbeatInterval', 2.5)).toBe('out-of-range')
    expect(write('WebSocketPingInterval', 0)).toBeUndefined()
    expect(write('LightIntensity', 100)).toBeUndefined()
  })
})

describe("a vendor's configuration key", () => {
  it.each([
    ['boolean', 'TRUE', true],
    ['integer', '7', 7],
    ['number', '22.5', 22.5],
    ['text', 'a,b', 'a,b'],
    ['number', 'none', undefined],
  ] as const)('of type %s reads %s as %s', (type, text, value) => {
    const { charger, fleet } = core()
    fleet.event(charger, {
      kind: 'configuration',
      keys: [{ key: 'Vendor.X', value: text, readonly: false }],
      unknown: [],
    })
    expect(configurationPoint('config.Vendor.X', type)?.read(charger, 0, 0).value).toBe(value)
  })

  it('is written as a person would write it', () => {
    expect(formatKey(Math.fround(22.1))).toBe('22.1')
    expect(formatKey(0.123456789012)).toBe('0.123456789012')
    expect(formatKey(2_147_483_647)).toBe('2147483647')
    expect(formatKey(false)).toBe('false')
  })
})
