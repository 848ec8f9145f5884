import { describe, expect, it } from 'vitest'
import { violation } from '../../../src/southbound/ocpp/v16/validate.ts'
import { clientCertificate, csr, root, rootHashData } from './certificates.ts'
import { profile, station } from './station.ts'

const firmware = {
  location: 'https://x/f',
  retrieveDateTime: '2026-01-01T00:00:00Z',
  signingCertificate: clientCertificate,
  signature: 'x',
}

/** Every call that a central system makes in 1.6 and its security extension, and what an idle charger says to it. */
const calls: readonly (readonly [string, object, object])[] = [
  ['CancelReservation', { reservationId: 1 }, { status: 'Rejected' }],
  ['CertificateSigned', { certificateChain: clientCertificate }, { status: 'Accepted' }],
  ['ChangeAvailability', { connectorId: 1, type: 'Operative' }, { status: 'Accepted' }],
  ['ChangeConfiguration', { key: 'ConnectionTimeOut', value: '30' }, { status: 'Accepted' }],
  ['ClearCache', {}, { status: 'Accepted' }],
  ['ClearChargingProfile', {}, { status: 'Unknown' }],
  ['DataTransfer', { vendorId: 'x' }, { status: 'UnknownVendorId' }],
  ['DeleteCertificate', { certificateHashData: rootHashData }, { status: 'Accepted' }],
  ['ExtendedTriggerMessage', { requestedMessage: 'Heartbeat' }, { status: 'Accepted' }],
  ['GetCompositeSchedule', { connectorId: 0, duration: 60 }, { status: 'Accepted', connectorId: 0 }],
  ['GetConfiguration', {}, { unknownKey: [] }],
  ['GetDiagnostics', { location: 'ftp://x' }, { fileName: 'diagnostics-CP-20260101000000.log' }],
  ['GetInstalledCertificateIds', { certificateType: 'CentralSystemRootCertificate' }, { status: 'Accepted' }],
  ['GetLocalListVersion', {}, { listVersion: 0 }],
  ['GetLog', { logType: 'DiagnosticsLog', requestId: 1, log: { remoteLocation: 'ftp://x' } }, { status: 'Accepted' }],
  ['InstallCertificate', { certificateType: 'ManufacturerRootCertificate', certificate: root }, { status: 'Accepted' }],
  ['RemoteStartTransaction', { idTag: 'A' }, { status: 'Accepted' }],
  ['RemoteStopTransaction', { transactionId: 1 }, { status: 'Rejected' }],
  [
    'ReserveNow',
    { connectorId: 1, expiryDate: '2027-01-01T00:00:00Z', idTag: 'A', reservationId: 1 },
    { status: 'Accepted' },
  ],
  ['Reset', { type: 'Hard' }, { status: 'Accepted' }],
  ['SendLocalList', { listVersion: 1, updateType: 'Full' }, { status: 'Accepted' }],
  [
    'SetChargingProfile',
    { connectorId: 1, csChargingProfiles: profile('TxDefaultProfile', 10) },
    { status: 'Accepted' },
  ],
  ['SignedUpdateFirmware', { requestId: 1, firmware }, { status: 'Accepted' }],
  ['TriggerMessage', { requestedMessage: 'MeterValues' }, { status: 'Accepted' }],
  ['UnlockConnector', { connectorId: 1 }, { status: 'Unlocked' }],
  ['UpdateFirmware', { location: 'ftp://x', retrieveDate: '2026-01-01T00:00:00Z' }, {}],
]

describe('the calls of a central system', () => {
  it.each(calls)('are served: %s', (action, payload, expected) => {
    const { call, clock } = station({ security: { roots: [root], csr }, violation })
    expect(call(action, payload)).toMatchObject(expected)
    // What follows from it is held to the schemas, too.
    clock.advance(120_000)
  })

  it.each([
    'BootNotification',
    'DiagnosticsStatusNotification',
    'FirmwareStatusNotification',
    'Heartbeat',
    'MeterValues',
    'StatusNotification',
  ])('trigger a %s', (requestedMessage) => {
    const { call, actions } = station({ violation })
    const before = actions().length
    expect(call('TriggerMessage', { requestedMessage })).toEqual({ status: 'Accepted' })
    expect(actions().slice(before)).toContain(requestedMessage)
  })
})
