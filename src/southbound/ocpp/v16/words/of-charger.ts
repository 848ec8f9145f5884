import { number, objects } from '../normalise.ts'
import { meterValues } from './meter-values.ts'
import {
  asOf,
  connector,
  count,
  list,
  moment,
  named,
  type Payload,
  register,
  type Sentence,
  said,
  status,
  tagInfo,
  transaction,
} from './phrase.ts'

export interface Sentences {
  readonly request: Sentence
  readonly confirmation: Sentence
}

const plain: Sentence = (payload) => status(payload)
const nothing: Sentence = () => 'Received'

function boot(payload: Payload): string {
  const { chargePointSerialNumber: serial, chargeBoxSerialNumber: box } = payload
  return (
    list(
      [said(payload.chargePointVendor), said(payload.chargePointModel)].filter((each) => each !== undefined).join(' '),
      named('serial', serial ?? box),
      serial === undefined || serial === box ? undefined : named('box', box),
      named('firmware', payload.firmwareVersion),
      named('meter', list(said(payload.meterType), said(payload.meterSerialNumber))),
      named('ICCID', payload.iccid),
      named('IMSI', payload.imsi),
    ) || 'Does not say what it is'
  )
}

function booted({ status: own, interval, currentTime }: Payload): string {
  const seconds = said(interval, 12)
  const every = /^accepted$/i.test(String(said(own))) ? 'a heartbeat every' : 'asks again in'
  const now = moment(currentTime)
  return list(said(own) ?? 'No status', seconds && `${every} ${seconds} s`, now && `it is ${now}`)
}

function statusNotification(payload: Payload, at: number): string {
  const { vendorErrorCode, vendorId } = payload
  const where = connector(payload.connectorId) ?? 'No connector'
  const info = list(
    said(payload.errorCode, 50),
    said(payload.info),
    named('vendor code', vendorErrorCode),
    named('vendor', vendorId),
    asOf(payload.timestamp, at),
  )
  return list(`${where}: ${said(payload.status, 50) ?? 'no status'}`, info)
}

function startTransaction(payload: Payload, at: number): string {
  return list(
    connector(payload.connectorId),
    named('tag', payload.idTag),
    named('meter', register(payload.meterStart)),
    number(payload.reservationId) === 0 ? undefined : named('reservation', payload.reservationId),
    asOf(payload.timestamp, at),
  )
}

function started({ transactionId, idTagInfo }: Payload): string {
  const id = transaction(transactionId)
  const info = tagInfo(idTagInfo)
  const subject = id === undefined ? 'No transaction' : `Transaction ${id}`
  if (info === undefined) return subject
  const accepted = /^accepted$/i.test(info.status)
  return list(accepted ? `${subject} accepted` : `${subject}: tag ${info.status}`, info.rest)
}

function stopTransaction(payload: Payload, at: number): string {
  const id = transaction(payload.transactionId)
  const readings = objects(payload.transactionData).length
  return list(
    `Transaction ${id ?? 'without a number'}`,
    named('meter', register(payload.meterStop)),
    named('reason', payload.reason),
    named('tag', payload.idTag),
    readings === 0 ? undefined : count(readings, 'reading'),
    asOf(payload.timestamp, at),
  )
}

function tagAnswer({ idTagInfo }: Payload): string {
  const info = tagInfo(idTagInfo)
  return info === undefined ? 'Received' : list(`Tag ${info.status.toLowerCase()}`, info.rest)
}

function dataTransfer(payload: Payload): string {
  const subject = list(said(payload.vendorId, 60), said(payload.messageId, 60))
  const data = dataOf(payload)
  return data === undefined ? subject || 'No vendor' : `${subject || 'No vendor'}: ${data}`
}

function dataOf({ data }: Payload): string | undefined {
  return typeof data === 'object' && data !== null ? said(JSON.stringify(data), 300) : said(data, 300)
}

const withRequest: Sentence = (payload) => list(status(payload), named('request', payload.requestId))

/** DataTransfer goes both ways. */
export const dataTransferWords: Sentences = {
  request: dataTransfer,
  confirmation: (payload) => list(status(payload), dataOf(payload)),
}

/** The calls that chargers make and what the bridge answers (OCPP 1.6 chapter 4, security white paper 4). */
export const ofCharger: Readonly<Record<string, Sentences>> = {
  Authorize: { request: ({ idTag }) => named('Tag', idTag) ?? 'No tag', confirmation: tagAnswer },
  BootNotification: { request: boot, confirmation: booted },
  DiagnosticsStatusNotification: { request: plain, confirmation: nothing },
  FirmwareStatusNotification: { request: plain, confirmation: nothing },
  Heartbeat: {
    request: () => 'Alive',
    confirmation: ({ currentTime }) => moment(currentTime) ?? 'No time',
  },
  MeterValues: { request: meterValues, confirmation: nothing },
  StartTransaction: { request: startTransaction, confirmation: started },
  StatusNotification: { request: statusNotification, confirmation: nothing },
  StopTransaction: { request: stopTransaction, confirmation: tagAnswer },
  // ---
  LogStatusNotification: { request: withRequest, confirmation: nothing },
  SecurityEventNotification: {
    request: ({ techInfo, timestamp, type }, at) =>
      list(
        [said(type, 60) ?? 'No event', said(techInfo)].filter((each) => each !== undefined).join(': '),
        asOf(timestamp, at),
      ),
    confirmation: nothing,
  },
  SignCertificate: {
    request: ({ csr }) => (typeof csr === 'string' ? 'Asks for a certificate to be signed' : 'No request'),
    confirmation: plain,
  },
  SignedFirmwareStatusNotification: { request: withRequest, confirmation: nothing },
}
