import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { energy, power, quirkSite } from './quirk-site.ts'

describe('what meters say', () => {
  it('quirk 24: a value without measurand and unit is the energy register in Wh', async () => {
    const { see, meter } = await quirkSite()
    meter([{ value: '12345' }])
    expect(see('energy')).toBe(12.345)
  })

  it.each([
    [[power('7.5', { unit: 'kW' })], 7.5],
    [[power('7500', { unit: 'W' })], 7.5],
    [[power('7500000', { unit: 'mW' })], 7.5],
    [['L1', 'L2', 'L3'].map((phase) => power('2500', { phase })), 7.5],
    [['L1-N', 'L2-N', 'L3-N', 'N'].map((phase) => power('2500', { phase })), 7.5],
    [[power('7500'), power('2500', { phase: 'L1' })], 7.5],
    [[{ value: '7500', measurand: 'Power.Active.Import.L1' }], 7.5],
    [[{ value: '7.5', unit: 'kW' }], 7.5],
  ])('quirk 24: %j is %d kW, whatever unit and phases it is told in', async (samples, kilowatts) => {
    const { see, meter, start } = await quirkSite()
    start()
    meter(samples)
    expect(see('power')).toBe(kilowatts)
  })

  it('quirk 24: a register tagged L1 on a charger with one phase is the register, in kWh as in Wh', async () => {
    const { see, meter } = await quirkSite({ id: 'CP-2' })
    meter([energy('1.5', { unit: 'kWh', phase: 'L1' })])
    expect(see('energy')).toBe(1.5)
    meter([energy('1600', { unit: 'Wh', phase: 'L1-N' })])
    expect(see('energy')).toBe(1.6)
  })

  it('quirk 24: currents keep their phases, L1-N is L1, and N is none', async () => {
    const { see, meter, start } = await quirkSite()
    start()
    const phases = ['L1-N', 'L2', 'L3-N', 'N']
    meter(phases.map((phase, n) => ({ value: String(10 + n), measurand: 'Current.Import', phase })))
    expect(['current.L1', 'current.L2', 'current.L3'].map((name) => see(name))).toEqual([10, 11, 12])
  })

  it('quirk 25: of one measurand in several contexts the sample counts, never the value from the beginning', async () => {
    const { see, meter, start, stop, store, clock } = await quirkSite()
    const id = start({ meterStart: 0 })
    for (const wh of [100, 900, 2500]) {
      clock.advance(60_000)
      meter([energy(wh, { context: 'Sample.Periodic' }), energy(0, { context: 'Transaction.Begin' })], {
        transactionId: id,
      })
      expect(see('transaction.energy')).toBe(wh / 1000)
    }
    stop(id, { meterStop: 2500 })
    expect(see('transaction.energy')).toBe(2.5)
    expect(store.transaction(id)?.meterStopWh).toBe(2500)
  })

  it('quirk 26: a register that counts each session from 0 is published as one that only grows', async () => {
    const { see, meter, start, stop, status, clock } = await quirkSite()
    for (const [session, most] of [
      [1, 500],
      [2, 4000],
      [3, 700],
    ] as const) {
      const id = start({ meterStart: 0, idTag: `T${session}` })
      for (const wh of [0, most / 2, most]) {
        clock.advance(600_000)
        meter([energy(wh)], { transactionId: id })
      }
      stop(id, { meterStop: most })
      status('Available')
      expect(see('transaction.energy')).toBe(most / 1000)
    }
    expect(see('energy')).toBe(5.2)
  })

  it('quirk 26: a session counter whose first value is above the last of the session before loses nothing', async () => {
    const { see, meter, start, stop, clock } = await quirkSite()
    for (const [tag, wh] of [
      ['A', 1000],
      ['B', 300],
      ['C', 5000],
    ] as const) {
      const id = start({ idTag: tag, meterStart: undefined })
      clock.advance(1_800_000)
      meter([energy(wh)], { transactionId: id })
      stop(id, { meterStop: undefined })
    }
    expect(see('energy')).toBe(6.3)
  })

  it('quirk 26: lifetime in start and stop beside the session in meter values gives no negative session', async () => {
    const { see, meter, start, stop, store, clock } = await quirkSite()
    const id = start({ meterStart: 4_076_000 })
    for (const wh of [0, 250, 700]) {
      clock.advance(60_000)
      meter([energy(wh)], { transactionId: id })
      expect(see('transaction.energy')).toBe(wh / 1000)
      expect(see('energy')).toBe(4076 + wh / 1000)
    }
    // What was charged after the last sample is made good by the stop.
    stop(id, { meterStop: 4_076_900 })
    expect(see('transaction.energy')).toBe(0.9)
    expect(see('energy')).toBe(4076.9)
    expect(store.transaction(id)).toMatchObject({ meterStopWh: 4_076_900, estimated: false })
  })

  it('quirk 26: lifetime in the clock-aligned values beside the session in the periodic ones is one counter', async () => {
    const { see, meter, start, clock } = await quirkSite()
    meter([energy(9_000_000, { context: 'Sample.Clock' })])
    const transactionId = start({ meterStart: 0 })
    for (const wh of [100, 600]) {
      clock.advance(60_000)
      meter([energy(wh)], { transactionId })
      clock.advance(60_000)
      meter([energy(9_000_000 + wh, { context: 'Sample.Clock' })])
      expect(see('energy')).toBe(9000 + wh / 1000)
    }
  })

  it('quirk 26: a lifetime register that falls by a rounding, or a meter that was exchanged, adds nothing', async () => {
    const { see, meter, clock } = await quirkSite()
    for (const wh of [80_000.4, 80_000.3, 80_100]) {
      clock.advance(60_000)
      meter([energy(wh)])
    }
    expect(see('energy')).toBe(80.1)
    // The new meter has counted elsewhere before.
    for (const wh of [55_000, 55_200]) {
      clock.advance(60_000)
      meter([energy(wh)])
    }
    expect(see('energy')).toBeCloseTo(80.3, 9)
  })

  it('quirk 26: the counter goes on where it was when the bridge was started anew', async () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const first = await quirkSite({ clock, store })
    const transactionId = first.start({ meterStart: 0 })
    clock.advance(600_000)
    first.meter([energy(3000)], { transactionId })
    clock.advance(1000)
    const second = await quirkSite({ clock, store, boots: false })
    expect(second.see('energy')).toBe(3)
    clock.advance(600_000)
    second.meter([energy(4000)], { transactionId })
    expect([second.see('energy'), second.see('transaction.energy')]).toEqual([4, 4])
  })

  it.each([0, -1, undefined])('quirk 27: values of transaction %j are those of the one that runs', async (id) => {
    const { see, meter, start } = await quirkSite()
    const running = start()
    meter([energy(1500), power(3000)], { transactionId: id })
    expect(see('power')).toBe(3)
    expect(see('transaction.energy')).toBe(0.5)
    expect(see('transaction.id')).toBe(running)
  })

  it('quirk 27: values of connector 0 are those of the only connector, until it tells values of its own', async () => {
    const { own, see, start, at } = await quirkSite({ id: 'CP-2' })
    start()
    const say = (connectorId: number, watts: number) =>
      own.call('MeterValues', { connectorId, meterValue: [{ timestamp: at(), sampledValue: [power(watts)] }] })
    say(0, 2000)
    say(0, 3000)
    expect(see('power')).toBe(3)
    say(1, 3500)
    say(0, 3700)
    expect(see('power')).toBe(3.5)
  })

  it('quirk 27: a number that the bridge never gave is shown as a session while the charger says Charging, else not', async () => {
    const { own, see, meter, status, stop, clock } = await quirkSite()
    status('Preparing')
    meter([power(3000)], { transactionId: 4711 })
    expect(see('transaction.active')).toBe(false)
    status('Charging')
    meter([power(3000), energy(100)], { transactionId: 4711 })
    expect([see('transaction.active'), see('transaction.id'), see('power')]).toEqual([true, 4711, 3])
    clock.advance(60_000)
    expect(stop(4711, { meterStop: 600 })).toEqual({})
    expect([see('transaction.active'), see('power'), see('transaction.energy')]).toEqual([false, 0, 0.5])
    meter([power(3000)], { transactionId: 4711 })
    expect(see('transaction.active')).toBe(false)
    expect(own.closed).toBeUndefined()
  })

  it('quirk 28: closing values after the stop count for the register and revive nothing', async () => {
    const { see, meter, start, stop, status, at } = await quirkSite()
    const id = start()
    status('Charging')
    meter([power(7000), energy(1800)], { transactionId: id })
    stop(id, { meterStop: 2000 })
    for (const more of [{ transactionId: id }, {}]) {
      meter([power(7000, { context: 'Transaction.End' }), energy(2000, { context: 'Transaction.End' })], more)
      status('Finishing')
      expect([see('transaction.active'), see('power'), see('energy')]).toEqual([false, 0, 2])
    }
    status('Available', 1, { timestamp: at(2) })
    meter([power(7000)], { transactionId: id })
    expect([see('transaction.active'), see('power')]).toEqual([false, 0])
  })

  it('quirk 28: samples out of order, clock-aligned ones among periodic ones, leave the newest in place', async () => {
    const { own, see, start, at } = await quirkSite()
    const transactionId = start({ timestamp: at(-60) })
    const say = (seconds: number, watts: number, wh: number, context = 'Sample.Periodic') =>
      own.call('MeterValues', {
        connectorId: 1,
        transactionId,
        meterValue: [{ timestamp: at(seconds), sampledValue: [power(watts, { context }), energy(wh, { context })] }],
      })
    say(0, 7000, 5000)
    say(-30, 3000, 4000)
    expect([see('power'), see('energy')]).toEqual([7, 5])
    say(-1, 7100, 4999, 'Sample.Clock')
    say(2, 7200, 5100)
    say(1, 7150, 5050, 'Sample.Clock')
    expect(see('energy')).toBe(5.1)
    expect(see('transaction.id')).toBe(transactionId)
  })

  it('quirk 28: of several moments in one message the latest counts, in whatever order they come', async () => {
    const { own, see, start, at } = await quirkSite()
    start()
    const meterValue = [30, 10, 20].map((seconds) => ({
      timestamp: at(seconds),
      sampledValue: [power(seconds * 100), energy(2000 + seconds)],
    }))
    own.call('MeterValues', { connectorId: 1, meterValue })
    expect([see('power'), see('energy')]).toEqual([3, 2.03])
  })

  it('quirk 29: power and currents are 0 without a session, although no value says so', async () => {
    const { see, meter, start, stop, status } = await quirkSite()
    status('Available')
    expect([see('power'), see('current.L1')]).toEqual([0, 0])
    const flowing = [power(7000), { value: '10', measurand: 'Current.Import', phase: 'L1' }]
    const id = start()
    for (const suspended of ['SuspendedEV', 'SuspendedEVSE']) {
      meter(flowing)
      expect([see('power'), see('current.L1')]).toEqual([7, 10])
      status(suspended)
      expect([see('power'), see('current.L1')]).toEqual([0, 0])
    }
    meter(flowing)
    stop(id)
    expect([see('power'), see('current.L1')]).toEqual([0, 0])
    // A value that was on its way is no news of a connector that is free.
    status('Available')
    meter(flowing)
    expect([see('power'), see('current.L1')]).toEqual([0, 0])
    // What doesn't flow is told all the same.
    meter([...flowing, { value: '230', measurand: 'Voltage', phase: 'L1' }, { value: '31', measurand: 'Temperature' }])
    expect([see('power'), see('meter.Voltage.L1'), see('meter.Temperature')]).toEqual([0, 230, 31])
  })

  it('quirk 29: power that flowed before a reconnect or a restart of the bridge is not shown when the session is over', async () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const first = await quirkSite({ clock, store })
    const transactionId = first.start()
    first.status('Charging')
    first.meter([power(7000)], { transactionId })
    clock.advance(1000)
    const kept = store.snapshot('CP-1') ?? ''
    const second = await quirkSite({ clock, store, boots: false })
    expect(second.see('power')).toBe(7)
    second.stop(transactionId)
    expect(second.see('power')).toBe(0)
    // The process died before it kept the last values: the record of the session knows better.
    store.saveSnapshotLater('CP-1', () => kept)
    clock.advance(1000)
    const third = await quirkSite({ clock, store, boots: false })
    expect([third.see('power'), third.see('transaction.active')]).toEqual([0, false])
    // And where the charger comes back free, nothing flows whatever was kept.
    third.status('Available')
    expect(third.see('power')).toBe(0)
  })

  it('quirk 30: what connector 0 says, at the same time or not, is not said of connector 1', async () => {
    const { see, status, at } = await quirkSite()
    const timestamp = at()
    status('Charging', 1, { timestamp })
    status('Available', 0, { timestamp })
    expect([see('status'), see('status', 0)]).toEqual(['Charging', 'Available'])
  })

  it('quirk 30: the same time twice and no time are news; a status from hours ago is none, and ends no session', async () => {
    const { see, status, start, at } = await quirkSite()
    const timestamp = at()
    status('Preparing', 1, { timestamp })
    const id = start()
    status('Charging', 1, { timestamp })
    expect(see('status')).toBe('Charging')
    status('SuspendedEV')
    expect(see('status')).toBe('SuspendedEV')
    status('Available', 1, { timestamp: at(-7200) })
    expect([see('status'), see('transaction.id')]).toEqual(['SuspendedEV', id])
  })

  it('quirk 30: Available while the cable is in: the session goes on as soon as the car is seen to draw power', async () => {
    const { see, status, start, meter, clock } = await quirkSite()
    const id = start()
    clock.advance(60_000)
    meter([power(7000), energy(1500)], { transactionId: id })
    status('Available')
    expect([see('transaction.active'), see('power')]).toEqual([false, 0])
    clock.advance(60_000)
    meter([power(7000), energy(1700)], { transactionId: id })
    expect([see('transaction.id'), see('transaction.energy'), see('power')]).toEqual([id, 0.7, 7])
  })
})

describe('signed values', () => {
  const OCMF = 'OCMF|{"FV":"1.0","RD":[{"RV":1.0}]}|{"SD":"3045"}'

  it('are kept as sent with the session, the newest of each context last, and are no numbers', async () => {
    const { see, meter, start, stop, store } = await quirkSite()
    const id = start()
    const signed = (text: string, context: string, more: object = { format: 'SignedData' }) =>
      energy(text, { context, ...more })
    meter([signed(`${OCMF}begin`, 'Transaction.Begin'), power(7000)], { transactionId: id })
    expect(store.transaction(id)?.signed).toEqual([
      { text: `${OCMF}begin`, context: 'Transaction.Begin', measurand: 'Energy.Active.Import.Register' },
    ])
    for (let n = 0; n < 100; n += 1) meter([signed(`${OCMF}${n}`, 'Sample.Periodic', {})], { transactionId: id })
    expect([see('power'), see('energy')]).toEqual([7, 1])
    stop(id, { transactionData: [{ sampledValue: [signed(`${OCMF}end`, 'Transaction.End'), energy(1900)] }] })
    expect(store.transaction(id)?.signed?.map(({ text }) => text)).toEqual([`${OCMF}begin`, `${OCMF}99`, `${OCMF}end`])
  })
})
