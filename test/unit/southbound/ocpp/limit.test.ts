import { describe, expect, it } from 'vitest'
import type { Charger } from '../../../../src/core/charger/charger.ts'
import { limitUnit } from '../../../../src/southbound/ocpp/v16/configuration.ts'
import type { ChargingProfile } from '../../../../src/southbound/ocpp/v16/messages.ts'
import { type Reply, scriptedCharger } from '../../../support/scripted-charger.ts'

const overrides = { unit: 'auto', kind: 'auto', recurrency: 'Daily', purpose: 'auto' } as const
const limit = { amps: 16, watts: 3680 }
const set = { kind: 'set-limit', connector: 1, limit, overrides } as const
const setInTransaction = { ...set, transactionId: 7 } as const

/** A charger of its own mind as to profiles; all else it accepts. */
function made(taking: (profile: ChargingProfile) => Reply = () => 'Accepted') {
  const parts = scriptedCharger((action, payload) =>
    action === 'SetChargingProfile' ? taking(payload.csChargingProfiles as ChargingProfile) : 'Accepted',
  )
  const { calls } = parts
  const profiles = () =>
    calls.flatMap(([, payload]) => (payload.csChargingProfiles as ChargingProfile | undefined) ?? [])
  return { ...parts, profiles }
}

function tell(charger: Charger, key: string, value: string, readonly = true): void {
  charger.state.configuration.set(key.toLowerCase(), { value, readonly })
}

function told(unit: string) {
  return limitUnit([{ key: 'ChargingScheduleAllowedChargingRateUnit', value: unit, readonly: true }])
}

const way = ({ stackLevel, chargingProfileKind, chargingSchedule }: ChargingProfile) =>
  `${stackLevel} ${chargingProfileKind} ${chargingSchedule.chargingRateUnit}`

describe('a limit', () => {
  it('is an absolute TxDefaultProfile that began a minute ago, with an id of ours', () => {
    const { calls, send } = made()
    expect(send(set)?.answer).toBe('accepted')
    expect(calls[0]).toEqual([
      'SetChargingProfile',
      {
        connectorId: 1,
        csChargingProfiles: {
          chargingProfileId: 200_011,
          stackLevel: 0,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Absolute',
          chargingSchedule: {
            startSchedule: '2026-06-04T11:59:00Z',
            chargingRateUnit: 'A',
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
          },
        },
      },
    ])
  })

  it.each([
    ['Current', 'A', 16],
    ['Current,Power', 'A', 16],
    ['Power', 'W', 3680],
    ['W', 'W', 3680],
    ['Current;Power', 'A', 16],
  ])('goes in the unit that a charger with %s takes', (said, unit, value) => {
    const { charger, send, profiles } = made()
    charger.state.limitUnit = told(said)
    send(set)
    const schedule = profiles()[0]?.chargingSchedule
    expect([schedule?.chargingRateUnit, schedule?.chargingSchedulePeriod[0]?.limit]).toEqual([unit, value])
  })

  it('of the charge point is a ChargePointMaxProfile', () => {
    const { send, profiles } = made()
    send({ ...set, connector: 0 })
    expect(profiles()[0]?.chargingProfilePurpose).toBe('ChargePointMaxProfile')
  })

  it.each<[Reply, Reply, string]>([
    ['Accepted', 'Accepted', 'accepted'],
    ['Accepted', 'Rejected', 'accepted'],
    ['Rejected', 'Accepted', 'accepted'],
    ['NotSupported', 'Rejected', 'not-supported'],
    ['TIMEOUT', 'Accepted', 'no-answer'],
  ])('in a transaction whose profile is answered %s, and the default %s, is %s', (own, standing, outcome) => {
    const { send, profiles } = made(({ chargingProfilePurpose }) =>
      chargingProfilePurpose === 'TxProfile' ? own : standing,
    )
    expect(send(setInTransaction)?.answer).toBe(outcome)
    const purposes = profiles().map(({ chargingProfilePurpose }) => chargingProfilePurpose)
    expect(purposes[0]).toBe('TxProfile')
    expect(purposes.at(-1)).toBe('TxDefaultProfile')
    expect(profiles()[0]).toMatchObject({ transactionId: 7 })
  })

  it('does not count while an older profile of ours still binds the transaction', () => {
    const refuses = ({ chargingProfilePurpose }: ChargingProfile) =>
      chargingProfilePurpose === 'TxProfile' ? 'Rejected' : 'Accepted'
    for (const [bound, outcome] of [
      [7, 'rejected'],
      [6, 'accepted'],
    ] as const) {
      const { charger, send } = made(refuses)
      const progress = charger.control.connectors[1]?.limitProgress
      if (progress !== undefined) progress.boundTransaction = bound
      expect(send(setInTransaction)?.answer).toBe(outcome)
    }
    expect(made().send(setInTransaction)).toMatchObject({ answer: 'accepted', boundTransaction: 7 })
  })

  it('that is not cleared because of an error is not taken as cleared', () => {
    const { send, calls } = made()
    expect(send({ kind: 'clear-limit', connector: 0, overrides })?.answer).toBe('accepted')
    expect(calls).toEqual([['ClearChargingProfile', { id: 200_000 }]])
  })

  it('follows what the integrator chose, and refuses pairs that the standard forbids', () => {
    const { send, profiles, calls } = made()
    const own = {
      unit: 'W',
      kind: 'Recurring',
      recurrency: 'Weekly',
      purpose: 'TxDefaultProfile',
      profileId: 5,
      stackLevel: 3,
    } as const
    send({ ...set, overrides: own })
    expect(profiles()[0]).toMatchObject({
      chargingProfileId: 5,
      stackLevel: 3,
      recurrencyKind: 'Weekly',
      // The Monday of that week.
      chargingSchedule: { startSchedule: '2026-06-01T00:00:00Z', chargingRateUnit: 'W' },
    })
    calls.splice(0)
    send({ ...set, overrides: { ...own, recurrency: 'Daily' } })
    expect(profiles()[0]).toMatchObject({ chargingSchedule: { startSchedule: '2026-06-04T00:00:00Z' } })
    calls.splice(0)
    expect(send({ ...set, overrides: { ...overrides, purpose: 'ChargePointMaxProfile' } })?.answer).toBe(
      'not-supported',
    )
    expect(send({ ...set, connector: 0, overrides: { ...overrides, purpose: 'TxProfile' } })?.answer).toBe(
      'not-supported',
    )
    expect(calls).toEqual([])
  })

  it('is cleared by our ids, and nothing to clear is as good', () => {
    const { send, calls } = made()
    expect(send({ kind: 'clear-limit', connector: 1, overrides })?.answer).toBe('accepted')
    expect(calls).toEqual([
      ['ClearChargingProfile', { id: 200_012 }],
      ['ClearChargingProfile', { id: 200_011 }],
    ])
  })
})

