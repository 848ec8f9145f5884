import { describe, expect, it } from 'vitest'
import { offerAt } from '../../../src/simulator/charging/offer.ts'
import { ProfileStore } from '../../../src/simulator/charging/profile-store.ts'
import type { ChargingProfile } from '../../../src/southbound/ocpp/v16/messages.ts'
import { car, guestCar, profile, station } from './station.ts'

const NOW = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What connector 1 is offered by these profiles, installed on connectors, while transaction 7 runs there. */
function offered(installed: readonly (readonly [number, ChargingProfile])[], at = NOW, busy = 1) {
  const store = new ProfileStore()
  for (const [connector, each] of installed) store.install(connector, each)
  const situation = {
    installed: store.installed,
    connector: 1,
    rating: { amps: 32, phases: 3 },
    voltage: 230,
    busy,
    transaction: { id: 7, startedAt: NOW },
  }
  return offerAt(situation, at, NOW).offer
}

const amps = (...args: Parameters<typeof offered>) => offered(...args).amps

const steps = (...periods: readonly (readonly [number, number])[]) => ({
  chargingSchedulePeriod: periods.map(([startPeriod, limit]) => ({ startPeriod, limit })),
})

describe('the offer to a car', () => {
  it('comes from the profile of its transaction, else from the default, of the highest stack level', () => {
    const zero = [0, profile('TxDefaultProfile', 20)] as const
    const low = [1, profile('TxDefaultProfile', 18)] as const
    const high = [0, profile('TxDefaultProfile', 16, { stackLevel: 2 })] as const
    const own = [1, profile('TxProfile', 25, { transactionId: 7 })] as const
    expect(amps([])).toBe(32)
    expect(amps([zero])).toBe(20)
    expect(amps([low, zero])).toBe(18)
    expect(amps([zero, low, high])).toBe(16)
    expect(amps([zero, low, high, own])).toBe(25)
    expect(amps([zero, [1, profile('TxProfile', 25, { transactionId: 8 })]])).toBe(20)
  })

  it('is never above the rating or a share of what the charge point may draw', () => {
    expect(amps([[1, profile('TxDefaultProfile', 80)]])).toBe(32)
    const whole = [0, profile('ChargePointMaxProfile', 24)] as const
    expect(amps([whole, [1, profile('TxProfile', 20)]])).toBe(20)
    expect(amps([whole, [1, profile('TxProfile', 20)]], NOW, 2)).toBe(12)
  })

  it('counts watts over all phases, and says on how many phases', () => {
    expect(amps([[1, profile('TxDefaultProfile', 6900, {}, { chargingRateUnit: 'W' })]])).toBe(10)
    const one = { chargingSchedulePeriod: [{ startPeriod: 0, limit: 2300, numberPhases: 1 }] }
    expect(offered([[1, profile('TxDefaultProfile', 1, {}, { chargingRateUnit: 'W', ...one })]])).toEqual({
      amps: 10,
      phases: 1,
    })
  })

  it('follows the periods of a schedule, and the next lower level when its duration is over', () => {
    const installed = [
      [1, profile('TxDefaultProfile', 9)],
      [
        1,
        profile(
          'TxProfile',
          1,
          { stackLevel: 1, chargingProfileKind: 'Relative' },
          { duration: 900, ...steps([0, 10], [600, 16]) },
        ),
      ],
    ] as const
    expect([0, 599, 600, 899, 900].map((second) => amps(installed, NOW + second * 1000))).toEqual([10, 10, 16, 16, 9])
  })

  it('counts a relative schedule, or an absolute one without a start, from the start of charging', () => {
    const relative = profile('TxDefaultProfile', 1, { chargingProfileKind: 'Relative' }, steps([0, 8], [3600, 12]))
    expect(amps([[1, relative]], NOW + HOUR - 1)).toBe(8)
    expect(amps([[1, relative]], NOW + HOUR)).toBe(12)
    const { startSchedule: _, ...schedule } = profile('TxDefaultProfile', 1).chargingSchedule
    const absolute = {
      ...profile('TxDefaultProfile', 1),
      chargingSchedule: { ...schedule, ...steps([0, 8], [3600, 12]) },
    }
    expect(amps([[1, absolute]], NOW + HOUR)).toBe(12)
  })

  it('comes again every day or week', () => {
    const recurring = (recurrencyKind: 'Daily' | 'Weekly') =>
      profile(
        'TxDefaultProfile',
        1,
        { chargingProfileKind: 'Recurring', recurrencyKind },
        { startSchedule: '2025-12-25T22:00:00Z', duration: 7200, ...steps([0, 6], [3600, 7]) },
      )
    const at = (kind: 'Daily' | 'Weekly', ms: number) => amps([[1, recurring(kind)]], NOW + ms)
    expect([-2 * HOUR, -HOUR, 0, 22 * HOUR].map((ms) => at('Daily', ms))).toEqual([6, 7, 32, 6])
    expect([-2 * HOUR, 22 * HOUR, 22 * HOUR + 7 * DAY].map((ms) => at('Weekly', ms))).toEqual([32, 6, 6])
    expect(at('Daily', -20 * DAY)).toBe(32)
  })

  it('heeds validFrom and validTo', () => {
    const valid = { validFrom: '2026-01-01T01:00:00Z', validTo: '2026-01-01T02:00:00Z' }
    const installed = [[1, profile('TxDefaultProfile', 10, valid)]] as const
    expect([0, HOUR, 2 * HOUR - 1, 2 * HOUR].map((ms) => amps(installed, NOW + ms))).toEqual([32, 10, 10, 32])
    const future = [[1, profile('TxDefaultProfile', 10, {}, { startSchedule: '2026-01-01T01:00:00Z' })]] as const
    expect([0, HOUR].map((ms) => amps(future, NOW + ms))).toEqual([32, 10])
  })
})

