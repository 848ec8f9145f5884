import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OcttCharger, Payload } from './octt-charger.ts'
import { type OcttSite, octtSite, plainChargers, VALID } from './octt-site.ts'

/** Keys of the standard that a charger with all profiles must have, and whether they may be written. */
const keys: Readonly<Record<string, readonly [value: string, access: 'R' | 'RW']>> = {
  AuthorizeRemoteTxRequests: ['true', 'RW'],
  ClockAlignedDataInterval: ['0', 'RW'],
  ConnectionTimeOut: ['60', 'RW'],
  ConnectorPhaseRotation: ['NotApplicable', 'RW'],
  GetConfigurationMaxKeys: ['50', 'R'],
  HeartbeatInterval: ['300', 'RW'],
  LocalAuthorizeOffline: ['true', 'RW'],
  LocalPreAuthorize: ['false', 'RW'],
  MeterValuesAlignedData: ['', 'RW'],
  MeterValuesSampledData: ['Energy.Active.Import.Register', 'RW'],
  MeterValueSampleInterval: ['30', 'RW'],
  NumberOfConnectors: ['2', 'R'],
  ResetRetries: ['3', 'RW'],
  StopTransactionOnEVSideDisconnect: ['true', 'RW'],
  StopTransactionOnInvalidId: ['true', 'RW'],
  StopTxnAlignedData: ['', 'RW'],
  StopTxnSampledData: ['', 'RW'],
  SupportedFeatureProfiles: ['Core,LocalAuthListManagement,SmartCharging', 'R'],
  TransactionMessageAttempts: ['3', 'RW'],
  TransactionMessageRetryInterval: ['60', 'RW'],
  UnlockConnectorOnEVSideDisconnect: ['true', 'RW'],
  LocalAuthListEnabled: ['true', 'RW'],
  LocalAuthListMaxLength: ['100', 'R'],
  SendLocalListMaxLength: ['20', 'R'],
  ChargeProfileMaxStackLevel: ['8', 'R'],
  ChargingScheduleAllowedChargingRateUnit: ['Current,Power', 'R'],
  ChargingScheduleMaxPeriods: ['24', 'R'],
  MaxChargingProfilesInstalled: ['10', 'R'],
}

let site: OcttSite
let charger: OcttCharger
/** A charger of its own for each: what a client has written to an action once is not run again. */
let id: string
let next = 0

beforeAll(async () => {
  site = await octtSite({ chargers: plainChargers(...Array.from({ length: 30 }, (_, n) => `CP-${n + 1}`)) })
})
beforeEach(async () => {
  next += 1
  id = `CP-${next}`
  charger = site.charger(id)
  for (const [key, [value, access]] of Object.entries(keys))
    charger.configuration.set(key, { value, readonly: access === 'R' })
  await charger.connect()
  await charger.boot()
})
afterEach(() => site.over())
afterAll(() => site.stop())

/** The building starts a session with a tag; resolves with what the charger is told. */
async function remoteStart(status: 'Accepted' | 'Rejected'): Promise<Payload> {
  const told = charger.expects('RemoteStartTransaction', { status })
  site.write(id, 1, 'start.idTag', VALID)
  site.write(id, 1, 'start', 1)
  return await told
}

