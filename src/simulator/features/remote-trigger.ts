import type { OCPP16 } from 'typed-ocpp'
import { type Answer, type Handlers, silence, status } from '../answer.ts'
import type { ChargePoint } from '../charge-point.ts'

type RemoteTrigger = 'ExtendedTriggerMessage' | 'TriggerMessage'
type Message =
  | OCPP16.TriggerMessageRequest['requestedMessage']
  | OCPP16.ExtendedTriggerMessageRequest['requestedMessage']

/** Sends what is asked for. `connectorId`: undefined for all; `extended`: by ExtendedTriggerMessage. */
type Trigger = (chargePoint: ChargePoint, connectorId: number | undefined, extended: boolean) => void

const triggers: Readonly<Record<Message, Trigger>> = {
  BootNotification: ({ registration }) => registration.boot(),
  DiagnosticsStatusNotification({ calls, diagnostics }) {
    const status = diagnostics.status === 'Uploading' ? 'Uploading' : 'Idle'
    calls.make('DiagnosticsStatusNotification', () => ({ status }), { urgent: true })
  },
  FirmwareStatusNotification: ({ firmware }, _connectorId, extended) => firmware.repeat(extended),
  Heartbeat: ({ registration }) => registration.heartbeat(true),
  LogStatusNotification({ calls, log }) {
    const status = log.status === 'Uploading' ? 'Uploading' : 'Idle'
    calls.make('LogStatusNotification', () => ({ status }), { urgent: true })
  },
  MeterValues({ connectors, meter }, connectorId) {
    for (const connector of connectors)
      if (connectorId === undefined || connector.id === connectorId) meter.tell(connector, 'Trigger')
  },
  SignChargePointCertificate: ({ security }) => void security.requestCertificate(),
  StatusNotification(chargePoint, connectorId) {
    const ids = connectorId === undefined ? [0, ...chargePoint.connectors.map(({ id }) => id)] : [connectorId]
    for (const id of ids) chargePoint.tellStatus(id, true)
  },
}

/** The RemoteTrigger profile (OCPP 1.6 5.17) and what the security extension adds to it. */
export const remoteTrigger: Handlers<RemoteTrigger> = {
  ExtendedTriggerMessage: (chargePoint, request) => trigger(chargePoint, request, true),
  TriggerMessage: (chargePoint, request) => trigger(chargePoint, request, false),
}

function trigger(
  chargePoint: ChargePoint,
  { requestedMessage, connectorId }: { readonly requestedMessage: Message; readonly connectorId?: number },
  extended: boolean,
): Answer<{ status: 'Accepted' | 'Rejected' | 'NotImplemented' }> {
  const { connectors, options, quirks } = chargePoint
  if (quirks.noTriggerForConnector && connectorId !== undefined) return silence
  if (!Object.hasOwn(triggers, requestedMessage)) return status('NotImplemented')
  const least = requestedMessage === 'MeterValues' ? 1 : 0
  if (connectorId !== undefined && (connectorId < least || connectorId > connectors.length)) return status('Rejected')
  if (requestedMessage === 'SignChargePointCertificate' && options.security?.csr === undefined)
    return status('Rejected')
  return status('Accepted', () => triggers[requestedMessage](chargePoint, connectorId, extended))
}
