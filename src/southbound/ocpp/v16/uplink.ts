import type { Charger } from '../../../core/charger/charger.ts'
import type { Identity, NoticeSubject } from '../../../core/charger/event.ts'
import type { ChargerDoor } from '../../../core/ports.ts'
import type { Handler } from '../session/session.ts'
import type { Payload } from '../wire/frame.ts'
import type { Responses } from './messages.ts'
import { meterReading } from './meter-values.ts'
import { connectorId, errorCode, idTag, number, status, text, time, transactionId } from './normalise.ts'
import { tagInfo } from './tag-info.ts'

export interface UplinkParts {
  readonly door: ChargerDoor
  readonly charger: Charger
  readonly now: () => number
  /** Seconds of BootNotification's answer: the heartbeat interval, or when to come again. */
  readonly bootInterval: () => number
  /** A Boot was heard; its answer is about to leave. */
  readonly booted: () => void
  /** Takes a request for a certificate, which follows later; false: it is refused. */
  readonly signCertificate: (csr: unknown) => boolean
}

const registrationStatus = { accepted: 'Accepted', pending: 'Pending', rejected: 'Rejected' } as const

/** What a charger says, handed to core before its answer leaves. */
export function uplink(parts: UplinkParts): Handler {
  const handlers: Readonly<Record<string, (payload: Payload, parts: UplinkParts) => Payload>> = {
    BootNotification: bootNotification,
    Heartbeat: (_payload, { now }) => ({ currentTime: iso(now()) }) satisfies Responses['Heartbeat'],
    StatusNotification: statusNotification,
    Authorize: authorize,
    StartTransaction: startTransaction,
    StopTransaction: stopTransaction,
    MeterValues: meterValues,
    FirmwareStatusNotification: notice('firmware'),
    SignedFirmwareStatusNotification: notice('firmware'),
    DiagnosticsStatusNotification: notice('diagnostics'),
    LogStatusNotification: notice('log'),
    SecurityEventNotification: securityEvent,
    DataTransfer: () => ({ status: 'UnknownVendorId' }) satisfies Responses['DataTransfer'],
    SignCertificate: signCertificate,
  }
  return (action, payload) => {
    const handler = Object.hasOwn(handlers, action) ? handlers[action] : undefined
    if (handler !== undefined) return handler(payload, parts)
    return { callError: 'NotImplemented', description: `${action.slice(0, 50)} is not known here` }
  }
}

function bootNotification(payload: Payload, parts: UplinkParts): Payload {
  const { charger, door } = parts
  door.event(charger, { kind: 'booted', identity: identity(payload) })
  parts.booted()
  return {
    status: registrationStatus[charger.registration],
    currentTime: iso(parts.now()),
    interval: parts.bootInterval(),
  } satisfies Responses['BootNotification']
}

function identity(payload: Payload): Identity {
  const said = {
    vendor: text(payload.chargePointVendor, 50),
    model: text(payload.chargePointModel, 50),
    serialNumber: text(payload.chargePointSerialNumber, 50),
    chargeBoxSerialNumber: text(payload.chargeBoxSerialNumber, 50),
    firmwareVersion: text(payload.firmwareVersion, 50),
    iccid: text(payload.iccid, 50),
    imsi: text(payload.imsi, 50),
    meterSerialNumber: text(payload.meterSerialNumber, 50),
    meterType: text(payload.meterType, 50),
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}

function statusNotification(payload: Payload, { charger, door }: UplinkParts): Payload {
  const connector = connectorId(payload.connectorId)
  const now = status(payload.status)
  if (connector === undefined || now === undefined) return {}
  const info = text(payload.info, 50)
  const vendorErrorCode = text(payload.vendorErrorCode, 50)
  const chargerTime = time(payload.timestamp)
  door.event(charger, {
    kind: 'status',
    connector,
    status: now,
    errorCode: errorCode(payload.errorCode),
    ...(info !== undefined && { info }),
    ...(vendorErrorCode !== undefined && { vendorErrorCode }),
    ...(chargerTime !== undefined && { chargerTime }),
  })
  return {}
}

function authorize(payload: Payload, { charger, door }: UplinkParts): Payload {
  return { idTagInfo: tagInfo(door.authorize(charger, idTag(payload.idTag) ?? '')) } satisfies Responses['Authorize']
}

function startTransaction(payload: Payload, { charger, door }: UplinkParts): Payload {
  const chargerTime = time(payload.timestamp)
  const started = door.startTransaction(charger, {
    connector: connectorId(payload.connectorId) ?? 1,
    idTag: idTag(payload.idTag) ?? '',
    meterStartWh: register(payload.meterStart),
    timestampText: text(payload.timestamp, 50) ?? '',
    ...(chargerTime !== undefined && { chargerTime }),
  })
  return {
    transactionId: started.transactionId,
    idTagInfo: tagInfo(started.permission),
  } satisfies Responses['StartTransaction']
}

function stopTransaction(payload: Payload, { charger, door }: UplinkParts): Payload {
  const chargerTime = time(payload.timestamp)
  const tag = idTag(payload.idTag)
  const reason = text(payload.reason, 30)
  const { reading } = meterReading(payload.transactionData)
  const permission = door.stopTransaction(charger, {
    transactionId: transactionId(payload.transactionId),
    meterStopWh: register(payload.meterStop),
    ...(tag !== undefined && { idTag: tag }),
    ...(reason !== undefined && { reason }),
    ...(chargerTime !== undefined && { chargerTime }),
    ...((reading.samples.length > 0 || reading.signed !== undefined) && { reading }),
  })
  return (permission === undefined ? {} : { idTagInfo: tagInfo(permission) }) satisfies Responses['StopTransaction']
}

function meterValues(payload: Payload, { charger, door }: UplinkParts): Payload {
  const sent = connectorId(payload.connectorId)
  if (sent === undefined) return {}
  const id = transactionId(payload.transactionId)
  // A transaction never runs on connector 0: a charger with one connector means that one.
  const connector = sent === 0 && id !== undefined && charger.connectorCount === 1 ? 1 : sent
  const { reading, energyAtStartWh } = meterReading(payload.meterValue)
  door.event(charger, {
    kind: 'metered',
    connector,
    reading,
    ...(id !== undefined && { transactionId: id }),
    ...(energyAtStartWh !== undefined && { energyAtStartWh }),
  })
  return {}
}

/** What a charger does by itself, in its own words. */
function notice(subject: NoticeSubject) {
  return (payload: Payload, { charger, door }: UplinkParts): Payload => {
    const said = text(payload.status, 50)
    if (said !== undefined) door.event(charger, { kind: 'notice', subject, text: said })
    return {}
  }
}

function securityEvent(payload: Payload, { charger, door }: UplinkParts): Payload {
  const type = text(payload.type, 50)
  const detail = text(payload.techInfo, 255)
  if (type === undefined) return {}
  door.event(charger, { kind: 'notice', subject: 'security', text: detail === undefined ? type : `${type}: ${detail}` })
  return {}
}

function signCertificate({ csr }: Payload, parts: UplinkParts): Payload {
  return { status: parts.signCertificate(csr) ? 'Accepted' : 'Rejected' } satisfies Responses['SignCertificate']
}

function register(value: unknown): number | undefined {
  const wh = number(value)
  return wh === undefined || wh < 0 ? undefined : wh
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
