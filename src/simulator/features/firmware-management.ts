import { type Handlers, result } from '../answer.ts'

type FirmwareManagement = 'GetDiagnostics' | 'UpdateFirmware'

/** The FirmwareManagement profile (OCPP 1.6 5.9, 5.19). */
export const firmwareManagement: Handlers<FirmwareManagement> = {
  GetDiagnostics(chargePoint, { retries = 0, retryInterval = 0, startTime }) {
    const { calls, diagnostics, options } = chargePoint
    const now = options.clock.now()
    // 6.26: no name where there is nothing to upload.
    if (startTime !== undefined && Date.parse(startTime) > now) return result({})
    const fileName = `diagnostics-${options.id}-${new Date(now).toISOString().replace(/\D/g, '').slice(0, 14)}.log`
    return result({ fileName: fileName.slice(0, 255) }, () =>
      diagnostics.begin({
        retries,
        retryIntervalMs: retryInterval * 1000,
        tell: (told) => {
          const status = told === 'Failed' ? 'UploadFailed' : told
          calls.make('DiagnosticsStatusNotification', () => ({ status }), { durable: true })
        },
      }),
    )
  },

  UpdateFirmware: ({ firmware }, { location, retrieveDate, retries = 0, retryInterval = 0 }) =>
    result({}, () =>
      firmware.begin({
        location,
        retrieveAt: Date.parse(retrieveDate),
        installAt: 0,
        retries,
        retryIntervalMs: retryInterval * 1000,
        requestId: undefined,
      }),
    ),
}
