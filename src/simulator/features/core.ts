import { type Answer, type Handlers, result, type Served, silence, status } from '../answer.ts'
import type { ChargePoint } from '../charge-point.ts'

type Core =
  | 'ChangeAvailability'
  | 'ChangeConfiguration'
  | 'ClearCache'
  | 'DataTransfer'
  | 'GetConfiguration'
  | 'RemoteStartTransaction'
  | 'RemoteStopTransaction'
  | 'Reset'
  | 'UnlockConnector'

/** The Core profile (OCPP 1.6 5.2 to 5.14, 5.18). */
export const core: Handlers<Core> = {
  ChangeAvailability(chargePoint, { connectorId, type }) {
    const { connectors, quirks } = chargePoint
    const meant = connectorId === 0 ? connectors : connectors.filter(({ id }) => id === connectorId)
    if (meant.length === 0) return status('Rejected')
    const operative = type === 'Operative'
    const scheduled = !operative && meant.some(({ transaction }) => transaction !== undefined)
    return status(scheduled ? 'Scheduled' : 'Accepted', () => {
      for (const connector of meant) {
        connector.operative = operative
        chargePoint.settle(connector)
      }
      if (connectorId === 0 && chargePoint.operative !== operative) {
        chargePoint.operative = operative
        chargePoint.tellStatus(0)
      }
      if (quirks.rebootsOnAvailability) chargePoint.reboot('Reboot')
    })
  },

  ChangeConfiguration: (chargePoint, { key, value }) => changeConfiguration(chargePoint, key, value),

  ClearCache: ({ authorization }) => status(authorization.clearCache() ? 'Accepted' : 'Rejected'),

  DataTransfer: () => status('UnknownVendorId'),

  GetConfiguration({ configuration, quirks }, { key = [] }) {
    if (key.length === 0 ? quirks.noFullConfiguration : key.length > (quirks.maxKeys ?? Number.POSITIVE_INFINITY))
      return silence
    const most = configuration.number('GetConfigurationMaxKeys')
    if (most > 0 && key.length > most)
      return { kind: 'error', code: 'GenericError', description: `at most ${most} keys` }
    return result(configuration.get(key))
  },

  RemoteStartTransaction(chargePoint, { connectorId, idTag, chargingProfile }) {
    const { charging, quirks, registration, sessions } = chargePoint
    if (quirks.ignoresRemoteStart) return status('Accepted')
    const connector = registration.accepted ? sessions.forRemoteStart(connectorId, idTag) : undefined
    if (connector === undefined) return status('Rejected')
    if (chargingProfile !== undefined && !charging.takesForStart(connector.id, chargingProfile))
      return status('Rejected')
    return status('Accepted', () => sessions.remoteStart(connector, idTag, chargingProfile))
  },

  RemoteStopTransaction({ connectors, registration, sessions }, { transactionId }) {
    const connector = connectors.find(
      ({ transaction }) => transaction !== undefined && transaction.id === transactionId,
    )
    return connector === undefined || !registration.accepted
      ? status('Rejected')
      : status('Accepted', () => sessions.end(connector, 'Remote'))
  },

  Reset: (chargePoint, { type }) =>
    status('Accepted', () => chargePoint.reboot(type === 'Hard' ? 'HardReset' : 'SoftReset')),

  UnlockConnector(chargePoint, { connectorId }) {
    const connector = chargePoint.connector(connectorId)
    return connector === undefined
      ? status('NotSupported')
      : status('Unlocked', () => chargePoint.sessions.end(connector, 'UnlockCommand'))
  },
}

/** A change that has more to it than to be kept, and when it is refused. */
function changeConfiguration(
  { configuration, security }: ChargePoint,
  key: string,
  value: string,
): Answer<Served['ChangeConfiguration'][1]> {
  const name = security.supported ? key.toLowerCase() : ''
  if (name === 'authorizationkey') {
    const password = security.password(value)
    if (password === undefined) return status('Rejected')
    const changed = configuration.set(key, value)
    return status(changed, () => {
      if (changed === 'Accepted' && !configuration.ignores(key)) security.changePassword(password)
    })
  }
  if (name === 'securityprofile') {
    const before = configuration.text(key)
    if (security.mayUse(Number(value)) === 'Rejected') return status('Rejected')
    const changed = configuration.set(key, value)
    return status(changed, () => {
      if (changed === 'Accepted' && !configuration.ignores(key)) security.changeProfile(Number(value), before)
    })
  }
  return status(configuration.set(key, value))
}
