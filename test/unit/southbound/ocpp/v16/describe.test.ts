import { describe as about, expect, it } from 'vitest'
import { describe } from '../../../../../src/southbound/ocpp/v16/describe.ts'
import { confirmation, message, NOW, request, shownTag } from './described.ts'

const sample = (value: string, measurand?: string, unit?: string, phase?: string) => ({
  value,
  ...(measurand && { measurand }),
  ...(unit && { unit }),
  ...(phase && { phase }),
})
const currents = ['L1', 'L2', 'L3'].map((phase, n) =>
  sample(['10.3', '10.2', '10.4'][n] ?? '', 'Current.Import', 'A', phase),
)
const profile = {
  chargingProfileId: 17,
  stackLevel: 1,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] },
}
const day = {
  ...profile,
  chargingProfileKind: 'Recurring',
  recurrencyKind: 'Daily',
  chargingSchedule: {
    chargingRateUnit: 'A',
    duration: 86_400,
    startSchedule: '2026-01-02T00:00:00Z',
    chargingSchedulePeriod: [
      { startPeriod: 0, limit: 6, numberPhases: 1 },
      { startPeriod: 21_600, limit: 32, numberPhases: 3 },
    ],
  },
}
const firmware = {
  location: 'https://fw.example/v2.bin',
  retrieveDate: '2026-01-02T04:00:00Z',
  retries: 3,
  retryInterval: 60,
}
const certificate = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n'

