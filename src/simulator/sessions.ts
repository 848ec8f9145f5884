import type { OCPP16 } from 'typed-ocpp'
import type { ChargingProfile } from '../southbound/ocpp/v16/messages.ts'
import type { Payload } from '../southbound/ocpp/wire/frame.ts'
import type { Car } from './car.ts'
import type { ChargePoint } from './charge-point.ts'
import type { SimulatedConnector, SimulatedTransaction } from './connector.ts'
import type { TagInfo } from './local-list.ts'

export type StopReason = NonNullable<OCPP16.StopTransactionRequest['reason']>

/** Cars, tags and the transactions that they make (OCPP 1.6 4.8, 4.10, 5.11). */
export class Sessions {
  readonly #chargePoint: ChargePoint

  constructor(chargePoint: ChargePoint) {
    this.#chargePoint = chargePoint
  }

  /** A car arrives: who was let in before it charges, else its own tag is shown. */
  plugIn(connector: SimulatedConnector, car: Car): void {
    if (connector.car !== undefined || !['Available', 'Preparing', 'Reserved'].includes(connector.status)) return
    connector.car = car
    this.#chargePoint.settle(connector)
    const { permission } = connector
    if (permission !== undefined) this.begin(connector, permission.idTag, permission.profile)
    else if (car.idTag !== undefined) this.#ask(connector, car.idTag, () => connector.car === car)
  }

