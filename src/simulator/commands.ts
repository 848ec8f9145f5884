import type { Payload } from '../southbound/ocpp/wire/frame.ts'
import type { ChargePoint } from './charge-point.ts'
import type { Profile } from './profiles.ts'

interface Answer {
  readonly payload: Payload
  /** What happens once the answer has left. */
  readonly then?: () => void
}

type Command = (chargePoint: ChargePoint, payload: Payload) => Answer

const status = (text: string, then?: () => void): Answer => ({ payload: { status: text }, ...(then && { then }) })

const commands: Readonly<Record<string, Command>> = {
  ChangeAvailability(chargePoint, { connectorId, type }) {
    const meant = connectorId === 0 ? chargePoint.connectors : [chargePoint.connector(Number(connectorId))]
    let scheduled = false
    for (const connector of meant) {
      if (connector === undefined) return status('Rejected')
      if (chargePoint.setOperative(connector, type === 'Operative') === 'Scheduled') scheduled = true
    }
    return status(scheduled ? 'Scheduled' : 'Accepted')
  },
  ChangeConfiguration: (chargePoint, { key, value }) =>
    status(chargePoint.configuration.set(String(key), String(value))),
  ClearCache: () => status('Accepted'),
  ClearChargingProfile: (chargePoint, filter) =>
    status(chargePoint.profiles.clear(filter as never) ? 'Accepted' : 'Unknown'),
  GetCompositeSchedule(chargePoint, { connectorId, duration }) {
    const connector = chargePoint.connector(Number(connectorId))
    if (connector === undefined) return status('Rejected')
    const chargingSchedulePeriod = [{ startPeriod: 0, limit: chargePoint.offered(connector) }]
    return {
      payload: {
        status: 'Accepted',
        connectorId: Number(connectorId),
        scheduleStart: new Date(chargePoint.options.clock.now()).toISOString(),
        chargingSchedule: { duration: Number(duration), chargingRateUnit: 'A', chargingSchedulePeriod },
      },
    }
  },
  GetConfiguration: (chargePoint, { key }) => ({
    payload: chargePoint.configuration.get(Array.isArray(key) ? key.map(String) : undefined),
  }),
  RemoteStartTransaction(chargePoint, { connectorId, idTag }) {
    const wanted = connectorId === undefined ? chargePoint.connectors : [chargePoint.connector(Number(connectorId))]
    const connector = wanted.find(
      (each) => each?.car !== undefined && each.transaction === undefined && each.status === 'Preparing',
    )
    return connector === undefined
      ? status('Rejected')
      : status('Accepted', () => chargePoint.begin(connector, String(idTag)))
  },
  RemoteStopTransaction(chargePoint, { transactionId }) {
    const connector = chargePoint.connectors.find(({ transaction }) => transaction?.id === transactionId)
    return connector === undefined ? status('Rejected') : status('Accepted', () => chargePoint.end(connector, 'Remote'))
  },
  Reset: (chargePoint, { type }) => status('Accepted', () => chargePoint.reset(type === 'Hard')),
  SetChargingProfile(chargePoint, { connectorId, csChargingProfiles }) {
    const profile = csChargingProfiles as Profile
    const { quirks } = chargePoint.options
    const connector = Number(connectorId)
    if (quirks?.rejects?.includes(profile.chargingProfilePurpose)) return status('Rejected')
    if (connector > 0 && chargePoint.connector(connector) === undefined) return status('Rejected')
    const running = chargePoint.connector(connector)?.transaction
    if (profile.chargingProfilePurpose === 'TxProfile' && running === undefined) return status('Rejected')
    if (profile.chargingProfilePurpose === 'ChargePointMaxProfile' && connector !== 0) return status('Rejected')
    chargePoint.profiles.install(connector, profile)
    return status('Accepted')
  },
  TriggerMessage(chargePoint, { requestedMessage, connectorId }) {
    const meant = connectorId === undefined ? chargePoint.connectors.map(({ id }) => id) : [Number(connectorId)]
    switch (requestedMessage) {
      case 'BootNotification':
        return status('Accepted', () => chargePoint.boot())
      case 'Heartbeat':
        return status('Accepted', () => chargePoint.calls.make('Heartbeat', () => ({})))
      case 'StatusNotification':
        return status('Accepted', () => {
          for (const id of meant) chargePoint.tellStatus(id)
        })
      case 'MeterValues':
        return status('Accepted', () => {
          for (const id of meant) {
            const connector = chargePoint.connector(id)
            if (connector !== undefined) chargePoint.tellMeter(connector)
          }
        })
      default:
        return status('NotImplemented')
    }
  },
  UnlockConnector(chargePoint, { connectorId }) {
    const connector = chargePoint.connector(Number(connectorId))
    if (connector === undefined) return status('NotSupported')
    return status('Unlocked', () => chargePoint.end(connector, 'UnlockCommand'))
  },
}

/** A command's answer, and what it sets off; undefined: this charger doesn't know it. */
export function answerCommand(chargePoint: ChargePoint, action: string, payload: Payload): Answer | undefined {
  return Object.hasOwn(commands, action) ? commands[action]?.(chargePoint, payload) : undefined
}
