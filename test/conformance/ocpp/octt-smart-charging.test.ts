import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { now, type OcttCharger, type Payload } from './octt-charger.ts'
import { type OcttSite, octtSite, plainChargers, VALID } from './octt-site.ts'

const DAY_S = 86_400

let site: OcttSite
let charger: OcttCharger
let id: string
let next = 0

beforeAll(async () => {
  site = await octtSite({ chargers: plainChargers(...Array.from({ length: 7 }, (_, n) => `CP-${n + 1}`)) })
})
beforeEach(async () => {
  next += 1
  id = `CP-${next}`
  charger = await site.booted(id)
})
afterEach(() => site.over())
afterAll(() => site.stop())

/** A profile with a beginning and an end, as the test cases want them. */
function profile(chargingProfileId: number, chargingProfilePurpose: string, more: Payload = {}): Payload {
  return {
    chargingProfileId,
    stackLevel: 1,
    chargingProfilePurpose,
    chargingProfileKind: 'Absolute',
    validFrom: now(),
    validTo: new Date(Date.now() + DAY_S * 1000).toISOString(),
    chargingSchedule: {
      startSchedule: now(),
      duration: DAY_S,
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 6, numberPhases: 3 }],
    },
    ...more,
  }
}

async function setProfile(connectorId: number, csChargingProfiles: Payload): Promise<void> {
  const told = charger.expects('SetChargingProfile', { status: 'Accepted' })
  const request = { connectorId, csChargingProfiles }
  expect(await site.call(id, 'SetChargingProfile', request)).toEqual({ status: 'Accepted' })
  expect(await told).toEqual(request)
}

async function clearProfile(request: Payload): Promise<void> {
  const told = charger.expects('ClearChargingProfile', { status: 'Accepted' })
  expect(await site.call(id, 'ClearChargingProfile', request)).toEqual({ status: 'Accepted' })
  expect(await told).toEqual(request)
}

async function trigger(connectorId: number | undefined, requestedMessage: string, status = 'Accepted'): Promise<void> {
  const request = { requestedMessage, ...(connectorId !== undefined && { connectorId }) }
  const told = charger.expects('TriggerMessage', { status })
  expect(await site.call(id, 'TriggerMessage', request)).toEqual({ status })
  expect(await told).toEqual(request)
}

/** The building's own way: places of Idle and the messages. */
async function triggerByPoint(place: number, requestedMessage: string, result: string, status: string): Promise<void> {
  const told = charger.expects('TriggerMessage', { status })
  site.write(id, 0, 'trigger', place)
  expect(await told).toEqual({ requestedMessage })
  await site.shows(id, 0, 'trigger.result', result)
  site.write(id, 0, 'trigger', 0)
}

describe('Remote trigger', () => {
  it('TC_054_CSMS Trigger message: sends TriggerMessage for each message and takes what comes', async () => {
    await trigger(1, 'MeterValues')
    const value = { value: '1234', measurand: 'Energy.Active.Import.Register', unit: 'Wh' }
    const meterValue = [{ timestamp: now(), sampledValue: [value] }]
    expect(await charger.call('MeterValues', { connectorId: 1, meterValue })).toEqual({})
    await triggerByPoint(2, 'Heartbeat', 'Accepted', 'Accepted')
    await charger.call('Heartbeat', {})
    await trigger(1, 'StatusNotification')
    await charger.status(1, 'Available')
    await triggerByPoint(5, 'DiagnosticsStatusNotification', 'Accepted', 'Accepted')
    await charger.call('DiagnosticsStatusNotification', { status: 'Idle' })
    await site.shows(id, 0, 'diagnostics.status', 'Idle')
    await triggerByPoint(6, 'FirmwareStatusNotification', 'Accepted', 'Accepted')
    await charger.call('FirmwareStatusNotification', { status: 'Idle' })
    await site.shows(id, 0, 'firmware.status', 'Idle')
    await triggerByPoint(6, 'FirmwareStatusNotification', 'Not supported', 'NotImplemented')
  })

  it('TC_055_CSMS Trigger message, rejected: shows the refusal', async () => {
    await triggerByPoint(4, 'MeterValues', 'Rejected', 'Rejected')
  })
})

describe('Smart charging', () => {
  it('TC_056_CSMS Central smart charging, TxDefaultProfile: sends the profile as it stands, and a limit of the building as one', async () => {
    await setProfile(1, profile(1, 'TxDefaultProfile'))
    const told = charger.expects('SetChargingProfile', { status: 'Accepted' })
    site.write(id, 1, 'limit', 6)
    expect(await told).toMatchObject({
      connectorId: 1,
      csChargingProfiles: {
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }] },
      },
    })
    await site.shows(id, 1, 'limit.applied', 6)
  })

  it('TC_057_CSMS Central smart charging, TxProfile: sends the profile with the id of the transaction', async () => {
    const transactionId = await charger.charge(VALID)
    await setProfile(1, profile(2, 'TxProfile', { transactionId }))
    const told = charger.expects('SetChargingProfile', { status: 'Accepted' })
    site.write(id, 1, 'limit', 6)
    expect(await told).toMatchObject({
      connectorId: 1,
      csChargingProfiles: { chargingProfilePurpose: 'TxProfile', transactionId },
    })
  })

  it('TC_059_CSMS Remote start with a charging profile: sends both in one call and takes the session', async () => {
    const request = { connectorId: 1, idTag: VALID, chargingProfile: profile(3, 'TxProfile') }
    const told = charger.expects('RemoteStartTransaction', { status: 'Accepted' })
    expect(await site.call(id, 'RemoteStartTransaction', request)).toEqual({ status: 'Accepted' })
    expect(await told).toEqual(request)
    const transactionId = await charger.charge(VALID)
    await site.shows(id, 1, 'transaction.id', transactionId)
  })

  it('TC_066_CSMS Get composite schedule: asks for it and passes on the answer', async () => {
    const request = { connectorId: 1, duration: 300, chargingRateUnit: 'A' }
    const answer = {
      status: 'Accepted',
      connectorId: 1,
      scheduleStart: now(),
      chargingSchedule: {
        duration: 300,
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
      },
    }
    const told = charger.expects('GetCompositeSchedule', answer)
    expect(await site.call(id, 'GetCompositeSchedule', request)).toEqual(answer)
    expect(await told).toEqual(request)
  })

  it('TC_067_CSMS Clear charging profile: sets three and clears by id, by what they are, and all that remain', async () => {
    const transactionId = await charger.charge(VALID)
    await setProfile(0, profile(11, 'ChargePointMaxProfile'))
    await setProfile(1, profile(12, 'TxDefaultProfile'))
    await setProfile(1, profile(13, 'TxProfile', { transactionId }))
    await clearProfile({ id: 11 })
    await clearProfile({ connectorId: 1, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 1 })
    await clearProfile({})
  })
})