  unplug(connector: SimulatedConnector): void {
    if (connector.car === undefined) return
    if (this.#chargePoint.configuration.is('StopTransactionOnEVSideDisconnect')) this.end(connector, 'EVDisconnected')
    connector.car = undefined
    connector.finishing = false
    connector.amps = 0
    this.#chargePoint.settle(connector)
  }

  /** Somebody shows a tag: it ends the session that it, or one of its group, began; else it asks for one. */
  present(connector: SimulatedConnector, idTag: string): void {
    const { authorization } = this.#chargePoint
    const { transaction } = connector
    if (transaction === undefined) this.#ask(connector, idTag, () => true)
    else if (authorization.same(idTag, transaction.idTag)) this.end(connector, 'Local', idTag)
    else
      authorization.authorize(idTag, (accepted) => {
        const mine = connector.transaction === transaction && authorization.same(idTag, transaction.idTag)
        if (accepted && mine) this.end(connector, 'Local', idTag)
      })
  }

  /** The connector that a remote start would use; undefined: there is none. */
  forRemoteStart(connectorId: number | undefined, idTag: string): SimulatedConnector | undefined {
    const { connectors, reservations } = this.#chargePoint
    const fit = connectors.filter(
      (each) =>
        (connectorId === undefined || each.id === connectorId) &&
        each.usable &&
        each.permission === undefined &&
        !each.finishing &&
        reservations.allows(each, idTag),
    )
    return fit.find(({ car }) => car !== undefined) ?? fit[0]
  }

  remoteStart(connector: SimulatedConnector, idTag: string, profile: ChargingProfile | undefined): void {
    const { authorization, configuration } = this.#chargePoint
    if (!configuration.is('AuthorizeRemoteTxRequests')) this.#admit(connector, idTag, profile)
    else
      authorization.authorize(idTag, (accepted) => {
        if (accepted) this.#admit(connector, idTag, profile)
      })
  }

  begin(connector: SimulatedConnector, idTag: string, profile?: ChargingProfile): void {
    const { calls, charging, meter, options, quirks, reservations } = this.#chargePoint
    connector.permission = undefined
    if (!connector.usable || !reservations.allows(connector, idTag)) {
      this.#chargePoint.settle(connector)
      return
    }
    const reservationId = reservations.use(connector, idTag)
    const now = options.clock.now()
    const transaction: SimulatedTransaction = {
      id: undefined,
      idTag,
      startWh: connector.energyWh,
      startedAt: now,
      meteredAt: now,
      suspended: false,
      data: [],
    }
    connector.transaction = transaction
    connector.finishing = false
    if (profile !== undefined) charging.store.install(connector.id, profile)
    connector.offer = charging.offer(connector)
    meter.keep(connector, transaction, 'Transaction.Begin')
    const payload = {
      connectorId: connector.id,
      idTag: quirks.paddedTags && idTag.length === 20 ? `${idTag}\u0000\u0000` : idTag,
      meterStart: meter.registerWh(connector, transaction),
      ...(reservationId !== undefined && { reservationId }),
      timestamp: this.#chargePoint.timestamp(),
    }
    const start = (done: (answer: Payload | undefined) => void): void =>
      calls.make('StartTransaction', () => payload, { durable: true }, done)
    const answered = (answer: Payload | undefined): void => this.#started(connector, transaction, answer)
    start(quirks.replaysStart ? () => start(answered) : answered)
    this.#chargePoint.settle(connector)
  }

  /** Ends the session that runs on a connector, if there is one. */
  end(connector: SimulatedConnector, reason: StopReason, idTag?: string): void {
    const { transaction } = connector
    if (transaction === undefined) return
    const { calls, charging, meter, options, quirks } = this.#chargePoint
    meter.keep(connector, transaction, 'Transaction.End')
    connector.transaction = undefined
    connector.amps = 0
    charging.store.transactionEnded(connector.id)
    const { data } = transaction
    const payload = {
      meterStop: meter.registerWh(connector, transaction),
      timestamp: this.#chargePoint.timestamp(),
      idTag: idTag ?? transaction.idTag,
      reason,
      ...(data.length > 0 && { transactionData: data }),
    }
    const stop = (): Payload | undefined => {
      // Looked up when it leaves: offline, the start is answered only then. A start that was given up has no stop.
      const transactionId = quirks.stopId ?? transaction.id
      return transactionId === undefined ? undefined : { ...payload, transactionId }
    }
    if (!quirks.noStop) {
      calls.make('StopTransaction', stop, { durable: true }, (answer) =>
        this.#chargePoint.authorization.learn(payload.idTag, answer?.idTagInfo as TagInfo | undefined),
      )
    }
    if (quirks.lateMeterValues) options.clock.after(1_000, () => meter.tell(connector, 'Transaction.End', transaction))
    connector.finishing = connector.car !== undefined
    this.#chargePoint.settle(connector)
  }

  /** Whoever was let in and did not plug in in time has to ask again. */
  expire(now: number): void {
    for (const connector of this.#chargePoint.connectors) {
      if (connector.permission !== undefined && connector.permission.until <= now) connector.permission = undefined
    }
  }

  #ask(connector: SimulatedConnector, idTag: string, wanted: () => boolean): void {
    this.#chargePoint.authorization.authorize(idTag, (accepted) => {
      if (accepted && wanted()) this.#admit(connector, idTag, undefined)
    })
  }

  #admit(connector: SimulatedConnector, idTag: string, profile: ChargingProfile | undefined): void {
    const { configuration, options, reservations } = this.#chargePoint
    if (!connector.usable || !reservations.allows(connector, idTag)) return
    if (connector.car !== undefined) this.begin(connector, idTag, profile)
    else {
      const until = options.clock.now() + configuration.number('ConnectionTimeOut') * 1000
      connector.permission = { idTag, until, profile }
      this.#chargePoint.settle(connector)
    }
  }

  #started(connector: SimulatedConnector, transaction: SimulatedTransaction, answer: Payload | undefined): void {
    if (typeof answer?.transactionId === 'number') transaction.id = answer.transactionId
    const info = answer?.idTagInfo as TagInfo | undefined
    this.#chargePoint.authorization.learn(transaction.idTag, info)
    if (info === undefined || info.status === 'Accepted' || connector.transaction !== transaction) return
    if (this.#chargePoint.configuration.is('StopTransactionOnInvalidId')) this.end(connector, 'DeAuthorized')
    else transaction.suspended = true
  }
}
