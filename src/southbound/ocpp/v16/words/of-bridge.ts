import { number, objects } from '../normalise.ts'
import { certificates } from './certificates.ts'
import { dataTransferWords, type Sentences } from './of-charger.ts'
import {
  connector,
  count,
  list,
  moment,
  named,
  object,
  type Payload,
  type Sentence,
  said,
  some,
  status,
  transaction,
} from './phrase.ts'
import { profile, profileSet, schedule } from './profile.ts'

const plain: Sentence = (payload) => status(payload)

/** Keys that are written out; of more the line would only be cut. */
const MAX_KEYS = 12

/** A call that is answered with a status and nothing else. */
function asked(request: Sentence): Sentences {
  return { request, confirmation: plain }
}

function configuration({ configurationKey, unknownKey }: Payload): string {
  const rows = objects(configurationKey)
  const told = rows
    .slice(0, MAX_KEYS)
    .map(({ key, value }) => `${said(key, 60) ?? '?'} = ${said(value, 100) ?? ''}`.trim())
  const unknown = some(unknownKey, MAX_KEYS)
  const all = rows.length > MAX_KEYS ? `${rows.length} keys: ${told.join(', ')}, …` : told.join(', ')
  return list(all, unknown && `not known: ${unknown}`) || 'No keys'
}

function profileCleared({ chargingProfilePurpose, connectorId, id, stackLevel }: Payload): string {
  const which = list(
    named('profile', id),
    connector(connectorId, 'the charger')?.toLowerCase(),
    said(chargingProfilePurpose, 40),
    named('stack', stackLevel),
  )
  return which === '' ? 'All charging profiles' : `Charging profiles of ${which}`
}

function composite({ chargingSchedule, connectorId, scheduleStart, status: own }: Payload): string {
  const start = moment(scheduleStart)
  const where = connector(connectorId)
  const limits = typeof chargingSchedule === 'object' ? schedule(object(chargingSchedule)) : undefined
  return list(
    said(own) ?? 'No status',
    limits && `${where?.toLowerCase() ?? 'limit'}: ${limits}`,
    start && `from ${start}`,
  )
}

/** What is brought somewhere or fetched from there, and when. */
function transfer(where: string | undefined, payload: Payload): string {
  const { requestId, retries, retryInterval, retrieveDate, startTime, stopTime, installDate } = payload
  const [from, until, due, install] = [startTime, stopTime, retrieveDate, installDate].map(moment)
  const tries = said(retries, 10)
  return list(
    where,
    from && `of what happened from ${from}`,
    until && `until ${until}`,
    due && `on ${due}`,
    install && `installed on ${install}`,
    tries && `${count(Number(tries) || 0, 'retry').replace(/ys$/, 'ies')}`,
    named('every', said(retryInterval, 10) && `${said(retryInterval, 10)} s`),
    named('request', requestId),
  )
}

function reservation(payload: Payload): string {
  const until = moment(payload.expiryDate)
  return list(
    connector(payload.connectorId, 'Any connector'),
    named('tag', payload.idTag),
    named('parent tag', payload.parentIdTag),
    until && `until ${until}`,
    named('reservation', payload.reservationId),
  )
}

function remoteStart({ chargingProfile, connectorId, idTag }: Payload): string {
  const own = typeof chargingProfile === 'object' && chargingProfile !== null ? object(chargingProfile) : undefined
  return list(named('Tag', idTag) ?? 'No tag', connector(connectorId)?.toLowerCase(), own && profile(own, undefined))
}

function trigger({ connectorId, requestedMessage }: Payload): string {
  return list(said(requestedMessage, 60) ?? 'No message', connector(connectorId)?.toLowerCase())
}

function list16({ listVersion, localAuthorizationList, updateType }: Payload): string {
  const tags = objects(localAuthorizationList).length
  return list(said(updateType, 20), named('version', listVersion), count(tags, 'tag'))
}

function version({ listVersion }: Payload): string {
  const own = number(listVersion)
  return own === -1 ? 'No list kept' : own === 0 ? 'The list is empty' : (named('Version', listVersion) ?? 'No version')
}

const firmware = (payload: Payload): string =>
  transfer(named('From', payload.location ?? object(payload.firmware).location) ?? 'From nowhere', {
    ...payload,
    ...object(payload.firmware),
    // Of a signed one the dates have names of their own.
    retrieveDate: payload.retrieveDate ?? object(payload.firmware).retrieveDateTime,
    installDate: object(payload.firmware).installDateTime,
  })

/** The calls that the bridge makes and what chargers answer (OCPP 1.6 chapter 5, security white paper 4). */
export const ofBridge: Readonly<Record<string, Sentences>> = {
  CancelReservation: asked(({ reservationId }) => named('Reservation', reservationId) ?? 'No reservation'),
  ChangeAvailability: asked(
    ({ connectorId, type }) => `${connector(connectorId) ?? 'No connector'}: ${said(type, 30) ?? 'no type'}`,
  ),
  ChangeConfiguration: asked(({ key, value }) => `${said(key, 60) ?? 'No key'} = ${said(value, 300) ?? ''}`.trim()),
  ClearCache: asked(() => 'All remembered tags'),
  ClearChargingProfile: asked(profileCleared),
  DataTransfer: dataTransferWords,
  GetCompositeSchedule: {
    request: ({ chargingRateUnit, connectorId, duration }) =>
      list(
        connector(connectorId),
        named('the next', said(duration, 12) && `${said(duration, 12)} s`),
        named('in', chargingRateUnit),
      ),
    confirmation: composite,
  },
  GetConfiguration: {
    request: ({ key }) => some(key, MAX_KEYS) || 'All keys',
    confirmation: configuration,
  },
  GetDiagnostics: {
    request: (payload) => transfer(named('To', payload.location) ?? 'To nowhere', payload),
    confirmation: ({ fileName }) => named('File', fileName) ?? 'No file',
  },
  GetLocalListVersion: { request: () => 'Version of the local list', confirmation: version },
  RemoteStartTransaction: asked(remoteStart),
  RemoteStopTransaction: asked(
    ({ transactionId }) => `Transaction ${transaction(transactionId) ?? 'without a number'}`,
  ),
  ReserveNow: asked(reservation),
  Reset: asked(({ type }) => said(type, 30) ?? 'No type'),
  SendLocalList: asked(list16),
  SetChargingProfile: asked(profileSet),
  TriggerMessage: asked(trigger),
  UnlockConnector: asked(({ connectorId }) => connector(connectorId) ?? 'No connector'),
  UpdateFirmware: { request: firmware, confirmation: () => 'Received' },
  // ---
  ...certificates,
  ExtendedTriggerMessage: asked(trigger),
  GetLog: {
    request: (payload) => {
      const log = object(payload.log)
      const where = list(said(payload.logType, 30), named('to', log.remoteLocation))
      return transfer(where, { ...payload, startTime: log.oldestTimestamp, stopTime: log.latestTimestamp })
    },
    confirmation: (payload) => list(status(payload), named('file', payload.filename)),
  },
  SignedUpdateFirmware: asked(firmware),
}