describe('Core: what the central system asks for', () => {
  it('TC_010_CSMS Remote start, cable plugged in first: sends RemoteStartTransaction and takes the session', async () => {
    await charger.status(1, 'Preparing')
    expect(await remoteStart('Accepted')).toEqual({ connectorId: 1, idTag: VALID })
    await site.shows(id, 1, 'start.result', 'Accepted')
    expect(await charger.authorize(VALID)).toMatchObject({ status: 'Accepted' })
    const { info, transactionId } = await charger.start(VALID)
    expect(info).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Charging')
    await site.shows(id, 1, 'transaction.id', transactionId)
  })

  it('TC_011_1_CSMS Remote start first: sends RemoteStartTransaction and takes the session', async () => {
    expect(await remoteStart('Accepted')).toEqual({ connectorId: 1, idTag: VALID })
    expect(await charger.authorize(VALID)).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Preparing')
    const { info, transactionId } = await charger.start(VALID)
    expect(info).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Charging')
    await site.shows(id, 1, 'transaction.id', transactionId)
  })

  it('TC_011_2_CSMS Remote start, time-out: shows the connector as available again', async () => {
    await remoteStart('Accepted')
    expect(await charger.authorize(VALID)).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Preparing')
    await site.shows(id, 1, 'status', 'Preparing')
    await charger.status(1, 'Available')
    await site.shows(id, 1, 'status', 'Available')
    expect(site.value(id, 1, 'transaction.active')).toBe(false)
  })

  it('TC_012_CSMS Remote stop: sends RemoteStopTransaction with the id and takes the end', async () => {
    const transactionId = await charger.charge(VALID)
    const told = charger.expects('RemoteStopTransaction', { status: 'Accepted' })
    site.write(id, 1, 'stop', 1)
    expect(await told).toEqual({ transactionId })
    await charger.stop(transactionId, 'Remote', { idTag: VALID })
    await charger.status(1, 'Finishing')
    await charger.status(1, 'Available')
    await site.shows(id, 1, 'stop.result', 'Accepted')
    await site.shows(id, 1, 'transaction.active', false)
  })

  it.each([
    ['TC_013_CSMS Hard reset: sends Reset of type Hard and accepts the boot after it', 2, 'Hard'],
    ['TC_014_CSMS Soft reset: sends Reset of type Soft and accepts the boot after it', 1, 'Soft'],
  ])('%s', async (_name, value, type) => {
    const told = charger.expects('Reset', { status: 'Accepted' })
    site.write(id, 0, 'reset', value)
    expect(await told).toEqual({ type })
    await site.shows(id, 0, 'reset.result', 'Accepted')
    await charger.disconnect()
    await charger.connect()
    expect(await charger.boot()).toMatchObject({ status: 'Accepted' })
    for (const connector of [0, 1, 2]) await site.shows(id, connector, 'status', 'Available')
  })

  it.each([
    ['TC_017_1_CSMS Unlock, no session, cable not fixed: sends UnlockConnector', 'Unlocked', 'Accepted'],
    [
      'TC_017_2_CSMS Unlock, no session, fixed cable: sends UnlockConnector and shows that it is not supported',
      'NotSupported',
      'Not supported',
    ],
    ['TC_030_CSMS Unlock failure: sends UnlockConnector and shows the refusal', 'UnlockFailed', 'Rejected'],
  ])('%s', async (_name, status, result) => {
    const told = charger.expects('UnlockConnector', { status })
    site.write(id, 1, 'unlock', 1)
    expect(await told).toEqual({ connectorId: 1 })
    await site.shows(id, 1, 'unlock.result', result)
  })

  it('TC_018_1_CSMS Unlock with a session: sends UnlockConnector and takes the end of the session', async () => {
    const transactionId = await charger.charge(VALID)
    const told = charger.expects('UnlockConnector', { status: 'Unlocked' })
    site.write(id, 1, 'unlock', 1)
    expect(await told).toEqual({ connectorId: 1 })
    await charger.status(1, 'Finishing')
    await charger.stop(transactionId, 'UnlockCommand', { idTag: VALID })
    await charger.status(1, 'Available')
    await site.shows(id, 1, 'transaction.active', false)
  })

  it('TC_019_1_CSMS Get all configuration keys: asks for all and shows their values', async () => {
    const { configurationKey, unknownKey } = await site.call(id, 'GetConfiguration', {})
    expect(unknownKey).toEqual([])
    expect(configurationKey).toEqual(
      Object.entries(keys).map(([key, [value, access]]) => ({ key, value, readonly: access === 'R' })),
    )
    // The bridge asks by itself after each boot.
    await site.shows(id, 0, 'config.MeterValueSampleInterval', 30)
    await site.shows(id, 0, 'config.AuthorizeRemoteTxRequests', true)
    await site.shows(id, 0, 'config.SupportedFeatureProfiles', 'Core,LocalAuthListManagement,SmartCharging')
  })

  it('TC_019_2_CSMS Get one configuration key: asks for it alone', async () => {
    const key = 'SupportedFeatureProfiles'
    const answer = { configurationKey: [{ key, readonly: true, value: 'Core' }], unknownKey: [] }
    const told = charger.expects('GetConfiguration', answer)
    expect(await site.call(id, 'GetConfiguration', { key: [key] })).toEqual(answer)
    expect(await told).toEqual({ key: [key] })
  })

  it('TC_021_CSMS Change configuration: sends ChangeConfiguration and shows the value that the charger took', async () => {
    const told = charger.expects('ChangeConfiguration', { status: 'Accepted' })
    charger.configuration.set('MeterValueSampleInterval', { value: '60', readonly: false })
    site.write(id, 0, 'config.MeterValueSampleInterval', 60)
    expect(await told).toEqual({ key: 'MeterValueSampleInterval', value: '60' })
    await site.shows(id, 0, 'config.MeterValueSampleInterval', 60)
  })

  it('TC_026_CSMS Remote start rejected: shows the refusal', async () => {
    expect(await remoteStart('Rejected')).toEqual({ connectorId: 1, idTag: VALID })
    await site.shows(id, 1, 'start.result', 'Rejected')
    expect(site.value(id, 1, 'transaction.active')).toBe(false)
  })

  it('TC_028_CSMS Remote stop rejected: shows the refusal, and the session goes on', async () => {
    const transactionId = await charger.charge(VALID)
    const unknown = charger.expects('RemoteStopTransaction', { status: 'Rejected' })
    expect(await site.call(id, 'RemoteStopTransaction', { transactionId: 999_999 })).toEqual({ status: 'Rejected' })
    expect(await unknown).toEqual({ transactionId: 999_999 })
    const known = charger.expects('RemoteStopTransaction', { status: 'Rejected' })
    site.write(id, 1, 'stop', 1)
    expect(await known).toEqual({ transactionId })
    await site.shows(id, 1, 'stop.result', 'Rejected')
    expect(site.value(id, 1, 'transaction.active')).toBe(true)
  })

  it('TC_031_CSMS Unlock an unknown connector: passes on that it is not supported', async () => {
    const told = charger.expects('UnlockConnector', { status: 'NotSupported' })
    expect(await site.call(id, 'UnlockConnector', { connectorId: 99 })).toEqual({ status: 'NotSupported' })
    expect(await told).toEqual({ connectorId: 99 })
  })

  it('TC_040_1_CSMS Configuration key not supported: passes on that it is not supported', async () => {
    const told = charger.expects('ChangeConfiguration', { status: 'NotSupported' })
    const request = { key: 'OcttUnknownKey', value: 'true' }
    expect(await site.call(id, 'ChangeConfiguration', request)).toEqual({ status: 'NotSupported' })
    expect(await told).toEqual(request)
  })

  it('TC_040_2_CSMS Configuration key, invalid value: passes on the refusal and goes on showing the old value', async () => {
    const told = charger.expects('ChangeConfiguration', { status: 'Rejected' })
    const request = { key: 'MeterValueSampleInterval', value: '-1' }
    expect(await site.call(id, 'ChangeConfiguration', request)).toEqual({ status: 'Rejected' })
    expect(await told).toEqual(request)
    await site.shows(id, 0, 'config.MeterValueSampleInterval', 30)
  })

  it('TC_061_CSMS Clear the authorization cache: sends ClearCache', async () => {
    const told = charger.expects('ClearCache', { status: 'Accepted' })
    site.write(id, 0, 'clearCache', 1)
    expect(await told).toEqual({})
    await site.shows(id, 0, 'clearCache.result', 'Accepted')
  })

  it('TC_064_CSMS Data transfer to a central system: answers UnknownVendorId', async () => {
    const request = { vendorId: 'org.octt.unknown', messageId: 'Anything', data: 'text' }
    expect(await charger.call('DataTransfer', request)).toEqual({ status: 'UnknownVendorId' })
  })
})
