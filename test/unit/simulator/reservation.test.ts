import { describe, expect, it } from 'vitest'
import { car, guestCar, station } from './station.ts'

const reservation = { connectorId: 1, expiryDate: '2026-01-01T01:00:00Z', idTag: 'HOLDER', reservationId: 9 }

describe('a reservation', () => {
  it('keeps a connector for its tag, and is used up by it', () => {
    const { chargePoint, clock, call, of, connector } = station()
    expect(call('ReserveNow', reservation)).toEqual({ status: 'Accepted' })
    expect(of('StatusNotification').at(-1)).toMatchObject({ connectorId: 1, status: 'Reserved' })
    chargePoint.plugIn(1, car({ idTag: 'OTHER' }))
    clock.advance(2_000)
    expect(connector(1).status).toBe('Reserved')
    chargePoint.unplug(1)
    expect(call('RemoteStartTransaction', { connectorId: 1, idTag: 'OTHER' })).toEqual({ status: 'Rejected' })
    chargePoint.plugIn(1, car({ idTag: 'holder' }))
    expect(of('StartTransaction')).toMatchObject([{ connectorId: 1, idTag: 'holder', reservationId: 9 }])
    expect(call('CancelReservation', { reservationId: 9 })).toEqual({ status: 'Rejected' })
  })

  it('is open to the group that it names', () => {
    const { chargePoint, call, of } = station({
      central: { Authorize: () => ({ idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY' } }) },
    })
    call('ReserveNow', { ...reservation, parentIdTag: 'FAMILY' })
    chargePoint.plugIn(1, car({ idTag: 'CHILD' }))
    expect(of('StartTransaction')).toMatchObject([{ idTag: 'CHILD', reservationId: 9 }])
  })

  it('ends by its date or when it is cancelled', () => {
    const { clock, call, connector } = station()
    call('ReserveNow', reservation)
    call('ReserveNow', { ...reservation, connectorId: 2, reservationId: 10, expiryDate: '2026-01-01T00:00:30Z' })
    clock.advance(31_000)
    expect(connector(2).status).toBe('Available')
    expect(connector(1).status).toBe('Reserved')
    expect(call('CancelReservation', { reservationId: 9 })).toEqual({ status: 'Accepted' })
    expect(connector(1).status).toBe('Available')
  })

  it('is refused for what is occupied, faulted, unavailable, or not there', () => {
    const { chargePoint, call } = station()
    const ask = (more: object = {}) => call('ReserveNow', { ...reservation, ...more })
    expect(ask({ connectorId: 3 })).toEqual({ status: 'Rejected' })
    expect(ask({ expiryDate: '2025-01-01T00:00:00Z' })).toEqual({ status: 'Rejected' })
    expect(ask()).toEqual({ status: 'Accepted' })
    expect(ask()).toEqual({ status: 'Accepted' })
    expect(ask({ reservationId: 10 })).toEqual({ status: 'Occupied' })
    chargePoint.plugIn(2, guestCar())
    expect(ask({ connectorId: 2, reservationId: 11 })).toEqual({ status: 'Occupied' })
    chargePoint.unplug(2)
    chargePoint.fault(2, 'GroundFailure')
    expect(ask({ connectorId: 2, reservationId: 11 })).toEqual({ status: 'Faulted' })
    chargePoint.fault(2, 'NoError')
    call('ChangeAvailability', { connectorId: 2, type: 'Inoperative' })
    expect(ask({ connectorId: 2, reservationId: 11 })).toEqual({ status: 'Unavailable' })
    const unwilling = station({ quirks: { answers: { ReserveNow: { status: 'Rejected' } } } })
    expect(unwilling.call('ReserveNow', reservation)).toEqual({ status: 'Rejected' })
  })

  it('of connector 0 keeps any one connector free', () => {
    const { chargePoint, call, of } = station()
    expect(call('ReserveNow', { ...reservation, connectorId: 0 })).toEqual({ status: 'Accepted' })
    chargePoint.plugIn(1, car({ idTag: 'OTHER' }))
    chargePoint.plugIn(2, car({ idTag: 'SECOND' }))
    expect(of('StartTransaction')).toMatchObject([{ connectorId: 1 }])
    chargePoint.unplug(2)
    chargePoint.plugIn(2, car({ idTag: 'HOLDER' }))
    expect(of('StartTransaction').at(-1)).toMatchObject({ connectorId: 2, reservationId: 9 })
    const without = station({ keys: { ReserveConnectorZeroSupported: 'false' } })
    expect(without.call('ReserveNow', { ...reservation, connectorId: 0 })).toEqual({ status: 'Rejected' })
  })
})