about('a call of a charger', () => {
  it.each([
    ['Authorize', { idTag: '29F2FB3D' }, 'Tag #8'],
    [
      'BootNotification',
      {
        chargePointVendor: 'ABB',
        chargePointModel: 'Terra AC',
        chargePointSerialNumber: 'T1',
        chargeBoxSerialNumber: 'B1',
        firmwareVersion: '1.8.32',
        meterType: 'V1',
        iccid: '89',
        imsi: '26',
      },
      'ABB Terra AC, serial T1, box B1, firmware 1.8.32, meter V1, ICCID 89, IMSI 26',
    ],
    ['BootNotification', { chargePointVendor: 'ABB', chargePointModel: 'Terra AC' }, 'ABB Terra AC'],
    ['BootNotification', {}, 'Does not say what it is'],
    [
      'DataTransfer',
      { vendorId: 'EV-BOX', messageId: 'evbStatus', data: '1,Preparing' },
      'EV-BOX, evbStatus: 1,Preparing',
    ],
    ['DataTransfer', { vendorId: 'EN+' }, 'EN+'],
    ['DiagnosticsStatusNotification', { status: 'Uploading' }, 'Uploading'],
    ['FirmwareStatusNotification', { status: 'Installed' }, 'Installed'],
    ['Heartbeat', {}, 'Alive'],
    [
      'MeterValues',
      {
        connectorId: 1,
        transactionId: 42,
        meterValue: [
          { timestamp: NOW, sampledValue: [sample('7200', 'Power.Active.Import', 'W'), ...currents, sample('12345')] },
        ],
      },
      'Connector 1, transaction 42: 7.2 kW, 10.3 A/10.2 A/10.4 A, 12.345 kWh',
    ],
    [
      'MeterValues',
      {
        connectorId: 0,
        meterValue: [
          {
            timestamp: NOW,
            sampledValue: [
              sample('850', 'Power.Active.Import', 'W'),
              sample('54', 'SoC', 'Percent'),
              sample('50.01', 'Frequency'),
            ],
          },
        ],
      },
      'Main meter: 850 W, battery 54 %, Frequency 50.01',
    ],
    [
      'MeterValues',
      {
        connectorId: 1,
        meterValue: [
          { timestamp: '2026-01-01T00:00:00Z', sampledValue: [sample('1')] },
          { timestamp: '2026-01-01T00:15:00Z', sampledValue: [sample('2500')] },
        ],
      },
      'Connector 1: 2.5 kWh, 2 readings, as of 2026-01-01 00:15:00 UTC',
    ],
    [
      'MeterValues',
      { connectorId: 2, meterValue: [{ timestamp: NOW, sampledValue: [{ value: '7', location: 'Inlet' }] }] },
      'Connector 2: Energy.Active.Import.Register Inlet 7',
    ],
    [
      'MeterValues',
      {
        connectorId: 2,
        meterValue: [{ timestamp: NOW, sampledValue: [{ value: '7', context: 'Transaction.Begin' }] }],
      },
      'Connector 2: 0.007 kWh at the start',
    ],
    [
      'MeterValues',
      {
        connectorId: 2,
        meterValue: [{ timestamp: NOW, sampledValue: [{ value: 'OCMF|{}|{}', format: 'SignedData' }] }],
      },
      'Connector 2: 1 signed value',
    ],
    ['MeterValues', {}, 'Meter: no values'],
    [
      'StartTransaction',
      { connectorId: 1, idTag: 'ABC', meterStart: 2_455_725, timestamp: NOW, reservationId: 3 },
      'Connector 1, tag #3, meter 2455.725 kWh, reservation 3',
    ],
    [
      'StartTransaction',
      { connectorId: 1, idTag: 'ABC', meterStart: 0, timestamp: '2026-01-01T00:00:00Z', reservationId: 0 },
      'Connector 1, tag #3, meter 0 kWh, as of 2026-01-01 00:00:00 UTC',
    ],
    [
      'StatusNotification',
      { connectorId: 1, status: 'Charging', errorCode: 'NoError', timestamp: NOW },
      'Connector 1: Charging, NoError',
    ],
    [
      'StatusNotification',
      {
        connectorId: 0,
        status: 'Faulted',
        errorCode: 'OtherError',
        info: 'door open',
        vendorErrorCode: '0x17',
        vendorId: 'com.acme',
      },
      'Charger: Faulted, OtherError, door open, vendor code 0x17, vendor com.acme',
    ],
    [
      'StatusNotification',
      { connectorId: 1, status: 'Available', errorCode: 'NoError', info: 'null', timestamp: '1970-01-01T00:00:01Z' },
      'Connector 1: Available, NoError, as of 1970-01-01T00:00:01Z',
    ],
    [
      'StopTransaction',
      {
        transactionId: 42,
        meterStop: 4_285_673,
        reason: 'EVDisconnected',
        idTag: 'ABC',
        timestamp: NOW,
        transactionData: [{}, {}],
      },
      'Transaction 42, meter 4285.673 kWh, reason EVDisconnected, tag #3, 2 readings',
    ],
    ['LogStatusNotification', { status: 'Uploaded', requestId: 5 }, 'Uploaded, request 5'],
    [
      'SecurityEventNotification',
      { type: 'SettingSystemTime', timestamp: NOW, techInfo: 'by hand' },
      'SettingSystemTime: by hand',
    ],
    ['SignCertificate', { csr: '-----BEGIN CERTIFICATE REQUEST-----' }, 'Asks for a certificate to be signed'],
    ['SignedFirmwareStatusNotification', { status: 'Downloaded', requestId: 5 }, 'Downloaded, request 5'],
  ])('%s %j is told as: %s', (action, payload, words) => {
    expect(request(action, payload)).toMatchObject({ sender: 'charger', type: `${action}Request`, message: words })
  })
})

about('an answer of the bridge', () => {
  it.each([
    [
      'Authorize',
      { idTagInfo: { status: 'Accepted', expiryDate: '2027-01-01T00:00:00Z', parentIdTag: 'FAMILY' } },
      'Tag accepted, until 2027-01-01 00:00:00 UTC, parent tag #6',
    ],
    ['Authorize', { idTagInfo: { status: 'Blocked' } }, 'Tag blocked'],
    [
      'BootNotification',
      { status: 'Accepted', interval: 300, currentTime: NOW },
      'Accepted, a heartbeat every 300 s, it is 2026-01-02 03:04:05 UTC',
    ],
    ['BootNotification', { status: 'Pending', interval: 60 }, 'Pending, asks again in 60 s'],
    ['DataTransfer', { status: 'Accepted', data: 'ok' }, 'Accepted, ok'],
    ['DiagnosticsStatusNotification', {}, 'Received'],
    ['FirmwareStatusNotification', {}, 'Received'],
    ['Heartbeat', { currentTime: NOW }, '2026-01-02 03:04:05 UTC'],
    ['MeterValues', {}, 'Received'],
    ['StartTransaction', { transactionId: 42, idTagInfo: { status: 'Accepted' } }, 'Transaction 42 accepted'],
    [
      'StartTransaction',
      { transactionId: 42, idTagInfo: { status: 'ConcurrentTx' } },
      'Transaction 42: tag ConcurrentTx',
    ],
    ['StatusNotification', {}, 'Received'],
    ['StopTransaction', { idTagInfo: { status: 'Accepted' } }, 'Tag accepted'],
    ['StopTransaction', {}, 'Received'],
    ['LogStatusNotification', {}, 'Received'],
    ['SecurityEventNotification', {}, 'Received'],
    ['SignCertificate', { status: 'Rejected' }, 'Rejected'],
    ['SignedFirmwareStatusNotification', {}, 'Received'],
  ])('to %s %j is told as: %s', (action, payload, words) => {
    expect(confirmation(action, payload)).toMatchObject({ type: `${action}Confirmation`, message: words })
  })
})