describe('the way in which a charger takes limits', () => {
  it.each<[string, (profile: ChargingProfile) => boolean, string]>([
    ['that refuses level 0', ({ stackLevel }) => stackLevel > 0, '1 Absolute A'],
    ['that takes only its highest level', ({ stackLevel }) => stackLevel === 3, '3 Absolute A'],
    ['that refuses its own highest level', ({ stackLevel }) => stackLevel === 0, '0 Absolute A'],
    ['that wants relative profiles', ({ chargingProfileKind }) => chargingProfileKind === 'Relative', '0 Relative A'],
    [
      'that takes only watts and does not say so',
      ({ chargingSchedule }) => chargingSchedule.chargingRateUnit === 'W',
      '0 Absolute W',
    ],
    ['that wants a relative profile in watts at level 1', (each) => way(each) === '1 Relative W', '1 Relative W'],
  ])('is found out for one %s, by the limit itself, and kept', (_name, takes, found) => {
    const { charger, send, profiles } = made((profile) => (takes(profile) ? 'Accepted' : 'Rejected'))
    tell(charger, 'ChargeProfileMaxStackLevel', '3')
    expect(send(set)?.answer).toBe('accepted')
    expect(profiles().at(-1)).toSatisfy((last: ChargingProfile) => way(last) === found)
    for (const { chargingSchedule } of profiles()) {
      const { chargingRateUnit, chargingSchedulePeriod } = chargingSchedule
      // Never anything but the value in force.
      expect(chargingSchedulePeriod[0]?.limit).toBe(chargingRateUnit === 'A' ? 16 : 3680)
    }
    const tried = profiles().length
    expect(send(set)?.answer).toBe('accepted')
    expect(profiles().length).toBe(tried + 1)
  })

  it('is looked for among the relative ones when an absolute one is left unanswered', () => {
    const { send, profiles } = made(({ chargingProfileKind }) =>
      chargingProfileKind === 'Absolute' ? 'TIMEOUT' : 'Accepted',
    )
    expect(send(set)?.answer).toBe('accepted')
    expect(profiles().map(way)).toEqual(['0 Absolute A', '0 Relative A'])
  })

  it('is not looked for in a charger that answers nothing at all, or does not know the call', () => {
    const silent = made(() => 'TIMEOUT')
    expect(silent.send(set)?.answer).toBe('no-answer')
    expect(silent.profiles()).toHaveLength(2)
    const ignorant = made(() => 'CALLERROR')
    expect(ignorant.send(set)?.answer).toBe('not-supported')
    expect(ignorant.profiles()).toHaveLength(1)
  })

  it('is tried once and no longer in full where all was refused', () => {
    const { charger, send, profiles } = made(() => 'Rejected')
    tell(charger, 'ChargeProfileMaxStackLevel', '999')
    expect(send(set)?.answer).toBe('rejected')
    expect(profiles()).toHaveLength(12)
    expect(send(set)?.answer).toBe('rejected')
    expect(profiles()).toHaveLength(13)
  })

  it('that was accepted and disobeyed is the last to be tried', () => {
    const { charger, send, profiles } = made()
    charger.state.methods.disproved.add('TxDefaultProfile, stack level 0, Absolute, A')
    send(set)
    expect(profiles().map(way)).toEqual(['0 Relative A'])
  })

  it('stays within what the integrator chose', () => {
    const { send, profiles } = made(() => 'Rejected')
    send({ ...set, overrides: { ...overrides, kind: 'Absolute', stackLevel: 2, unit: 'A' } })
    expect(profiles().map(way)).toEqual(['2 Absolute A'])
  })

  it('is a vendor key where no profile works', () => {
    const { charger, calls, send } = made(() => 'Rejected')
    tell(charger, 'chargingALimitConn1', '32', false)
    expect(send(set)?.answer).toBe('accepted')
    expect(calls.at(-1)).toEqual(['ChangeConfiguration', { key: 'chargingALimitConn1', value: '16' }])
    calls.splice(0)
    // From then on the key alone.
    send({ ...setInTransaction, limit: { amps: 6.7, watts: 1541 } })
    expect(calls).toEqual([['ChangeConfiguration', { key: 'chargingALimitConn1', value: '6' }]])
    calls.splice(0)
    send({ kind: 'clear-limit', connector: 1, overrides })
    expect(calls).toEqual([['ChangeConfiguration', { key: 'chargingALimitConn1', value: '32' }]])
  })

  it('is no key of all connectors together, no key in amperes for direct current, and none that is configured no longer', () => {
    const keyed = (settings: Partial<Charger['settings']>) => {
      const { charger, calls, send } = made(() => 'Rejected')
      charger.settings = { ...charger.settings, ...settings }
      charger.state.methods.key = 'MaxCurrent'
      expect(send(set)?.answer).toBe('rejected')
      expect(send({ kind: 'clear-limit', connector: 1, overrides })?.answer).toBe('accepted')
      expect(calls.map(([action]) => action)).not.toContain('ChangeConfiguration')
    }
    keyed({ limitKey: 'MaxCurrent' })
    keyed({ limitKey: 'MaxCurrent', electrical: { kind: 'dc', maxPower: 50_000 } })
    keyed({})
  })

  it('is never a vendor key that the charger has not shown, or shows as read-only', () => {
    const { charger, calls, send } = made(() => 'Rejected')
    tell(charger, 'chargingALimitConn1', '32', true)
    expect(send(set)?.answer).toBe('rejected')
    expect(calls.some(([action]) => action === 'ChangeConfiguration')).toBe(false)
  })
})

