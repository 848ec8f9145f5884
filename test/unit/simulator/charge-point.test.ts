import { describe, expect, it } from 'vitest'
import { type Car, drawnAmps } from '../../../src/simulator/car.ts'
import { ChargePoint, type ChargePointOptions } from '../../../src/simulator/charge-point.ts'
import { type Profile, ProfileStore } from '../../../src/simulator/profiles.ts'
import { seededRandom } from '../../../src/simulator/random.ts'
import type { SocketHandlers } from '../../../src/simulator/transport/socket.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Message = [number, string, string, Record<string, unknown>]

/** A charge point and its central system in memory, which accepts everything. */
function station(options: Partial<ChargePointOptions> = {}) {
  const clock = new FakeClock()
  const heard: Message[] = []
  const answers: unknown[] = []
  let handlers: SocketHandlers | undefined
  let open = false
  let nextId = 41
  const chargePoint = new ChargePoint({
    id: 'CP',
    connectors: 2,
    maxAmps: 32,
    phases: 3,
    clock,
    random: seededRandom(1),
    meterInterval: 10,
    connect(given) {
      handlers = given
      return {
        send(text) {
          if (!open) return
          const message = JSON.parse(text) as Message
          if (message[0] !== 2) {
            answers.push(message)
            return
          }
          heard.push(message)
          if (message[2] === 'StartTransaction') nextId += 1
          const result = {
            BootNotification: { status: 'Accepted', interval: 60, currentTime: '' },
            Authorize: { idTagInfo: { status: 'Accepted' } },
            StartTransaction: { transactionId: nextId, idTagInfo: { status: 'Accepted' } },
          }[message[2]]
          handlers?.received(JSON.stringify([3, message[1], result ?? {}]))
        },
        cut: (backInMs) => cut(backInMs),
        stop: () => {},
      }
    },
    ...options,
  })
  function cut(backInMs: number): void {
    open = false
    handlers?.closed()
    clock.after(backInMs, () => connect())
  }
  function connect(): void {
    open = true
    handlers?.opened()
  }
  chargePoint.start()
  connect()
  let next = 0
  return {
    chargePoint,
    clock,
    heard,
    actions: () => heard.map(([, , action]) => action),
    /** A call of the central system; answers with its result. */
    call(action: string, payload: object): Record<string, unknown> {
      next += 1
      handlers?.received(JSON.stringify([2, `s${next}`, action, payload]))
      return (answers.at(-1) as [number, string, Record<string, unknown>])[2]
    },
    cut,
  }
}

const car = (): Car => ({ idTag: 'TAG', phases: 3, maxAmps: 32, capacityWh: 50_000, soc: 0.3 })

const profile = (
  purpose: Profile['chargingProfilePurpose'],
  limit: number,
  more: Partial<Profile> = {},
  unit: 'A' | 'W' = 'A',
): Profile => ({
  chargingProfileId: Math.floor(limit * 10),
  stackLevel: 0,
  chargingProfilePurpose: purpose,
  chargingProfileKind: 'Absolute',
  chargingSchedule: {
    startSchedule: '2025-12-31T23:59:00Z',
    chargingRateUnit: unit,
    chargingSchedulePeriod: [{ startPeriod: 0, limit }],
  },
  ...more,
})

