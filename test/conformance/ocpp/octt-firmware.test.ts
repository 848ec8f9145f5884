import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { now, type OcttCharger } from './octt-charger.ts'
import { type OcttSite, octtSite, plainChargers } from './octt-site.ts'

let site: OcttSite
let charger: OcttCharger

beforeAll(async () => {
  site = await octtSite({ chargers: plainChargers('CP') })
})
beforeEach(async () => {
  charger = await site.booted('CP')
})
afterEach(() => site.over())
afterAll(() => site.stop())

async function updateFirmware(): Promise<void> {
  const request = { location: 'https://127.0.0.1/firmware.bin', retrieveDate: now(), retries: 1, retryInterval: 10 }
  const told = charger.expects('UpdateFirmware', {})
  expect(await site.call('CP', 'UpdateFirmware', request)).toEqual({})
  expect(await told).toEqual(request)
}

/** The charger tells how far it is; the building sees it. */
async function firmware(status: string): Promise<void> {
  expect(await charger.call('FirmwareStatusNotification', { status })).toEqual({})
  await site.shows('CP', 0, 'firmware.status', status)
}

async function diagnostics(status: string): Promise<void> {
  expect(await charger.call('DiagnosticsStatusNotification', { status })).toEqual({})
  await site.shows('CP', 0, 'diagnostics.status', status)
}

async function getDiagnostics(): Promise<void> {
  const request = { location: 'ftp://127.0.0.1/diagnostics', retries: 1, retryInterval: 10 }
  const told = charger.expects('GetDiagnostics', { fileName: 'diagnostics.zip' })
  expect(await site.call('CP', 'GetDiagnostics', request)).toEqual({ fileName: 'diagnostics.zip' })
  expect(await told).toEqual(request)
}

/** From the download to the boot after the installation. */
async function install(firmwareVersion: string): Promise<void> {
  await firmware('Downloading')
  await firmware('Downloaded')
  await charger.statuses('Unavailable')
  await site.shows('CP', 1, 'status', 'Unavailable')
  await firmware('Installing')
  await charger.disconnect()
  await charger.connect()
  expect(await charger.boot({ firmwareVersion })).toMatchObject({ status: 'Accepted' })
  await site.shows('CP', 1, 'status', 'Available')
}

describe('Firmware management', () => {
  it('TC_044_1_CSMS Firmware update: sends UpdateFirmware, shows how far it is and accepts the boot after it', async () => {
    await updateFirmware()
    await install('2.0')
    await firmware('Installed')
    await site.shows('CP', 0, 'firmwareVersion', '2.0')
  })

  it('TC_044_2_CSMS Firmware update, download failed: sends UpdateFirmware and shows the failure', async () => {
    await updateFirmware()
    await firmware('Downloading')
    await firmware('DownloadFailed')
  })

  it('TC_044_3_CSMS Firmware update, installation failed: shows the failure and the version that remains', async () => {
    await updateFirmware()
    await install('1.0')
    await firmware('InstallationFailed')
    await site.shows('CP', 0, 'firmwareVersion', '1.0')
  })

  it('TC_045_1_CSMS Get diagnostics: sends GetDiagnostics and shows how far the upload is', async () => {
    await getDiagnostics()
    await diagnostics('Uploading')
    await diagnostics('Uploaded')
  })

  it('TC_045_2_CSMS Get diagnostics, upload failed: sends GetDiagnostics and shows the failure', async () => {
    await getDiagnostics()
    await diagnostics('Uploading')
    await diagnostics('UploadFailed')
  })
})