about('a call of the bridge', () => {
  it.each([
    ['CancelReservation', { reservationId: 5 }, 'Reservation 5'],
    ['ChangeAvailability', { connectorId: 1, type: 'Inoperative' }, 'Connector 1: Inoperative'],
    ['ChangeConfiguration', { key: 'HeartbeatInterval', value: '300' }, 'HeartbeatInterval = 300'],
    ['ChangeConfiguration', { key: 'AuthorizationKey', value: '0123456789abcdef' }, 'AuthorizationKey = ***'],
    ['ClearCache', {}, 'All remembered tags'],
    ['ClearChargingProfile', {}, 'All charging profiles'],
    [
      'ClearChargingProfile',
      { id: 17, connectorId: 0, chargingProfilePurpose: 'TxProfile', stackLevel: 2 },
      'Charging profiles of profile 17, the charger, TxProfile, stack 2',
    ],
    ['DataTransfer', { vendorId: 'V' }, 'V'],
    [
      'GetCompositeSchedule',
      { connectorId: 1, duration: 90, chargingRateUnit: 'A' },
      'Connector 1, the next 90 s, in A',
    ],
    ['GetConfiguration', {}, 'All keys'],
    ['GetConfiguration', { key: ['A', 'B'] }, 'A, B'],
    [
      'GetDiagnostics',
      {
        location: 'ftp://joe:pw@host/in',
        startTime: '2026-01-01T00:00:00Z',
        stopTime: '2026-01-02T00:00:00Z',
        retries: 1,
      },
      'To ftp://joe:***@host/in, of what happened from 2026-01-01 00:00:00 UTC, until 2026-01-02 00:00:00 UTC, 1 retry',
    ],
    ['GetLocalListVersion', {}, 'Version of the local list'],
    ['RemoteStartTransaction', { idTag: 'ABC', connectorId: 1 }, 'Tag #3, connector 1'],
    [
      'RemoteStartTransaction',
      { idTag: 'ABC', chargingProfile: profile },
      'Tag #3, limit 16 A (TxDefaultProfile, stack 1, profile 17, Relative)',
    ],
    ['RemoteStopTransaction', { transactionId: 42 }, 'Transaction 42'],
    [
      'ReserveNow',
      { connectorId: 0, idTag: 'ABC', parentIdTag: 'FAMILY', expiryDate: '2026-01-02T05:00:00Z', reservationId: 5 },
      'Any connector, tag #3, parent tag #6, until 2026-01-02 05:00:00 UTC, reservation 5',
    ],
    ['Reset', { type: 'Hard' }, 'Hard'],
    [
      'SendLocalList',
      { updateType: 'Full', listVersion: 5, localAuthorizationList: [{ idTag: 'A' }, { idTag: 'B' }] },
      'Full, version 5, 2 tags',
    ],
    [
      'SetChargingProfile',
      { connectorId: 1, csChargingProfiles: profile },
      'limit 16 A on connector 1 (TxDefaultProfile, stack 1, profile 17, Relative)',
    ],
    [
      'SetChargingProfile',
      { connectorId: 0, csChargingProfiles: day },
      'limit 6 A on 1 phase, after 21600 s 32 A on 3 phases, for 86400 s, from 2026-01-02 00:00:00 UTC on the charger (TxDefaultProfile, stack 1, profile 17, Recurring, Daily)',
    ],
    ['TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 }, 'StatusNotification, connector 1'],
    ['UnlockConnector', { connectorId: 1 }, 'Connector 1'],
    ['UpdateFirmware', firmware, 'From https://fw.example/v2.bin, on 2026-01-02 04:00:00 UTC, 3 retries, every 60 s'],
    ['CertificateSigned', { certificateChain: certificate + certificate }, '2 certificates'],
    [
      'DeleteCertificate',
      { certificateHashData: { hashAlgorithm: 'SHA256', serialNumber: '0a1b' } },
      'Certificate 0a1b, SHA256',
    ],
    ['ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' }, 'SignChargePointCertificate'],
    ['GetInstalledCertificateIds', { certificateType: 'CentralSystemRootCertificate' }, 'CentralSystemRootCertificate'],
    [
      'GetLog',
      { logType: 'SecurityLog', requestId: 5, log: { remoteLocation: 'https://up.example/' } },
      'SecurityLog, to https://up.example/, request 5',
    ],
    [
      'InstallCertificate',
      { certificateType: 'ManufacturerRootCertificate', certificate },
      'ManufacturerRootCertificate, 1 certificate',
    ],
    [
      'SignedUpdateFirmware',
      {
        requestId: 5,
        firmware: {
          location: 'https://fw.example/v2.bin',
          retrieveDateTime: '2026-01-02T04:00:00Z',
          installDateTime: '2026-01-03T04:00:00Z',
        },
      },
      'From https://fw.example/v2.bin, on 2026-01-02 04:00:00 UTC, installed on 2026-01-03 04:00:00 UTC, request 5',
    ],
  ])('%s %j is told as: %s', (action, payload, words) => {
    const text = JSON.stringify([2, 'id', action, payload])
    expect(describe(message({ from: 'bridge', action, text }), shownTag)).toMatchObject({
      sender: 'bridge',
      type: `${action}Request`,
      message: words,
    })
  })
})

