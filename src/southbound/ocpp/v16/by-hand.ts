import { didYouMean } from '../../../lib/nearest.ts'
import { violation } from './validate.ts'

/** Every call that a central system may make: OCPP 1.6 chapter 5, and below the line its security whitepaper (ed. 3, chapter 4). */
const calls = [
  'CancelReservation',
  'ChangeAvailability',
  'ChangeConfiguration',
  'ClearCache',
  'ClearChargingProfile',
  'DataTransfer',
  'GetCompositeSchedule',
  'GetConfiguration',
  'GetDiagnostics',
  'GetLocalListVersion',
  'RemoteStartTransaction',
  'RemoteStopTransaction',
  'ReserveNow',
  'Reset',
  'SendLocalList',
  'SetChargingProfile',
  'TriggerMessage',
  'UnlockConnector',
  'UpdateFirmware',
  // ---
  'CertificateSigned',
  'DeleteCertificate',
  'ExtendedTriggerMessage',
  'GetInstalledCertificateIds',
  'GetLog',
  'InstallCertificate',
  'SignedUpdateFirmware',
] as const

/** The calls that chargers make; DataTransfer goes both ways. */
const chargersOwn = [
  'Authorize',
  'BootNotification',
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'Heartbeat',
  'LogStatusNotification',
  'MeterValues',
  'SecurityEventNotification',
  'SignCertificate',
  'SignedFirmwareStatusNotification',
  'StartTransaction',
  'StatusNotification',
  'StopTransaction',
]

/** Why a call that somebody wrote by hand can't be made, and where it breaks the schema; undefined: it can. */
export function unfit(
  action: string,
  payload: unknown,
): { readonly what: 'action' | 'payload'; readonly message: string } | undefined {
  if (!calls.some((call) => call === action)) {
    const message = chargersOwn.includes(action)
      ? `${action} is a call that chargers make: TriggerMessage asks for it`
      : `${action.slice(0, 60)} is no call of OCPP 1.6 to a charger${didYouMean(action.slice(0, 60), calls)}`
    return { what: 'action', message }
  }
  const problem = violation(`${action}Request`, payload)
  return problem === undefined ? undefined : { what: 'payload', message: `${action}: ${problem}` }
}