describe('a simulated charge point', () => {
  it('boots, tells its statuses, and charges a car that is plugged in until it leaves', () => {
    const { chargePoint, clock, heard, actions } = station()
    expect(actions()).toEqual(['BootNotification', 'StatusNotification', 'StatusNotification', 'StatusNotification'])
    chargePoint.plugIn(1, car())
    clock.advance(60_000)
    expect(actions()).toContain('StartTransaction')
    const meters = heard.filter(([, , action]) => action === 'MeterValues')
    expect(meters).toHaveLength(6)
    expect(meters[0]?.[3]).toMatchObject({ connectorId: 1, transactionId: 42 })
    expect(chargePoint.connector(1)?.powerW).toBeGreaterThan(20_000)
    chargePoint.unplug(1)
    clock.advance(2_000)
    expect(heard.find(([, , action]) => action === 'StopTransaction')?.[3]).toMatchObject({
      transactionId: 42,
      reason: 'EVDisconnected',
    })
    expect(chargePoint.connector(1)?.status).toBe('Available')
  })

  it('obeys the limit in force, pauses below six amperes, and says so', () => {
    const { chargePoint, clock, call } = station()
    chargePoint.plugIn(1, car())
    clock.advance(20_000)
    expect(call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxDefaultProfile', 10) })).toEqual(
      { status: 'Accepted' },
    )
    clock.advance(1_000)
    expect(chargePoint.connector(1)?.amps).toBeCloseTo(10, 0)
    call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxProfile', 0, { transactionId: 42 }) })
    clock.advance(1_000)
    expect(chargePoint.connector(1)).toMatchObject({ amps: 0, status: 'SuspendedEVSE' })
    call('ClearChargingProfile', {})
    clock.advance(1_000)
    expect(chargePoint.connector(1)?.amps).toBeGreaterThan(30)
  })

  it('keeps its messages while it is offline, and names the session by the id that it learns then', () => {
    const { chargePoint, clock, heard, cut } = station()
    cut(30_000)
    const connector = chargePoint.connector(1)
    if (connector === undefined) throw new Error('no connector')
    connector.car = car()
    chargePoint.begin(connector, 'TAG')
    clock.advance(10_000)
    chargePoint.end(connector, 'Local')
    expect(heard.map(([, , action]) => action)).not.toContain('StartTransaction')
    clock.advance(30_000)
    const kept = heard.filter(([, , action]) => action.endsWith('Transaction'))
    expect(kept.map(([, , action]) => action)).toEqual(['StartTransaction', 'StopTransaction'])
    expect(kept[1]?.[3]).toMatchObject({ transactionId: 42 })
  })

  it('ends its sessions and boots again when it is reset', () => {
    const { chargePoint, clock, call, actions } = station()
    chargePoint.plugIn(1, car())
    clock.advance(5_000)
    expect(call('Reset', { type: 'Soft' })).toEqual({ status: 'Accepted' })
    clock.advance(10_000)
    expect(actions().filter((action) => action === 'BootNotification')).toHaveLength(2)
    expect(actions()).toContain('StopTransaction')
  })

  it('schedules a change of availability during a session', () => {
    const { chargePoint, clock, call } = station()
    chargePoint.plugIn(1, car())
    clock.advance(2_000)
    expect(call('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })).toEqual({ status: 'Scheduled' })
    chargePoint.unplug(1)
    clock.advance(2_000)
    expect(chargePoint.connector(1)?.status).toBe('Unavailable')
    expect(call('ChangeAvailability', { connectorId: 1, type: 'Operative' })).toEqual({ status: 'Accepted' })
  })

  it('refuses, forgets and disobeys where it is told to', () => {
    const stubborn = station({ quirks: { rejects: ['TxDefaultProfile'] } })
    expect(
      stubborn.call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxDefaultProfile', 10) }),
    ).toEqual({ status: 'Rejected' })
    const liar = station({ quirks: { disobeys: true } })
    liar.chargePoint.plugIn(1, car())
    liar.call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxDefaultProfile', 10) })
    liar.clock.advance(20_000)
    expect(liar.chargePoint.connector(1)?.amps).toBeGreaterThan(30)
  })
})

describe('profiles', () => {
  const situation = {
    now: Date.UTC(2026, 0, 1),
    voltage: 230,
    phases: 3,
    transaction: { id: 7, startedAt: Date.UTC(2026, 0, 1) - 60_000 },
  }

  it('of the transaction go before the default, higher levels before lower', () => {
    const store = new ProfileStore()
    store.install(0, profile('TxDefaultProfile', 20))
    expect(store.connectorAmps(1, situation)).toBe(20)
    store.install(1, profile('TxDefaultProfile', 16, { stackLevel: 2 }))
    expect(store.connectorAmps(1, situation)).toBe(16)
    store.install(1, profile('TxProfile', 25, { transactionId: 7 }))
    expect(store.connectorAmps(1, situation)).toBe(25)
    expect(store.connectorAmps(1, { ...situation, transaction: { id: 8, startedAt: 0 } })).toBe(16)
  })

  it('count in watts over all phases, run out, begin later, and come again each day', () => {
    const store = new ProfileStore()
    store.install(1, profile('TxDefaultProfile', 6900, {}, 'W'))
    expect(store.connectorAmps(1, situation)).toBe(10)
    store.forgetAll()
    store.install(1, profile('TxDefaultProfile', 10, { validTo: '2025-12-31T00:00:00Z' }))
    expect(store.connectorAmps(1, situation)).toBeUndefined()
    const chargingSchedule = {
      chargingRateUnit: 'A' as const,
      chargingSchedulePeriod: [
        { startPeriod: 0, limit: 8 },
        { startPeriod: 3600, limit: 12 },
      ],
    }
    store.install(1, profile('TxDefaultProfile', 1, { chargingProfileKind: 'Relative', chargingSchedule }))
    expect(store.connectorAmps(1, situation)).toBe(8)
    expect(store.connectorAmps(1, { ...situation, now: situation.now + 3_600_000 })).toBe(12)
    const daily = { ...chargingSchedule, startSchedule: '2020-01-01T22:30:00Z' }
    store.install(
      1,
      profile('TxDefaultProfile', 1, {
        chargingProfileKind: 'Recurring',
        recurrencyKind: 'Daily',
        chargingSchedule: daily,
      }),
    )
    expect(store.connectorAmps(1, situation)).toBe(12)
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
