import { describe, expect, it } from 'vitest'
import type { ChargePointOptions } from '../../../src/simulator/options.ts'
import type { ChargingQuirks, Quirks } from '../../../src/simulator/quirks.ts'
import { car, profile, station } from './station.ts'

const quirky = (quirks: Quirks, more: Partial<ChargePointOptions> = {}) => station({ quirks, ...more })

/** A session of `seconds` at connector 1. */
function charged(quirks: Quirks, seconds = 30) {
  const own = quirky(quirks)
  own.chargePoint.plugIn(1, car())
  own.clock.advance(seconds * 1000)
  own.chargePoint.unplug(1)
  own.clock.advance(5_000)
  return own
}

interface Sampled {
  readonly value: string | number
  readonly measurand?: string
  readonly unit?: string
  readonly phase?: string
  readonly context?: string
}

function sampled(quirks: Quirks): readonly Sampled[] {
  const [first] = charged(quirks).of('MeterValues') as unknown as { meterValue: { sampledValue: Sampled[] }[] }[]
  return first?.meterValue[0]?.sampledValue ?? []
}

describe('a connection', () => {
  it('comes back without a Boot', () => {
    const { clock, cut, actions } = quirky({ noBootOnReconnect: true })
    cut(5_000)
    clock.advance(6_000)
    expect(actions().filter((action) => action === 'BootNotification')).toHaveLength(1)
    expect(actions().slice(-3)).toEqual(['StatusNotification', 'StatusNotification', 'StatusNotification'])
  })

  it('boots for ever while it is called before its Boot is answered', () => {
    let patient = false
    const own = station({
      quirks: { bootLoop: true },
      central: {
        BootNotification: () => (patient ? { status: 'Accepted', interval: 60, currentTime: '' } : 'silence'),
      },
    })
    const { clock, call, actions } = own
    for (let times = 0; times < 3; times += 1) {
      expect(call('GetConfiguration')).toBeUndefined()
      clock.advance(1_000)
    }
    expect(actions()).toEqual(Array(4).fill('BootNotification'))
    patient = true
    call('GetConfiguration')
    clock.advance(1_000)
    expect(actions()).toContain('StatusNotification')
    expect(call('GetConfiguration')).toBeDefined()
  })

  it('is deaf to calls', () => {
    const { call, clock, actions } = quirky({ deaf: true })
    expect(call('GetConfiguration')).toBeUndefined()
    clock.advance(61_000)
    expect(actions()).toContain('Heartbeat')
  })
})

describe('a way of calling', () => {
  it('is left to the socket', () => {
    const { links } = quirky({ noPong: true, subprotocols: [] })
    expect(links.habits).toEqual({ noPong: true, subprotocols: [] })
    expect(station().links.habits).toEqual({ noPong: false })
  })
})

describe('messages', () => {
  it('are numbered in numbers', () => {
    expect(quirky({ numericIds: true }).heard.map(({ id }) => id)).toEqual([1, 2, 3, 4])
  })

  it('keep their id when they are sent again', () => {
    const { chargePoint, clock, heard } = station({
      quirks: { reusesIds: true },
      central: { StartTransaction: () => 'error' },
    })
    chargePoint.plugIn(1, car())
    clock.advance(60_000)
    const ids = heard.filter(({ action }) => action === 'StartTransaction').map(({ id }) => id)
    expect(ids).toHaveLength(3)
    expect(new Set(ids).size).toBe(1)
  })

  it('are in flight two at a time', () => {
    const silent = { StatusNotification: () => 'silence' as const }
    expect(station({ central: silent }).actions()).toHaveLength(2)
    expect(station({ central: silent, quirks: { callsInFlight: 2 } }).actions()).toHaveLength(3)
  })

  it.each([
    [{ timestamps: 'zoneless' }, '2026-01-01T02:00:00'],
    [{ timestamps: 'zoneless', utcOffsetMinutes: -60 }, '2025-12-31T23:00:00'],
    [{ timestamps: 'localAsZ' }, '2026-01-01T02:00:00Z'],
    [{ timestamps: 'shortOffset' }, '2026-01-01T02:00:00+02'],
    [{ timestamps: 'epoch' }, '1970-01-01T00:00:00Z'],
    [{ timestamps: 'future' }, '2026-01-02T00:00:00Z'],
    [{ timestamps: 'empty' }, ''],
    [{ noStatusTimestamp: true }, undefined],
  ] as const)('write their time as %j', (quirks, expected) => {
    expect(quirky(quirks).of('StatusNotification')[0]?.timestamp).toBe(expected)
  })
})

