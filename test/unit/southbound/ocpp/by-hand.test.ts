import { describe, expect, it } from 'vitest'
import type { Charger } from '../../../../src/core/charger/charger.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { unfit } from '../../../../src/southbound/ocpp/v16/by-hand.ts'
import { Conversation } from '../../../../src/southbound/ocpp/v16/conversation.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordingDoor } from '../../../support/recording-door.ts'

const at = '2026-06-01T12:00:00Z'
const hash = { hashAlgorithm: 'SHA256', issuerNameHash: 'a1', issuerKeyHash: 'b2', serialNumber: '01' }
const profile = {
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: {
    chargingRateUnit: 'A',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 6.5, numberPhases: 3 }],
  },
}

/** What each call asks for at the least, or a little more (OCPP 1.6 chapter 6, security whitepaper chapter 4). */
const calls: readonly (readonly [string, Record<string, unknown>])[] = [
  ['CancelReservation', { reservationId: 1 }],
  ['ChangeAvailability', { connectorId: 0, type: 'Inoperative' }],
  ['ChangeConfiguration', { key: 'HeartbeatInterval', value: '300' }],
  ['ClearCache', {}],
  ['ClearChargingProfile', {}],
  ['DataTransfer', { vendorId: 'com.example', messageId: 'x', data: '{"a":1}' }],
  ['GetCompositeSchedule', { connectorId: 1, duration: 600, chargingRateUnit: 'W' }],
  ['GetConfiguration', { key: ['X'] }],
  ['GetDiagnostics', { location: 'ftp://192.0.2.1/x', retries: 1, startTime: at }],
  ['GetLocalListVersion', {}],
  [
    'RemoteStartTransaction',
    { idTag: 'T', connectorId: 1, chargingProfile: { ...profile, chargingProfilePurpose: 'TxProfile' } },
  ],
  ['RemoteStopTransaction', { transactionId: 1 }],
  ['ReserveNow', { connectorId: 1, expiryDate: at, idTag: 'T', reservationId: 1 }],
  ['Reset', { type: 'Soft' }],
  [
    'SendLocalList',
    { listVersion: 1, updateType: 'Full', localAuthorizationList: [{ idTag: 'T', idTagInfo: { status: 'Accepted' } }] },
  ],
  ['SetChargingProfile', { connectorId: 1, csChargingProfiles: profile }],
  ['TriggerMessage', { requestedMessage: 'MeterValues', connectorId: 1 }],
  ['UnlockConnector', { connectorId: 1 }],
  ['UpdateFirmware', { location: 'https://192.0.2.1/fw.bin', retrieveDate: at }],
  ['CertificateSigned', { certificateChain: '-----BEGIN CERTIFICATE-----' }],
  ['DeleteCertificate', { certificateHashData: hash }],
  ['ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' }],
  ['GetInstalledCertificateIds', { certificateType: 'ManufacturerRootCertificate' }],
  ['GetLog', { logType: 'SecurityLog', requestId: 1, log: { remoteLocation: 'https://192.0.2.1/log' } }],
  ['InstallCertificate', { certificateType: 'CentralSystemRootCertificate', certificate: 'x' }],
  [
    'SignedUpdateFirmware',
    { requestId: 1, firmware: { location: 'x', retrieveDateTime: at, signingCertificate: 'x', signature: 'x' } },
  ],
]

describe('a call by hand', () => {
  it.each(calls)('may be %s', (action, payload) => {
    expect(unfit(action, payload)).toBeUndefined()
    // Each has a schema that says no.
    expect(unfit(action, { ...payload, surplus: 1 })?.message).toBe(
      `${action}: / must NOT have additional properties: surplus`,
    )
    expect(unfit(action, [])?.what).toBe('payload')
  })

  it.each(['__proto__', 'constructor', 'toString', '', 'clearcache', 'x'.repeat(10_000)])('may not be %j', (action) => {
    expect(unfit(action, {})).toMatchObject({ what: 'action' })
    expect(unfit(action, {})?.message.length).toBeLessThan(200)
  })
})

/** A conversation whose charger has booted. */
function booted() {
  const clock = new FakeClock(Date.UTC(2026, 5, 1, 12))
  const door = new RecordingDoor()
  const charger: Charger = door.arrive('CP')
  const sent: [number, string, string, unknown][] = []
  const talk = new Conversation({
    door,
    charger,
    send: (text) => sent.push(JSON.parse(text)),
    close: () => {},
    clock,
    log: silentLog,
    settings: {
      responseTimeout: 1_000,
      heartbeatInterval: 300_000,
      configRefresh: 3_600_000,
      guests: { retryInterval: 60_000 },
    },
  })
  charger.link = talk
  const boot = () => talk.receive('[2,"b","BootNotification",{"chargePointVendor":"A","chargePointModel":"M"}]')
  /** Answers what waits; tells the actions. */
  const answer = (payload: object = { status: 'Accepted', configurationKey: [{ key: 'X', readonly: true }] }) => {
    const open = sent.splice(0).filter(([type]) => type === 2)
    for (const [, id] of open) talk.receive(JSON.stringify([3, id, payload]))
    return open.map(([, , action]) => action)
  }
  return { clock, door, charger, sent, talk, boot, answer }
}

describe('between a call by hand and the charger', () => {
  it('stand the calls that wait already', async () => {
    const { talk, boot, answer } = booted()
    boot()
    const outcome = talk.callByHand('ClearCache', {})
    expect(answer()).toEqual(['GetConfiguration'])
    expect(answer()).toEqual(['ClearCache'])
    expect(await outcome).toEqual({ kind: 'result', payload: expect.objectContaining({ status: 'Accepted' }) })
  })

  it('stands nothing that core hears of', async () => {
    const { talk, boot, answer, door } = booted()
    boot()
    answer()
    const before = door.events.length
    const outcome = talk.callByHand('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile })
    answer()
    await outcome
    expect(door.events.slice(before).filter(({ kind }) => kind !== 'heard')).toEqual([])
  })

  it('stands an end to waiting, after which it is not sent any more', async () => {
    const { talk, boot, answer, clock, charger } = booted()
    boot()
    answer()
    charger.registration = 'pending'
    boot()
    const outcome = talk.callByHand('ClearCache', {})
    clock.advance(21_000)
    expect(await outcome).toEqual({ kind: 'none' })
    charger.registration = 'accepted'
    boot()
    expect(answer()).toEqual(['GetConfiguration'])
    expect(answer()).toEqual([])
  })

  it('stands the end of the socket', async () => {
    const { talk, boot } = booted()
    boot()
    const outcome = talk.callByHand('ClearCache', {})
    talk.closed()
    expect(await outcome).toMatchObject({ kind: 'none' })
    expect(await talk.callByHand('ClearCache', {})).toMatchObject({ kind: 'none' })
  })

  it('stands no reading back of a password', async () => {
    const { talk, boot, answer } = booted()
    boot()
    answer()
    for (const [key, expected] of [
      ['AuthorizationKey', []],
      ['X', ['GetConfiguration']],
    ] as const) {
      const outcome = talk.callByHand('ChangeConfiguration', { key, value: 'v' })
      expect(answer()).toEqual(['ChangeConfiguration'])
      await outcome
      expect(answer()).toEqual(expected)
    }
  })
})
