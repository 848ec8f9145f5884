import type { OCPP16 } from 'typed-ocpp'

/** Calls that this side makes and what a charger answers (OCPP 1.6 chapter 6). */
export interface Requests {
  readonly SetChargingProfile: OCPP16.SetChargingProfileRequest
  readonly ClearChargingProfile: OCPP16.ClearChargingProfileRequest
  readonly GetCompositeSchedule: OCPP16.GetCompositeScheduleRequest
  readonly ChangeAvailability: OCPP16.ChangeAvailabilityRequest
  readonly GetConfiguration: OCPP16.GetConfigurationRequest
  readonly ChangeConfiguration: OCPP16.ChangeConfigurationRequest
  readonly RemoteStartTransaction: OCPP16.RemoteStartTransactionRequest
  readonly RemoteStopTransaction: OCPP16.RemoteStopTransactionRequest
  readonly Reset: OCPP16.ResetRequest
  readonly UnlockConnector: OCPP16.UnlockConnectorRequest
  readonly ClearCache: OCPP16.ClearCacheRequest
  readonly GetLocalListVersion: OCPP16.GetLocalListVersionRequest
  readonly SendLocalList: OCPP16.SendLocalListRequest
  readonly TriggerMessage: OCPP16.TriggerMessageRequest
  /** Security white paper (ed. 3) 4.1. */
  readonly CertificateSigned: OCPP16.CertificateSignedRequest
}

export type RequestAction = keyof Requests

/** Calls of a charger that are acted upon. */
export interface Responses {
  readonly BootNotification: OCPP16.BootNotificationResponse
  readonly Heartbeat: OCPP16.HeartbeatResponse
  readonly StatusNotification: OCPP16.StatusNotificationResponse
  readonly Authorize: OCPP16.AuthorizeResponse
  readonly StartTransaction: OCPP16.StartTransactionResponse
  readonly StopTransaction: OCPP16.StopTransactionResponse
  readonly MeterValues: OCPP16.MeterValuesResponse
  readonly DataTransfer: OCPP16.DataTransferResponse
  readonly SignCertificate: OCPP16.SignCertificateResponse
}

export type ChargingProfile = OCPP16.SetChargingProfileRequest['csChargingProfiles']