describe('transactions', () => {
  it('start twice', () => {
    const { of, heard } = charged({ replaysStart: true })
    const [first, second] = of('StartTransaction')
    expect(first).toEqual(second)
    const ids = heard.filter(({ action }) => action === 'StartTransaction').map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
    expect(of('StopTransaction')).toMatchObject([{ transactionId: 43 }])
  })

  it('come all at once, hours after the link is back', () => {
    const own = quirky({ queueHeldMs: 7_200_000, stopId: -1 })
    const { chargePoint, clock, heard, of } = own
    own.cut(60_000)
    chargePoint.sessions.begin(own.connector(1), 'TAG')
    clock.advance(30_000)
    chargePoint.sessions.end(own.connector(1), 'Local')
    clock.advance(3_600_000)
    const kept = () => heard.filter(({ action }) => /Transaction|MeterValues/.test(action)).map(({ action }) => action)
    expect(kept()).toEqual([])
    clock.advance(4_000_000)
    expect(kept()).toEqual(['StartTransaction', 'MeterValues', 'MeterValues', 'MeterValues', 'StopTransaction'])
    expect(of('StartTransaction')[0]).toMatchObject({ timestamp: '2026-01-01T00:00:00Z' })
    expect(of('StopTransaction')[0]).toMatchObject({ transactionId: -1, timestamp: '2026-01-01T00:00:30Z' })
  })

  it.each([-1, 0, 999_999])('stop with the id %d', (stopId) => {
    expect(charged({ stopId }).of('StopTransaction')).toMatchObject([{ transactionId: stopId }])
  })

  it('stop never', () => {
    const { actions, of } = charged({ noStop: true })
    expect(actions()).not.toContain('StopTransaction')
    expect(of('StatusNotification').at(-1)).toMatchObject({ status: 'Available' })
  })

  it('do not follow a remote start', () => {
    const { chargePoint, clock, call, actions } = quirky({ ignoresRemoteStart: true })
    chargePoint.plugIn(1, { phases: 3, maxAmps: 32, capacityWh: 50_000, soc: 0.3 })
    expect(call('RemoteStartTransaction', { idTag: 'A' })).toEqual({ status: 'Accepted' })
    clock.advance(60_000)
    expect(actions()).not.toContain('StartTransaction')
  })

  it('echo a tag of 20 characters with two bytes more', () => {
    const { chargePoint, of } = quirky({ paddedTags: true })
    chargePoint.plugIn(1, car({ idTag: '12345678901234567890' }))
    expect(of('StartTransaction')[0]?.idTag).toHaveLength(22)
  })
})

describe('meters', () => {
  const energy = 'Energy.Active.Import.Register'
  const value = (all: readonly Sampled[], measurand = energy) =>
    Number(all.find((each) => each.measurand === measurand)?.value)

  it('begin at zero with each session', () => {
    expect(value(sampled({}))).toBeGreaterThan(100_000)
    expect(value(sampled({ register: 'session' }))).toBeLessThan(1_000)
    expect(value(sampled({ register: 'sessionInMeterValues' }))).toBeLessThan(1_000)
    const start = (quirks: Quirks) => Number(charged(quirks).of('StartTransaction')[0]?.meterStart)
    const stop = (quirks: Quirks) => Number(charged(quirks).of('StopTransaction')[0]?.meterStop)
    expect(start({ register: 'session' })).toBe(0)
    expect(stop({ register: 'session' })).toBeLessThan(1_000)
    expect(start({ register: 'sessionInMeterValues' })).toBeGreaterThan(100_000)
  })

  it('count in kilowatts', () => {
    const all = sampled({ kiloUnits: true })
    expect(all.slice(0, 2).map(({ unit }) => unit)).toEqual(['kWh', 'kW'])
    expect(value(all) * 1000).toBeCloseTo(value(sampled({})), 0)
  })

  it('know phases and no sums', () => {
    const all = sampled({ perPhaseOnly: true })
    expect(all.filter(({ measurand }) => measurand === 'Power.Active.Import').map(({ phase }) => phase)).toEqual([
      'L1',
      'L2',
      'L3',
    ])
    expect(value(all) * 3).toBeCloseTo(value(sampled({})), -1)
  })

  it('say the energy twice, the second time as nothing', () => {
    const all = sampled({ beginDuplicates: true }).filter(({ measurand }) => measurand === energy)
    expect(all).toMatchObject([{ context: 'Sample.Periodic' }, { context: 'Transaction.Begin', value: '0' }])
  })

  it('say nothing, only a number, or numbers that are no texts', () => {
    expect(sampled({ emptySampledValue: true })).toEqual([])
    expect(sampled({ bareEnergy: true })).toEqual([{ value: expect.stringMatching(/^\d+$/) }])
    expect(typeof sampled({ numericValues: true })[0]?.value).toBe('number')
  })

  it('name another transaction or connector, and speak after the stop', () => {
    const meter = (quirks: Quirks) => charged(quirks).of('MeterValues')[0]
    expect(meter({ meterTransactionId: 'none' })).not.toHaveProperty('transactionId')
    expect(meter({ meterTransactionId: 0 })).toMatchObject({ transactionId: 0 })
    expect(meter({ meterConnectorZero: true })).toMatchObject({ connectorId: 0 })
    expect(charged({ lateMeterValues: true }).actions().slice(-1)).toEqual(['MeterValues'])
  })
})

