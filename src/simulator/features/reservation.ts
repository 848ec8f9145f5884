import { type Handlers, status } from '../answer.ts'

type Reservation = 'CancelReservation' | 'ReserveNow'

/** The Reservation profile (OCPP 1.6 5.1, 5.13). */
export const reservation: Handlers<Reservation> = {
  CancelReservation: (chargePoint, { reservationId }) =>
    status(chargePoint.reservations.cancel(reservationId) ? 'Accepted' : 'Rejected', () => chargePoint.settleAll()),

  ReserveNow(chargePoint, request) {
    const { configuration, options, reservations } = chargePoint
    const zero = configuration.is('ReserveConnectorZeroSupported')
    return status(reservations.reserve(request, options.clock.now(), zero), () => chargePoint.settleAll())
  },
}
