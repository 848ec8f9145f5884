import { describe, expect, it } from 'vitest'
import { drawnAmps } from '../../../src/simulator/car.ts'
import { violation } from '../../../src/southbound/ocpp/v16/validate.ts'
import { car, guestCar, station } from './station.ts'

describe('a simulated charge point', () => {
  it('boots, tells its statuses, and charges a car that is plugged in until it leaves', () => {
    const { chargePoint, clock, of, actions, connector } = station()
    expect(actions()).toEqual(['BootNotification', 'StatusNotification', 'StatusNotification', 'StatusNotification'])
    chargePoint.plugIn(1, car())
    clock.advance(60_000)
    expect(actions()).toContain('StartTransaction')
    expect(of('MeterValues')).toHaveLength(6)
    expect(of('MeterValues')[0]).toMatchObject({ connectorId: 1, transactionId: 42 })
    expect(connector(1).powerW).toBeGreaterThan(20_000)
    chargePoint.unplug(1)
    clock.advance(2_000)
    expect(of('StopTransaction')[0]).toMatchObject({ transactionId: 42, reason: 'EVDisconnected' })
    expect(connector(1).status).toBe('Available')
    const statuses = of('StatusNotification').filter(({ connectorId }) => connectorId === 1)
    expect(statuses.map(({ status }) => status)).toEqual([
      'Available',
      'Preparing',
      'Charging',
      'Finishing',
      'Available',
    ])
  })

  it('keeps its messages while it is offline, and names the session by the id that it learns then', () => {
    const { chargePoint, clock, actions, of, cut, connector } = station()
    cut(30_000)
    connector(1).car = car()
    chargePoint.sessions.begin(connector(1), 'TAG')
    clock.advance(15_000)
    chargePoint.sessions.end(connector(1), 'Local')
    expect(actions()).not.toContain('StartTransaction')
    clock.advance(30_000)
    const kept = actions().filter((action) => action.endsWith('Transaction') || action === 'MeterValues')
    expect(kept).toEqual(['StartTransaction', 'MeterValues', 'StopTransaction'])
    expect(of('MeterValues')[0]).toMatchObject({ transactionId: 42 })
    expect(of('StopTransaction')[0]).toMatchObject({ transactionId: 42, timestamp: '2026-01-01T00:00:15Z' })
  })

  it('tries a transaction message again after errors, waiting longer each time, and gives up in the end', () => {
    const { chargePoint, clock, heard } = station({ central: { StartTransaction: () => 'error' } })
    chargePoint.plugIn(1, car())
    clock.advance(120_000)
    const starts = heard.filter(({ action }) => action === 'StartTransaction').map(({ at }) => at)
    expect(starts.map((at) => (at - (starts[0] ?? 0)) / 1000)).toEqual([0, 10, 30])
    chargePoint.unplug(1)
    clock.advance(5_000)
    expect(heard.map(({ action }) => action)).not.toContain('StopTransaction')
  })

  it('ends its sessions and boots again when it is reset', () => {
    const { chargePoint, clock, call, actions, of } = station()
    chargePoint.plugIn(1, car())
    clock.advance(5_000)
    expect(call('Reset', { type: 'Soft' })).toEqual({ status: 'Accepted' })
    clock.advance(10_000)
    expect(actions().filter((action) => action === 'BootNotification')).toHaveLength(2)
    expect(of('StopTransaction')).toMatchObject([{ reason: 'SoftReset' }])
  })

  it('ends its sessions after a power failure', () => {
    const { chargePoint, clock, of, actions } = station()
    chargePoint.plugIn(1, car())
    clock.advance(5_000)
    chargePoint.losePower(20_000)
    expect(actions()).not.toContain('StopTransaction')
    clock.advance(21_000)
    expect(actions().slice(-5)).toContain('StopTransaction')
    expect(of('StopTransaction')).toMatchObject([{ reason: 'PowerLoss' }])
  })

  it('schedules a change of availability during a session, and tells that of the whole charge point', () => {
    const { chargePoint, clock, call, of, connector } = station()
    chargePoint.plugIn(1, car())
    clock.advance(2_000)
    expect(call('ChangeAvailability', { connectorId: 0, type: 'Inoperative' })).toEqual({ status: 'Scheduled' })
    expect(of('StatusNotification').at(-1)).toMatchObject({ connectorId: 0, status: 'Unavailable' })
    expect(connector(2).status).toBe('Unavailable')
    chargePoint.unplug(1)
    clock.advance(2_000)
    expect(connector(1).status).toBe('Unavailable')
    expect(call('ChangeAvailability', { connectorId: 1, type: 'Operative' })).toEqual({ status: 'Accepted' })
    expect(connector(1).status).toBe('Available')
    expect(call('ChangeAvailability', { connectorId: 3, type: 'Operative' })).toEqual({ status: 'Rejected' })
  })

  it('says nothing while it is rejected, only what it is asked for while it is pending', () => {
    let status = 'Pending'
    const { chargePoint, clock, call, actions } = station({
      central: { BootNotification: () => ({ status, interval: 30, currentTime: '' }) },
    })
    expect(actions()).toEqual(['BootNotification'])
    chargePoint.plugIn(1, guestCar())
    expect(call('RemoteStartTransaction', { idTag: 'A' })).toEqual({ status: 'Rejected' })
    expect(call('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 })).toEqual({
      status: 'Accepted',
    })
    expect(actions()).toEqual(['BootNotification', 'StatusNotification'])
    status = 'Rejected'
    clock.advance(30_000)
    expect(call('GetLocalListVersion')).toBeUndefined()
    status = 'Accepted'
    clock.advance(30_000)
    expect(actions().slice(-3)).toEqual(['StatusNotification', 'StatusNotification', 'StatusNotification'])
  })

  it('refuses what it does not know and what the schema forbids', () => {
    const { call } = station({ violation })
    expect(call('Fly')).toBe('NotImplemented')
    expect(call('GetLog', { logType: 'SecurityLog', requestId: 1, log: { remoteLocation: 'ftp://x' } })).toBe(
      'NotImplemented',
    )
    expect(call('Reset', { type: 'Warm' })).toBe('FormationViolation')
    expect(call('DataTransfer', { vendorId: 'x' })).toEqual({ status: 'UnknownVendorId' })
  })

  it('tells its readings by the clock, and in the stop of a transaction, where it is configured so', () => {
    const { chargePoint, clock, call, of } = station({
      keys: { ClockAlignedDataInterval: '900', StopTxnAlignedData: 'SoC' },
    })
    const changed = call('ChangeConfiguration', {
      key: 'StopTxnSampledData',
      value: 'Energy.Active.Import.Register',
    })
    expect(changed).toEqual({ status: 'Accepted' })
    clock.advance(900_000)
    expect(of('MeterValues')).toHaveLength(2)
    expect(of('MeterValues')[0]).toMatchObject({ meterValue: [{ sampledValue: [{ context: 'Sample.Clock' }] }] })
    chargePoint.plugIn(1, car())
    clock.advance(900_000)
    chargePoint.unplug(1)
    expect(of('StopTransaction')[0]).toMatchObject({
      transactionData: [
        { sampledValue: [{ context: 'Transaction.Begin' }] },
        { sampledValue: [{ context: 'Sample.Clock', measurand: 'SoC' }] },
        { sampledValue: [{ context: 'Transaction.End' }] },
      ],
    })
  })
})