describe('a charging profile', () => {
  const set = (connectorId: number, csChargingProfiles: ChargingProfile, options = {}) => {
    const own = station(options)
    own.chargePoint.plugIn(1, car())
    return own.call('SetChargingProfile', { connectorId, csChargingProfiles })
  }
  const accepted = { status: 'Accepted' }
  const rejected = { status: 'Rejected' }

  it.each([
    ['the charge point', 0, profile('ChargePointMaxProfile', 20)],
    ['all connectors', 0, profile('TxDefaultProfile', 20)],
    ['a connector', 2, profile('TxDefaultProfile', 16.1)],
    ['the transaction that runs', 1, profile('TxProfile', 20)],
    ['the transaction of that id', 1, profile('TxProfile', 20, { transactionId: 42 })],
  ])('is taken for %s', (_, connectorId, wanted) => {
    expect(set(connectorId, wanted)).toEqual(accepted)
  })

  it.each([
    ['for a connector that is not there', 3, profile('TxDefaultProfile', 20)],
    ['of the charge point for a connector', 1, profile('ChargePointMaxProfile', 20)],
    [
      'of the charge point that is relative',
      0,
      profile('ChargePointMaxProfile', 20, { chargingProfileKind: 'Relative' }),
    ],
    ['of a transaction for the charge point', 0, profile('TxProfile', 20)],
    ['of a transaction where none runs', 2, profile('TxProfile', 20)],
    ['of another transaction', 1, profile('TxProfile', 20, { transactionId: 41 })],
    ['that is a default with a transaction', 1, profile('TxDefaultProfile', 20, { transactionId: 42 })],
    ['above the highest stack level', 1, profile('TxDefaultProfile', 20, { stackLevel: 9 })],
    ['below the lowest stack level', 1, profile('TxDefaultProfile', 20, { stackLevel: -1 })],
    ['that recurs never', 1, profile('TxDefaultProfile', 20, { chargingProfileKind: 'Recurring' })],
    ['that is absolute and recurs', 1, profile('TxDefaultProfile', 20, { recurrencyKind: 'Daily' })],
    ['without a period', 1, profile('TxDefaultProfile', 20, {}, steps())],
    [
      'with more periods than fit',
      1,
      profile('TxDefaultProfile', 20, {}, steps(...Array.from({ length: 25 }, (_, n) => [n, 20] as const))),
    ],
    ['whose first period is late', 1, profile('TxDefaultProfile', 20, {}, steps([1, 20]))],
    ['whose periods go back', 1, profile('TxDefaultProfile', 20, {}, steps([0, 20], [60, 10], [60, 16]))],
    ['with a negative limit', 1, profile('TxDefaultProfile', -1)],
    [
      'that is never valid',
      1,
      profile('TxDefaultProfile', 20, { validFrom: '2026-01-02T00:00:00Z', validTo: '2026-01-01T00:00:00Z' }),
    ],
  ])('is refused %s', (_, connectorId, wanted) => {
    expect(set(connectorId, wanted)).toEqual(rejected)
  })

  it('is refused in a unit that is not allowed, and when no more fit', () => {
    const watts = profile('TxDefaultProfile', 2300, {}, { chargingRateUnit: 'W' })
    const unit = 'ChargingScheduleAllowedChargingRateUnit'
    expect(set(1, watts, { keys: { [unit]: 'Current' } })).toEqual(rejected)
    expect(set(1, watts, { keys: { [unit]: 'Current;Power' } })).toEqual(accepted)
    const { call } = station({ keys: { MaxChargingProfilesInstalled: '2' } })
    const install = (more: Partial<ChargingProfile>) =>
      call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxDefaultProfile', 20, more) })
    expect([1, 2, 3].map((stackLevel) => install({ stackLevel }))).toEqual([accepted, accepted, rejected])
    expect(install({ stackLevel: 2 })).toEqual(accepted)
  })

  it('takes the place of the one with its id, or with its purpose and level on that connector', () => {
    const { chargePoint, call } = station()
    const held = () =>
      chargePoint.charging.store.installed.map(({ profile: { chargingProfileId } }) => chargingProfileId)
    const install = (connectorId: number, more: Partial<ChargingProfile>) =>
      call('SetChargingProfile', { connectorId, csChargingProfiles: profile('TxDefaultProfile', 20, more) })
    install(1, { chargingProfileId: 1 })
    install(2, { chargingProfileId: 2 })
    install(1, { chargingProfileId: 3 })
    expect(held()).toEqual([2, 3])
    install(1, { chargingProfileId: 2, stackLevel: 5 })
    expect(held()).toEqual([3, 2])
  })

  it('is cleared by its id, or by all criteria that are given', () => {
    const { chargePoint, call } = station()
    const clear = (criteria: object) => call('ClearChargingProfile', criteria)
    const fill = () => {
      clear({})
      for (const [connectorId, stackLevel, chargingProfileId] of [
        [0, 0, 100],
        [1, 0, 101],
        [1, 1, 102],
        [2, 1, 103],
      ])
        call('SetChargingProfile', {
          connectorId,
          csChargingProfiles: profile('TxDefaultProfile', 20, {
            stackLevel: stackLevel ?? 0,
            chargingProfileId: chargingProfileId ?? 0,
          }),
        })
    }
    const left = () =>
      chargePoint.charging.store.installed.map(({ profile: { chargingProfileId } }) => chargingProfileId)
    expect(clear({})).toEqual({ status: 'Unknown' })
    fill()
    expect(clear({ id: 101 })).toEqual(accepted)
    expect(left()).toEqual([100, 102, 103])
    expect(clear({ id: 101 })).toEqual({ status: 'Unknown' })
    expect(clear({ connectorId: 1, stackLevel: 0 })).toEqual({ status: 'Unknown' })
    expect(clear({ chargingProfilePurpose: 'TxProfile' })).toEqual({ status: 'Unknown' })
    expect(clear({ stackLevel: 1, chargingProfilePurpose: 'TxDefaultProfile' })).toEqual(accepted)
    expect(left()).toEqual([100])
    expect(clear({ connectorId: 0 })).toEqual(accepted)
    expect(left()).toEqual([])
  })

  it('of a transaction ends with it, the others outlast a reset', () => {
    const { chargePoint, clock, call } = station()
    chargePoint.plugIn(1, car())
    call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxProfile', 10) })
    call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxDefaultProfile', 11) })
    call('Reset', { type: 'Hard' })
    clock.advance(10_000)
    expect(
      chargePoint.charging.store.installed.map(({ profile: { chargingProfilePurpose } }) => chargingProfilePurpose),
    ).toEqual(['TxDefaultProfile'])
  })

  it('comes with a remote start when it is of a transaction, and holds for that one only', () => {
    const { chargePoint, clock, call, connector } = station()
    chargePoint.plugIn(1, guestCar())
    const start = (chargingProfile: ChargingProfile) =>
      call('RemoteStartTransaction', { connectorId: 1, idTag: 'A', chargingProfile })
    expect(start(profile('TxDefaultProfile', 10))).toEqual(rejected)
    expect(start(profile('TxProfile', 10, { transactionId: 1 }))).toEqual(rejected)
    expect(start(profile('TxProfile', 10))).toEqual(accepted)
    clock.advance(20_000)
    expect(connector(1).amps).toBeCloseTo(10, 0)
    chargePoint.unplug(1)
    chargePoint.plugIn(1, car())
    clock.advance(20_000)
    expect(connector(1).amps).toBeGreaterThan(30)
  })
})

