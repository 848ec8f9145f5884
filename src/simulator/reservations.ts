import type { OCPP16 } from 'typed-ocpp'
import type { Authorization } from './authorization.ts'
import type { SimulatedConnector } from './connector.ts'

type Reservation = OCPP16.ReserveNowRequest

/** Connectors that are kept free for somebody (OCPP 1.6 3.9); connector 0 keeps any one of them free. */
export class Reservations {
  #held: readonly Reservation[] = []
  readonly #connectors: readonly SimulatedConnector[]
  readonly #authorization: Authorization

  constructor(connectors: readonly SimulatedConnector[], authorization: Authorization) {
    this.#connectors = connectors
    this.#authorization = authorization
  }

  /** ReserveNow's status (5.13). */
  reserve(request: Reservation, now: number, zeroSupported: boolean): OCPP16.ReserveNowResponse['status'] {
    const { connectorId, reservationId } = request
    const meant = connectorId === 0 ? this.#connectors : this.#connectors.filter(({ id }) => id === connectorId)
    if (meant.length === 0 || (connectorId === 0 && !zeroSupported) || Date.parse(request.expiryDate) <= now)
      return 'Rejected'
    // The same id is a new version of the same reservation.
    const others = this.#held.filter((each) => each.reservationId !== reservationId)
    const free = meant.filter((each) => isFree(each) && !others.some((held) => held.connectorId === each.id))
    const promised = connectorId === 0 ? others.filter((held) => held.connectorId === 0).length : 0
    if (free.length <= promised) {
      if (meant.every(({ errorCode }) => errorCode !== 'NoError')) return 'Faulted'
      return meant.every(({ operative, blocked }) => !operative || blocked) ? 'Unavailable' : 'Occupied'
    }
    this.#hold([...others, request])
    return 'Accepted'
  }

  /** False: there is none with that id. */
  cancel(reservationId: number): boolean {
    const left = this.#held.filter((each) => each.reservationId !== reservationId)
    const found = left.length < this.#held.length
    this.#hold(left)
    return found
  }

  expire(now: number): void {
    const left = this.#held.filter(({ expiryDate }) => Date.parse(expiryDate) > now)
    if (left.length < this.#held.length) this.#hold(left)
  }

  /** Nobody else's reservation stands against a session of that tag on that connector. */
  allows(connector: SimulatedConnector, idTag: string): boolean {
    const own = this.#held.find((each) => each.connectorId === connector.id)
    if (own !== undefined) return this.#isFor(own, idTag)
    const promised = this.#held.filter((each) => each.connectorId === 0)
    if (promised.some((each) => this.#isFor(each, idTag))) return true
    const left = this.#connectors.filter((each) => each !== connector && isFree(each) && !each.reserved)
    return promised.length === 0 || left.length >= promised.length
  }

  /** A session begins: the id of the reservation that it uses up, if there is one. */
  use(connector: SimulatedConnector, idTag: string): number | undefined {
    const used = this.#held.find(
      (each) => (each.connectorId === connector.id || each.connectorId === 0) && this.#isFor(each, idTag),
    )
    if (used !== undefined) this.cancel(used.reservationId)
    return used?.reservationId
  }

  #isFor({ idTag, parentIdTag }: Reservation, presented: string): boolean {
    if (idTag.toLowerCase() === presented.toLowerCase()) return true
    return parentIdTag !== undefined && this.#authorization.inGroup(presented, parentIdTag)
  }

  #hold(reservations: readonly Reservation[]): void {
    this.#held = reservations
    for (const connector of this.#connectors)
      connector.reserved = reservations.some(({ connectorId }) => connectorId === connector.id)
  }
}

function isFree(connector: SimulatedConnector): boolean {
  return connector.usable && connector.car === undefined && connector.permission === undefined
}