describe('a link', () => {
  it('is pinged as often as WebSocketPingInterval says', () => {
    const { clock, links } = station({ keys: { WebSocketPingInterval: '10' } })
    clock.advance(60_000)
    expect(links.pings).toBe(6)
  })
})

describe('configuration keys', () => {
  it('are shown by name in any letter case, changed, refused or not known', () => {
    const { call } = station({ keys: { VendorKey: '1', LocalPreAuthorize: null } })
    expect(call('GetConfiguration', { key: ['heartbeatinterval', 'Nothing', 'LocalPreAuthorize'] })).toEqual({
      configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '60' }],
      unknownKey: ['Nothing', 'LocalPreAuthorize'],
    })
    const change = (key: string, value: string) => call('ChangeConfiguration', { key, value })
    expect(change('VendorKey', '2')).toEqual({ status: 'Accepted' })
    expect(change('MeterValueSampleInterval', '-1')).toEqual({ status: 'Rejected' })
    expect(change('MeterValuesSampledData', 'Energy.Active.Import.Register,RPM')).toEqual({ status: 'Rejected' })
    expect(change('NumberOfConnectors', '3')).toEqual({ status: 'Rejected' })
    expect(change('WebSocketPingInterval', '30')).toEqual({ status: 'RebootRequired' })
    expect(change('Nothing', '30')).toEqual({ status: 'NotSupported' })
    expect(call('GetConfiguration', { key: Array.from({ length: 61 }, (_, n) => `K${n}`) })).toBe('GenericError')
  })
})