describe('a car under limits', () => {
  it('draws what the composite leaves, pauses below six amperes, and the meter says so', () => {
    const { chargePoint, clock, call, connector, of } = station({
      keys: { MeterValuesSampledData: 'Current.Offered,Power.Offered,Power.Active.Import' },
    })
    chargePoint.plugIn(1, car())
    const install = (wanted: ChargingProfile) => {
      call('SetChargingProfile', { connectorId: 1, csChargingProfiles: wanted })
      clock.advance(20_000)
      const last = of('MeterValues').at(-1) as { meterValue: { sampledValue: { value: string }[] }[] }
      return last.meterValue[0]?.sampledValue.map(({ value }) => Number(value))
    }
    expect(install(profile('TxDefaultProfile', 10))?.slice(0, 2)).toEqual([10, 6900])
    expect(connector(1).powerW).toBeCloseTo(6900, -2)
    const one = { chargingSchedulePeriod: [{ startPeriod: 0, limit: 16, numberPhases: 1 }] }
    expect(install(profile('TxProfile', 1, {}, one))?.slice(0, 2)).toEqual([16, 3680])
    expect(connector(1).powerW).toBeCloseTo(3680, -2)
    expect(install(profile('TxProfile', 0, { transactionId: 42 }))).toEqual([0, 0, 0])
    expect(connector(1)).toMatchObject({ amps: 0, status: 'SuspendedEVSE' })
    call('ClearChargingProfile', {})
    clock.advance(1_000)
    expect(connector(1).amps).toBeGreaterThan(30)
  })

  it('shares the limit of the charge point with the other car', () => {
    const { chargePoint, clock, call, connector } = station()
    call('SetChargingProfile', { connectorId: 0, csChargingProfiles: profile('ChargePointMaxProfile', 24) })
    chargePoint.plugIn(1, car())
    clock.advance(20_000)
    expect(connector(1).amps).toBeCloseTo(24, 0)
    chargePoint.plugIn(2, car({ idTag: 'B' }))
    clock.advance(20_000)
    expect([1, 2].map((id) => Math.round(connector(id).amps))).toEqual([12, 12])
  })
})