describe('configuration', () => {
  it('stays unanswered without keys, or with too many', () => {
    expect(quirky({ noFullConfiguration: true }).call('GetConfiguration')).toBeUndefined()
    const { call } = quirky({ maxKeys: 4 })
    const keys = ['HeartbeatInterval', 'ConnectionTimeOut', 'ResetRetries', 'CpoName', 'NumberOfConnectors']
    expect(call('GetConfiguration', { key: keys })).toBeUndefined()
    expect(call('GetConfiguration', { key: keys.slice(1) })).toBeDefined()
  })

  it('is written in other letters', () => {
    const { call } = quirky({ keyCase: 'lower' })
    expect(call('GetConfiguration', { key: ['HeartbeatInterval'] })).toMatchObject({
      configurationKey: [{ key: 'heartbeatinterval' }],
    })
  })

  it('is changed in words only, or after a reboot', () => {
    const key = 'ConnectionTimeOut'
    const value = (own: ReturnType<typeof station>) => own.chargePoint.configuration.text(key)
    const liar = quirky({ ignoresChanges: ['connectiontimeout'] })
    expect(liar.call('ChangeConfiguration', { key, value: '5' })).toEqual({ status: 'Accepted' })
    expect(value(liar)).toBe('60')
    const slow = quirky({ rebootRequired: true })
    expect(slow.call('ChangeConfiguration', { key, value: '5' })).toEqual({ status: 'RebootRequired' })
    expect(value(slow)).toBe('60')
    slow.call('Reset', { type: 'Hard' })
    expect(value(slow)).toBe('5')
  })

  it('takes a password as it is written', () => {
    const { call, redials } = quirky({ plainAuthorizationKey: true }, { security: { profile: 1 } })
    call('ChangeConfiguration', { key: 'AuthorizationKey', value: 'secret' })
    expect(redials).toEqual([{ password: 'secret' }])
  })

  it('makes it reboot when availability changes', () => {
    const { call, clock, actions } = quirky({ rebootsOnAvailability: true })
    call('ChangeAvailability', { connectorId: 1, type: 'Operative' })
    clock.advance(10_000)
    expect(actions().filter((action) => action === 'BootNotification')).toHaveLength(2)
  })

  it('decides what it says to any call', () => {
    const { call } = quirky({
      answers: {
        TriggerMessage: { status: 'NotImplemented' },
        UnlockConnector: 'InternalError',
        Reset: 'silence',
        ChangeAvailability: ({ connectorId }) => (connectorId === 0 ? { status: 'Rejected' } : undefined),
      },
    })
    const availability = (connectorId: number) => call('ChangeAvailability', { connectorId, type: 'Operative' })
    expect([0, 1].map(availability)).toEqual([{ status: 'Rejected' }, { status: 'Accepted' }])
    expect(call('TriggerMessage', { requestedMessage: 'Heartbeat' })).toEqual({ status: 'NotImplemented' })
    expect(call('UnlockConnector', { connectorId: 1 })).toBe('InternalError')
    expect(call('Reset', { type: 'Hard' })).toBeUndefined()
    const picky = quirky({ noTriggerForConnector: true })
    expect(picky.call('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 })).toBeUndefined()
    expect(picky.call('TriggerMessage', { requestedMessage: 'StatusNotification' })).toEqual({ status: 'Accepted' })
  })
})

describe('smart charging', () => {
  const relative = { chargingProfileKind: 'Relative' } as const
  const set = (charging: ChargingQuirks, connectorId: number, wanted = profile('TxDefaultProfile', 10)) => {
    const own = quirky({ charging })
    own.chargePoint.plugIn(1, car())
    return own.call('SetChargingProfile', { connectorId, csChargingProfiles: wanted })
  }
  const accepted = { status: 'Accepted' }
  const rejected = { status: 'Rejected' }

  it.each([
    ['ChargePointMaxProfile', 0],
    ['TxDefaultProfile', 1],
    ['TxProfile', 1],
  ] as const)('refuses a %s', (purpose, connectorId) => {
    expect(set({}, connectorId, profile(purpose, 10))).toEqual(accepted)
    expect(set({ refuses: { [purpose]: 'NotSupported' } }, connectorId, profile(purpose, 10))).toEqual({
      status: 'NotSupported',
    })
  })

  it('takes only some levels, kinds, units and limits', () => {
    const with_ = (more: object, schedule: object = {}, limit = 10) =>
      profile('TxDefaultProfile', limit, more, schedule)
    expect(set({ stackLevel: 'zero' }, 1, with_({ stackLevel: 1 }))).toEqual(rejected)
    expect(set({ stackLevel: 'zero' }, 1)).toEqual(accepted)
    expect(set({ stackLevel: 'positive' }, 1)).toEqual(rejected)
    expect(set({ stackLevel: 'positive' }, 1, with_({ stackLevel: 1 }))).toEqual(accepted)
    expect(set({ onlyKind: 'Relative' }, 1)).toEqual(rejected)
    expect(set({ onlyKind: 'Relative' }, 1, with_(relative))).toEqual(accepted)
    expect(set({ onlyKind: 'Absolute' }, 1, with_(relative))).toEqual(rejected)
    expect(set({ onlyUnit: 'W' }, 1)).toEqual(rejected)
    expect(set({ onlyUnit: 'A' }, 1, with_({}, { chargingRateUnit: 'W' }))).toEqual(rejected)
    expect(set({ zeroLimit: 'refused' }, 1, with_({}, {}, 0))).toEqual(rejected)
    expect(set({ onlyLimits: [6, 8, 13] }, 1)).toEqual(rejected)
    expect(set({ onlyLimits: [6, 8, 13] }, 1, with_({}, {}, 13))).toEqual(accepted)
    expect(set({ silentOnAbsolute: true }, 1)).toBeUndefined()
    expect(set({ silentOnAbsolute: true }, 1, with_(relative))).toEqual(accepted)
  })

  it('reports a stack level that it does not take', () => {
    const { call } = quirky({ charging: { maxStackLevelShown: 999 } })
    expect(call('GetConfiguration', { key: ['ChargeProfileMaxStackLevel'] })).toMatchObject({
      configurationKey: [{ value: '999' }],
    })
    const csChargingProfiles = profile('TxDefaultProfile', 10, { stackLevel: 999 })
    expect(call('SetChargingProfile', { connectorId: 1, csChargingProfiles })).toEqual(rejected)
  })

  /** Amperes after 20 seconds under a limit of 10 A, set after `first`, with something in between. */
  function drawn(charging: ChargingQuirks, between: (own: ReturnType<typeof station>) => void = () => {}, first = 20) {
    const own = quirky({ charging })
    own.chargePoint.plugIn(1, car())
    for (const limit of [first, 10])
      own.call('SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: profile('TxDefaultProfile', limit, { stackLevel: 3 }),
      })
    between(own)
    own.clock.advance(20_000)
    return Math.round(own.connector(1).amps)
  }

  it('is accepted and not obeyed, or no more after a pause', () => {
    expect(drawn({})).toBe(10)
    expect(drawn({ disobeys: true })).toBe(32)
    expect(drawn({}, () => {}, 0)).toBe(10)
    expect(drawn({ ignoresAfterZero: true }, () => {}, 0)).toBe(32)
    const pause = (own: ReturnType<typeof station>) =>
      own.call('SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: profile('TxDefaultProfile', 0, { stackLevel: 3 }),
      })
    expect(drawn({}, pause)).toBe(0)
    expect(drawn({ zeroLimit: 'ignored' }, pause)).toBe(32)
  })

  it('is forgotten when the link or the machine comes back', () => {
    const reconnect = (own: ReturnType<typeof station>) => own.cut(1_000)
    const reboot = (own: ReturnType<typeof station>) => {
      own.call('Reset', { type: 'Hard' })
      own.clock.advance(10_000)
      own.chargePoint.unplug(1)
      own.chargePoint.plugIn(1, car())
    }
    expect(drawn({}, reconnect)).toBe(10)
    expect(drawn({}, reboot)).toBe(10)
    expect(drawn({ forgets: 'reconnect' }, reconnect)).toBe(32)
    expect(drawn({ forgets: 'reboot' }, reconnect)).toBe(10)
    expect(drawn({ forgets: 'reboot' }, reboot)).toBe(32)
  })

  it('is done by a key of the vendor', () => {
    const key = 'chargingALimitConn1'
    const change = (own: ReturnType<typeof station>) => own.call('ChangeConfiguration', { key, value: '8' })
    expect(drawn({ limitKeys: { [key]: 1 } })).toBe(10)
    expect(drawn({ limitKeys: { [key]: 1 } }, change)).toBe(8)
    expect(drawn({ limitKeys: { [key]: 2 } }, change)).toBe(10)
  })
})