describe('a remote start', () => {
  it('starts a car that waits, and else waits for one until ConnectionTimeOut', () => {
    const { chargePoint, clock, call, of, connector } = station()
    chargePoint.plugIn(2, guestCar())
    expect(call('RemoteStartTransaction', { idTag: 'REMOTE' })).toEqual({ status: 'Accepted' })
    expect(of('StartTransaction')).toMatchObject([{ connectorId: 2, idTag: 'REMOTE' }])
    expect(call('RemoteStartTransaction', { idTag: 'LATER', connectorId: 1 })).toEqual({ status: 'Accepted' })
    expect(connector(1).status).toBe('Preparing')
    clock.advance(61_000)
    expect(connector(1).status).toBe('Available')
    call('RemoteStartTransaction', { idTag: 'NOW', connectorId: 1 })
    chargePoint.plugIn(1, guestCar())
    expect(of('StartTransaction').at(-1)).toMatchObject({ connectorId: 1, idTag: 'NOW' })
    expect(call('RemoteStartTransaction', { idTag: 'FULL' })).toEqual({ status: 'Rejected' })
    expect(call('RemoteStopTransaction', { transactionId: 43 })).toEqual({ status: 'Accepted' })
    expect(of('StopTransaction')).toMatchObject([{ transactionId: 43, reason: 'Remote' }])
    expect(call('RemoteStopTransaction', { transactionId: 43 })).toEqual({ status: 'Rejected' })
  })

  it('asks about the tag first where it is configured so', () => {
    const { chargePoint, call, of } = station({
      keys: { AuthorizeRemoteTxRequests: 'true' },
      central: { Authorize: ({ idTag }) => ({ idTagInfo: { status: idTag === 'GOOD' ? 'Accepted' : 'Blocked' } }) },
    })
    chargePoint.plugIn(1, guestCar())
    call('RemoteStartTransaction', { idTag: 'BAD' })
    expect(of('StartTransaction')).toEqual([])
    call('RemoteStartTransaction', { idTag: 'GOOD' })
    expect(of('StartTransaction')).toHaveLength(1)
  })
})

describe('a transaction', () => {
  const refused = { StartTransaction: () => ({ transactionId: 7, idTagInfo: { status: 'Invalid' } }) }

  it('ends when the central system does not know its tag', () => {
    const { chargePoint, of } = station({ central: refused })
    chargePoint.plugIn(1, car())
    expect(of('StopTransaction')).toMatchObject([{ transactionId: 7, reason: 'DeAuthorized' }])
  })

  it('or gives no energy, where it is configured so', () => {
    const { chargePoint, clock, connector } = station({
      central: refused,
      keys: { StopTransactionOnInvalidId: 'false' },
    })
    chargePoint.plugIn(1, car())
    clock.advance(20_000)
    expect(connector(1)).toMatchObject({ status: 'SuspendedEVSE', amps: 0 })
  })

  it('goes on without its car, where it is configured so', () => {
    const { chargePoint, clock, connector } = station({ keys: { StopTransactionOnEVSideDisconnect: 'false' } })
    chargePoint.plugIn(1, car())
    clock.advance(5_000)
    chargePoint.unplug(1)
    expect(connector(1)).toMatchObject({ status: 'SuspendedEV', transaction: { idTag: 'TAG' } })
  })

  it('ends when its tag is shown again, or its connector unlocked', () => {
    const { chargePoint, call, of } = station()
    chargePoint.plugIn(1, car())
    chargePoint.present(1, 'tag')
    expect(of('StopTransaction')).toMatchObject([{ reason: 'Local' }])
    chargePoint.plugIn(2, car())
    expect(call('UnlockConnector', { connectorId: 2 })).toEqual({ status: 'Unlocked' })
    expect(of('StopTransaction')).toMatchObject([{ reason: 'Local' }, { reason: 'UnlockCommand' }])
    expect(call('UnlockConnector', { connectorId: 3 })).toEqual({ status: 'NotSupported' })
  })
})

describe('a car', () => {
  it('ramps up, tapers off when it is nearly full, and draws nothing below six amperes', () => {
    expect(drawnAmps(car(), 32, 0)).toBeLessThan(5)
    expect(drawnAmps(car(), 32, 60)).toBe(32)
    expect(drawnAmps({ ...car(), soc: 0.95 }, 32, 60)).toBeCloseTo(8)
    expect(drawnAmps(car(), 5.9, 60)).toBe(0)
    expect(drawnAmps({ ...car(), soc: 1 }, 32, 60)).toBe(0)
  })
})
