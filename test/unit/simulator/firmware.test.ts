import { describe, expect, it } from 'vitest'
import { car, station } from './station.ts'

const update = { location: 'https://x/firmware.bin', retrieveDate: '2026-01-01T00:01:00Z' }

describe('an update of the firmware', () => {
  it('waits for its date, is loaded and installed, and comes up after a boot', () => {
    const { clock, call, heard, of, connector } = station()
    expect(call('UpdateFirmware', update)).toEqual({})
    clock.advance(59_000)
    expect(of('FirmwareStatusNotification')).toEqual([])
    clock.advance(15_000)
    expect(connector(1).status).toBe('Unavailable')
    clock.advance(60_000)
    const story = heard
      .filter(({ action }) => action === 'FirmwareStatusNotification' || action === 'BootNotification')
      .map(({ payload }) => payload.status ?? payload.firmwareVersion)
    expect(story).toEqual(['1.0.0', 'Downloading', 'Downloaded', 'Installing', '1.0.1', 'Installed'])
    expect(connector(1).status).toBe('Available')
  })

  it('waits for the end of a session', () => {
    const { chargePoint, clock, call, of, connector } = station()
    chargePoint.plugIn(1, car())
    call('UpdateFirmware', update)
    clock.advance(120_000)
    const statuses = () => of('FirmwareStatusNotification').map(({ status }) => status)
    expect(statuses()).toEqual(['Downloading', 'Downloaded'])
    expect(connector(2).status).toBe('Unavailable')
    chargePoint.unplug(1)
    clock.advance(2_000)
    expect(statuses()).toEqual(['Downloading', 'Downloaded', 'Installing'])
  })

  it('is tried again when it can not be loaded, as often as it was told', () => {
    const { clock, call, of } = station({ quirks: { firmware: { failedDownloads: 1 } } })
    call('UpdateFirmware', { ...update, retries: 1, retryInterval: 30 })
    clock.advance(200_000)
    expect(of('FirmwareStatusNotification').map(({ status }) => status)).toEqual([
      'Downloading',
      'Downloading',
      'Downloaded',
      'Installing',
      'Installed',
    ])
  })

  it.each([
    [{ location: 'nowhere' }, {}, ['Downloading', 'DownloadFailed']],
    [{}, { fails: 'DownloadFailed' }, ['Downloading', 'DownloadFailed']],
    [{}, { fails: 'InstallationFailed' }, ['Downloading', 'Downloaded', 'Installing', 'InstallationFailed']],
  ] as const)('ends where it fails: %j %j', (more, firmware, expected) => {
    const { clock, call, of, connector } = station({ quirks: { firmware } })
    call('UpdateFirmware', { ...update, ...more })
    clock.advance(200_000)
    expect(of('FirmwareStatusNotification').map(({ status }) => status)).toEqual(expected)
    expect(connector(1).status).toBe('Available')
  })

  it('tells its status when it is asked, Idle when there is none', () => {
    const { clock, call, of } = station()
    const ask = () => {
      call('TriggerMessage', { requestedMessage: 'FirmwareStatusNotification' })
      return of('FirmwareStatusNotification').at(-1)?.status
    }
    expect(ask()).toBe('Idle')
    call('UpdateFirmware', update)
    clock.advance(61_000)
    expect(ask()).toBe('Downloading')
    call('Reset', { type: 'Hard' })
    clock.advance(30_000)
    expect(ask()).toBe('Idle')
    expect(of('FirmwareStatusNotification').map(({ status }) => status)).not.toContain('Downloaded')
  })
})

describe('diagnostics', () => {
  it('have a name and are uploaded', () => {
    const { clock, call, of } = station()
    expect(call('GetDiagnostics', { location: 'ftp://x/' })).toEqual({ fileName: 'diagnostics-CP-20260101000000.log' })
    call('TriggerMessage', { requestedMessage: 'DiagnosticsStatusNotification' })
    clock.advance(10_000)
    call('TriggerMessage', { requestedMessage: 'DiagnosticsStatusNotification' })
    expect(of('DiagnosticsStatusNotification').map(({ status }) => status)).toEqual([
      'Uploading',
      'Uploading',
      'Uploaded',
      'Idle',
    ])
  })

  it('have no name where there are none, and fail when they can not be uploaded', () => {
    expect(station().call('GetDiagnostics', { location: 'ftp://x/', startTime: '2027-01-01T00:00:00Z' })).toEqual({})
    const { clock, call, of } = station({ quirks: { firmware: { uploadFails: true } } })
    call('GetDiagnostics', { location: 'ftp://x/', retries: 1, retryInterval: 10 })
    clock.advance(60_000)
    expect(of('DiagnosticsStatusNotification').map(({ status }) => status)).toEqual([
      'Uploading',
      'Uploading',
      'UploadFailed',
    ])
  })
})