about('an answer of a charger', () => {
  it.each([
    ...['CancelReservation', 'ChangeAvailability', 'ChangeConfiguration', 'ClearCache', 'ClearChargingProfile'],
    ...['RemoteStartTransaction', 'RemoteStopTransaction', 'ReserveNow', 'Reset', 'SendLocalList'],
    ...['SetChargingProfile', 'TriggerMessage', 'UnlockConnector', 'DataTransfer', 'CertificateSigned'],
    ...['DeleteCertificate', 'ExtendedTriggerMessage', 'InstallCertificate', 'SignedUpdateFirmware', 'GetLog'],
  ])('to %s is told by its status', (action) => {
    expect(confirmation(action, { status: 'Rejected' }).message).toBe('Rejected')
  })

  it.each([
    [
      'GetCompositeSchedule',
      { status: 'Accepted', connectorId: 1, chargingSchedule: profile.chargingSchedule },
      'Accepted, connector 1: 16 A',
    ],
    [
      'GetConfiguration',
      { configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '300' }], unknownKey: ['Nope'] },
      'HeartbeatInterval = 300, not known: Nope',
    ],
    [
      'GetConfiguration',
      { configurationKey: Array.from({ length: 13 }, (_, n) => ({ key: `K${n}`, value: '1' })) },
      `13 keys: ${Array.from({ length: 12 }, (_, n) => `K${n} = 1`).join(', ')}, …`,
    ],
    ['GetConfiguration', {}, 'No keys'],
    ['GetDiagnostics', { fileName: 'diag.zip' }, 'File diag.zip'],
    ['GetDiagnostics', {}, 'No file'],
    ['GetLocalListVersion', { listVersion: 5 }, 'Version 5'],
    ['GetLocalListVersion', { listVersion: 0 }, 'The list is empty'],
    ['GetLocalListVersion', { listVersion: -1 }, 'No list kept'],
    ['UpdateFirmware', {}, 'Received'],
    ['GetInstalledCertificateIds', { status: 'Accepted', certificateHashData: [{}, {}] }, 'Accepted, 2 certificates'],
    ['GetLog', { status: 'Accepted', filename: 'log.txt' }, 'Accepted, file log.txt'],
  ])('to %s %j is told as: %s', (action, payload, words) => {
    expect(confirmation(action, payload).message).toBe(words)
  })
})