describe('the composite schedule', () => {
  it('is the lowest of all purposes, with a period wherever that changes', () => {
    const { chargePoint, clock, call } = station()
    chargePoint.plugIn(1, car())
    const install = (connectorId: number, csChargingProfiles: ChargingProfile) =>
      expect(call('SetChargingProfile', { connectorId, csChargingProfiles })).toEqual({ status: 'Accepted' })
    install(
      0,
      profile('ChargePointMaxProfile', 1, {}, { startSchedule: '2026-01-01T00:00:00Z', ...steps([0, 20], [1800, 14]) }),
    )
    install(1, profile('TxDefaultProfile', 16))
    install(
      1,
      profile('TxProfile', 1, { chargingProfileKind: 'Relative' }, { duration: 1200, ...steps([0, 25], [600, 10.5]) }),
    )
    expect(call('GetCompositeSchedule', { connectorId: 1, duration: 3600 })).toEqual({
      status: 'Accepted',
      connectorId: 1,
      scheduleStart: '2026-01-01T00:00:00.000Z',
      chargingSchedule: {
        duration: 3600,
        chargingRateUnit: 'A',
        ...steps([0, 20], [600, 10.5], [1200, 16], [1800, 14]),
      },
    })
    clock.advance(5 * MINUTE + 500)
    const watts = call('GetCompositeSchedule', { connectorId: 1, duration: 600, chargingRateUnit: 'W' })
    expect(watts).toMatchObject({
      scheduleStart: '2026-01-01T00:05:00.000Z',
      chargingSchedule: { chargingRateUnit: 'W', ...steps([0, 13_800], [300, 7245]) },
    })
  })

  it('says fewer phases, and adds all connectors up for connector 0', () => {
    const { call } = station()
    const one = { chargingSchedulePeriod: [{ startPeriod: 0, limit: 10, numberPhases: 1 }] }
    call('SetChargingProfile', { connectorId: 1, csChargingProfiles: profile('TxDefaultProfile', 1, {}, one) })
    const periods = (connectorId: number) =>
      (
        call('GetCompositeSchedule', { connectorId, duration: 60 }) as {
          chargingSchedule: { chargingSchedulePeriod: object[] }
        }
      ).chargingSchedule.chargingSchedulePeriod
    expect(periods(1)).toEqual([{ startPeriod: 0, limit: 10, numberPhases: 1 }])
    expect(periods(0)).toEqual([{ startPeriod: 0, limit: 42 }])
    call('SetChargingProfile', { connectorId: 0, csChargingProfiles: profile('ChargePointMaxProfile', 30) })
    expect(periods(0)).toEqual([{ startPeriod: 0, limit: 30 }])
    expect(call('GetCompositeSchedule', { connectorId: 3, duration: 60 })).toEqual({ status: 'Rejected' })
  })
})
