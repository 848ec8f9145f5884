import type { OCPP16 } from 'typed-ocpp'
import type { CallErrorCode } from '../southbound/ocpp/wire/frame.ts'
import type { ChargePoint } from './charge-point.ts'

/** What a charge point says to a call, and what happens once that has left. */
export type Answer<P = object> =
  | { readonly kind: 'result'; readonly payload: P; readonly then: () => void }
  | { readonly kind: 'error'; readonly code: CallErrorCode; readonly description: string }
  | { readonly kind: 'silence' }

type Handler<A extends keyof Served> = (chargePoint: ChargePoint, request: Served[A][0]) => Answer<Served[A][1]>

export type Handlers<A extends keyof Served> = { readonly [K in A]: Handler<K> }

export function result<P extends object>(payload: P, then: () => void = () => {}): Answer<P> {
  return { kind: 'result', payload, then }
}

export function status<S extends string>(text: S, then?: () => void): Answer<{ status: S }> {
  return result({ status: text }, then)
}

export const silence = { kind: 'silence' } as const

/** Every call that a charge point serves: its request and its response. */
export interface Served {
  readonly CancelReservation: [OCPP16.CancelReservationRequest, OCPP16.CancelReservationResponse]
  readonly CertificateSigned: [OCPP16.CertificateSignedRequest, OCPP16.CertificateSignedResponse]
  readonly ChangeAvailability: [OCPP16.ChangeAvailabilityRequest, OCPP16.ChangeAvailabilityResponse]
  readonly ChangeConfiguration: [OCPP16.ChangeConfigurationRequest, OCPP16.ChangeConfigurationResponse]
  readonly ClearCache: [OCPP16.ClearCacheRequest, OCPP16.ClearCacheResponse]
  readonly ClearChargingProfile: [OCPP16.ClearChargingProfileRequest, OCPP16.ClearChargingProfileResponse]
  readonly DataTransfer: [OCPP16.DataTransferRequest, OCPP16.DataTransferResponse]
  readonly DeleteCertificate: [OCPP16.DeleteCertificateRequest, OCPP16.DeleteCertificateResponse]
  readonly ExtendedTriggerMessage: [OCPP16.ExtendedTriggerMessageRequest, OCPP16.ExtendedTriggerMessageResponse]
  readonly GetCompositeSchedule: [OCPP16.GetCompositeScheduleRequest, OCPP16.GetCompositeScheduleResponse]
  readonly GetConfiguration: [OCPP16.GetConfigurationRequest, OCPP16.GetConfigurationResponse]
  readonly GetDiagnostics: [OCPP16.GetDiagnosticsRequest, OCPP16.GetDiagnosticsResponse]
  readonly GetInstalledCertificateIds: [
    OCPP16.GetInstalledCertificateIdsRequest,
    OCPP16.GetInstalledCertificateIdsResponse,
  ]
  readonly GetLocalListVersion: [OCPP16.GetLocalListVersionRequest, OCPP16.GetLocalListVersionResponse]
  readonly GetLog: [OCPP16.GetLogRequest, OCPP16.GetLogResponse]
  readonly InstallCertificate: [OCPP16.InstallCertificateRequest, OCPP16.InstallCertificateResponse]
  readonly RemoteStartTransaction: [OCPP16.RemoteStartTransactionRequest, OCPP16.RemoteStartTransactionResponse]
  readonly RemoteStopTransaction: [OCPP16.RemoteStopTransactionRequest, OCPP16.RemoteStopTransactionResponse]
  readonly ReserveNow: [OCPP16.ReserveNowRequest, OCPP16.ReserveNowResponse]
  readonly Reset: [OCPP16.ResetRequest, OCPP16.ResetResponse]
  readonly SendLocalList: [OCPP16.SendLocalListRequest, OCPP16.SendLocalListResponse]
  readonly SetChargingProfile: [OCPP16.SetChargingProfileRequest, OCPP16.SetChargingProfileResponse]
  readonly SignedUpdateFirmware: [OCPP16.SignedUpdateFirmwareRequest, OCPP16.SignedUpdateFirmwareResponse]
  readonly TriggerMessage: [OCPP16.TriggerMessageRequest, OCPP16.TriggerMessageResponse]
  readonly UnlockConnector: [OCPP16.UnlockConnectorRequest, OCPP16.UnlockConnectorResponse]
  readonly UpdateFirmware: [OCPP16.UpdateFirmwareRequest, OCPP16.UpdateFirmwareResponse]
}
