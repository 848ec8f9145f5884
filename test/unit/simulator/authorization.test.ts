import { describe, expect, it } from 'vitest'
import { car, guestCar, station } from './station.ts'

const listed = (idTag: string, more: object = {}) => ({ idTag, idTagInfo: { status: 'Accepted', ...more } })

describe('the local list', () => {
  it('is replaced and changed, and keeps count of its versions', () => {
    const { call } = station()
    const version = () => call('GetLocalListVersion')
    const send = (updateType: string, listVersion: number, localAuthorizationList?: object[]) =>
      call('SendLocalList', { updateType, listVersion, ...(localAuthorizationList && { localAuthorizationList }) })
    expect(version()).toEqual({ listVersion: 0 })
    expect(send('Full', 5, [listed('A'), listed('B')])).toEqual({ status: 'Accepted' })
    expect(version()).toEqual({ listVersion: 5 })
    expect(send('Differential', 5, [listed('C')])).toEqual({ status: 'VersionMismatch' })
    expect(send('Differential', 6, [{ idTag: 'A' }, listed('C')])).toEqual({ status: 'Accepted' })
    expect(version()).toEqual({ listVersion: 6 })
    expect(send('Full', 7, [{ idTag: 'A' }])).toEqual({ status: 'Failed' })
    expect(send('Full', 7, [listed('A'), listed('a')])).toEqual({ status: 'Failed' })
    expect(send('Full', 0, [listed('A')])).toEqual({ status: 'Failed' })
    expect(version()).toEqual({ listVersion: 6 })
    expect(send('Full', 8)).toEqual({ status: 'Accepted' })
    expect(version()).toEqual({ listVersion: 0 })
  })

  it('holds no more than its keys allow, and nothing when it is switched off', () => {
    const { call } = station({ keys: { LocalAuthListMaxLength: '3', SendLocalListMaxLength: '2' } })
    const tags = (...names: string[]) => names.map((name) => listed(name))
    const send = (updateType: string, listVersion: number, localAuthorizationList: object[]) =>
      call('SendLocalList', { updateType, listVersion, localAuthorizationList })
    expect(send('Full', 1, tags('A', 'B', 'C'))).toEqual({ status: 'Failed' })
    expect(send('Full', 1, tags('A', 'B'))).toEqual({ status: 'Accepted' })
    expect(send('Differential', 2, tags('C', 'D'))).toEqual({ status: 'Failed' })
    expect(call('GetLocalListVersion')).toEqual({ listVersion: 1 })
    call('ChangeConfiguration', { key: 'LocalAuthListEnabled', value: 'false' })
    expect(send('Full', 2, tags('A'))).toEqual({ status: 'NotSupported' })
    expect(call('GetLocalListVersion')).toEqual({ listVersion: -1 })
  })

  it('lets its tags charge while there is no link, unless they have expired', () => {
    const { chargePoint, clock, call, cut, of, connector } = station()
    const localAuthorizationList = [
      listed('OLD', { expiryDate: '2025-01-01T00:00:00Z' }),
      listed('GOOD', { expiryDate: '2027-01-01T00:00:00Z' }),
    ]
    call('SendLocalList', { updateType: 'Full', listVersion: 1, localAuthorizationList })
    cut(60_000)
    chargePoint.plugIn(1, car({ idTag: 'OLD' }))
    chargePoint.plugIn(2, car({ idTag: 'good' }))
    clock.advance(5_000)
    expect(connector(1).status).toBe('Preparing')
    expect(connector(2).status).toBe('Charging')
    clock.advance(60_000)
    expect(of('Authorize')).toEqual([])
    expect(of('StartTransaction')).toMatchObject([{ connectorId: 2, timestamp: '2026-01-01T00:00:00Z' }])
  })

  it('goes before the central system where LocalPreAuthorize says so', () => {
    const { chargePoint, call, of } = station({ keys: { LocalPreAuthorize: 'true' } })
    call('SendLocalList', { updateType: 'Full', listVersion: 1, localAuthorizationList: [listed('A')] })
    chargePoint.plugIn(1, car({ idTag: 'A' }))
    chargePoint.plugIn(2, car({ idTag: 'B' }))
    expect(of('Authorize')).toEqual([{ idTag: 'B' }])
    expect(of('StartTransaction')).toHaveLength(2)
  })
})

describe('the cache', () => {
  it('remembers who charged, until it is cleared', () => {
    const { chargePoint, clock, call, cut, connector } = station()
    chargePoint.present(1, 'TAG')
    clock.advance(61_000)
    cut(10_000)
    chargePoint.plugIn(1, car())
    clock.advance(2_000)
    expect(connector(1).status).toBe('Charging')
    chargePoint.unplug(1)
    clock.advance(20_000)
    expect(call('ClearCache')).toEqual({ status: 'Accepted' })
    cut(10_000)
    chargePoint.plugIn(1, car())
    clock.advance(2_000)
    expect(connector(1).status).toBe('Preparing')
    clock.advance(20_000)
    call('ChangeConfiguration', { key: 'AuthorizationCacheEnabled', value: 'false' })
    expect(call('ClearCache')).toEqual({ status: 'Rejected' })
  })

  it('is not needed where unknown tags may charge offline', () => {
    const { chargePoint, clock, cut, connector } = station({ keys: { AllowOfflineTxForUnknownId: 'true' } })
    cut(60_000)
    chargePoint.plugIn(1, car())
    clock.advance(2_000)
    expect(connector(1).status).toBe('Charging')
  })
})

describe('a tag', () => {
  it('of the same group ends a session, another does not', () => {
    const { chargePoint, of } = station({
      central: {
        Authorize: ({ idTag }) => ({
          idTagInfo: { status: 'Accepted', ...(idTag !== 'C' && { parentIdTag: 'FAMILY' }) },
        }),
        StartTransaction: () => ({ transactionId: 1, idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY' } }),
      },
    })
    chargePoint.plugIn(1, car({ idTag: 'A' }))
    chargePoint.present(1, 'C')
    expect(of('StopTransaction')).toEqual([])
    chargePoint.present(1, 'B')
    expect(of('StopTransaction')).toMatchObject([{ idTag: 'B', reason: 'Local' }])
  })

  it('that is shown before the car comes lets it charge until ConnectionTimeOut', () => {
    const { chargePoint, clock, of, connector } = station()
    chargePoint.present(1, 'EARLY')
    expect(connector(1).status).toBe('Preparing')
    chargePoint.plugIn(1, guestCar())
    expect(of('StartTransaction')).toMatchObject([{ idTag: 'EARLY' }])
    chargePoint.present(2, 'LATE')
    clock.advance(61_000)
    chargePoint.plugIn(2, guestCar())
    expect(of('StartTransaction')).toHaveLength(1)
  })
})