describe('profiles of others', () => {
  it('that outrank ours are cleared once, after ours stands', () => {
    const { charger, calls, send } = made()
    tell(charger, 'ChargeProfileMaxStackLevel', '2')
    send(set)
    const clear = (stackLevel: number) => [
      'ClearChargingProfile',
      { connectorId: 1, chargingProfilePurpose: 'TxDefaultProfile', stackLevel },
    ]
    expect(calls.slice(1)).toEqual([clear(1), clear(2)])
    calls.splice(0)
    send(set)
    expect(calls.map(([action]) => action)).toEqual(['SetChargingProfile'])
  })

  it('are cleared up to a level that the charger tells only after its first limit', () => {
    const { charger, calls, send } = scriptedCharger((action) => {
      if (action === 'ClearChargingProfile') tell(charger, 'ChargeProfileMaxStackLevel', '5')
      return 'Accepted'
    })
    send(set)
    expect(calls.slice(1).map(([, { stackLevel }]) => stackLevel)).toEqual([1, 2, 3, 4, 5])
  })

  it('are left alone by a charger that leaves the first clearing unanswered', () => {
    const { calls, send } = scriptedCharger((action) => (action === 'ClearChargingProfile' ? 'TIMEOUT' : 'Accepted'))
    send(set)
    expect(calls.map(([action]) => action)).toEqual(['SetChargingProfile', 'ClearChargingProfile'])
  })

  it('are not touched by a limit that was refused', () => {
    const { calls, send } = made(() => 'Rejected')
    send(set)
    expect(calls.every(([action]) => action === 'SetChargingProfile')).toBe(true)
  })
})

describe('what the charger says that it keeps to', () => {
  const verify = { kind: 'verify-limit', connector: 1, unit: 'A', of: set } as const

  it('is asked for as a composite schedule', () => {
    const { calls, send } = made()
    expect(send(verify)?.answer).toBe('accepted')
    expect(calls).toEqual([['GetCompositeSchedule', { connectorId: 1, duration: 60, chargingRateUnit: 'A' }]])
  })

  it.each([
    [10, [{ kind: 'limit-told', connector: 1, unit: 'A', limit: 10, of: set }]],
    [0, [{ kind: 'limit-told', connector: 1, unit: 'A', limit: 0, of: set }]],
    [-1, []],
  ])('is what its first period says: of %s A, but nothing below 0, which is no limit', (limit, told) => {
    const { events, send } = scriptedCharger(() => ({
      status: 'Accepted',
      connectorId: 1,
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
    }))
    send(verify)
    expect(events.filter(({ kind }) => kind === 'limit-told')).toEqual(told)
  })

  it('is read back from the key where a key carries the limit', () => {
    const { charger, calls, send } = made()
    charger.settings = { ...charger.settings, limitKey: 'limit{connector}' }
    charger.state.methods.key = 'limit{connector}'
    send(verify)
    expect(calls).toEqual([['GetConfiguration', { key: ['limit1'] }]])
  })
})
