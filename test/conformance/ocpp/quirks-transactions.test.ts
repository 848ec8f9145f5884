import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { energy, power, quirkSite } from './quirk-site.ts'

const START = { connectorId: 1, idTag: 'Tag', meterStart: 1000, timestamp: '2026-01-01T00:00:01Z' }

describe('transactions', () => {
  it('quirk 31: a start that is repeated or doubled gets its first id, also with the tag in other letters', async () => {
    const { own, see, gateway } = await quirkSite()
    const first = own.call('StartTransaction', START)
    expect(own.call('StartTransaction', START)).toEqual(first)
    for (const idTag of ['tag', 'TAG', 'Tag'])
      expect(own.call('StartTransaction', { ...START, idTag })).toMatchObject({ transactionId: first.transactionId })
    expect(see('transaction.id')).toBe(first.transactionId)
    expect(gateway.fleet.arrive('CP-1')?.state.connectors[1]?.transaction?.idTag).toBe('Tag')
  })

  it('quirk 31: a start is recognised by a bridge that was started anew, and after its stop', async () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const first = await quirkSite({ clock, store })
    const { transactionId } = first.own.call('StartTransaction', START)
    const second = await quirkSite({ clock, store })
    expect(second.own.call('StartTransaction', { ...START, idTag: 'TAG' }).transactionId).toBe(transactionId)
    second.stop(transactionId)
    expect(second.own.call('StartTransaction', START).transactionId).toBe(transactionId)
    expect(second.see('transaction.active')).toBe(false)
    expect(store.transaction(transactionId as number)?.stoppedAt).toBeDefined()
  })

  it('quirk 31: another meter, tag, time or connector is another transaction; so is the next of a clock that stands still', async () => {
    const { own, stop } = await quirkSite()
    const ids = new Set<unknown>()
    for (const change of [
      {},
      { meterStart: 1001 },
      { idTag: 'Other' },
      { timestamp: '2026-01-01T00:00:02Z' },
      { connectorId: 2 },
    ])
      ids.add(own.call('StartTransaction', { ...START, ...change }).transactionId)
    const still = { ...START, timestamp: '1970-01-01T00:00:00Z', meterStart: 0 }
    for (let n = 0; n < 2; n += 1) {
      const { transactionId } = own.call('StartTransaction', still)
      expect(own.call('StartTransaction', still).transactionId).toBe(transactionId)
      ids.add(transactionId)
      stop(transactionId)
    }
    expect(ids.size).toBe(7)
  })

  it('quirk 31: a start of a tag that may not charge has an id all the same', async () => {
    const { own } = await quirkSite({ ocpp: 'authorize: { mode: allExcept, deny: [tag] }' })
    expect(own.call('StartTransaction', START)).toEqual({
      transactionId: expect.any(Number),
      idTagInfo: { status: 'Blocked' },
    })
  })

  it('quirk 32: a session of hours ago, told at once, disturbs nothing of the one that runs', async () => {
    const ocpp = 'authorize: { mode: noneExcept, allow: [NOW] }'
    const { own, see, meter, start, at, store, clock } = await quirkSite({ ocpp })
    const running = start({ meterStart: 60_000, idTag: 'NOW' })
    meter([power(7000), energy(61_000)], { transactionId: running })
    const before = ['transaction.id', 'transaction.energy', 'power', 'energy'].map((name) => see(name))
    const told = own.call('StartTransaction', {
      connectorId: 1,
      idTag: 'THEN',
      meterStart: 50_000,
      timestamp: at(-3 * 3600),
    })
    // Who has charged can't be turned away any more.
    expect(told).toMatchObject({ idTagInfo: { status: 'Accepted' } })
    const transactionId = told.transactionId as number
    own.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: at(-2.5 * 3600), sampledValue: [power(11_000), energy(55_000)] }],
    })
    expect(['transaction.id', 'transaction.energy', 'power', 'energy'].map((name) => see(name))).toEqual(before)
    own.call('StopTransaction', { transactionId, meterStop: 58_000, timestamp: at(-2 * 3600) })
    expect(['transaction.id', 'transaction.energy', 'power', 'energy'].map((name) => see(name))).toEqual(before)
    expect(store.transaction(transactionId)).toMatchObject({
      startedAt: clock.now() - 3 * 3_600_000,
      stoppedAt: clock.now() - 2 * 3_600_000,
      meterStartWh: 50_000,
      meterStopWh: 58_000,
      estimated: false,
    })
  })

  it('quirk 32: a session of hours ago is counted by a register that shows each session alone', async () => {
    const { own, see, start, stop, at, meter, clock } = await quirkSite()
    for (const tag of ['A', 'B']) {
      const id = start({ idTag: tag, meterStart: 0 })
      clock.advance(600_000)
      stop(id, { meterStop: 1000 })
    }
    const running = start({ idTag: 'C', meterStart: 0 })
    const { transactionId } = own.call('StartTransaction', { ...START, meterStart: 0, timestamp: at(-7200) })
    own.call('StopTransaction', { transactionId, meterStop: 5000, timestamp: at(-3600) })
    expect(see('energy')).toBe(7)
    clock.advance(60_000)
    meter([energy(100)], { transactionId: running })
    expect([see('energy'), see('transaction.energy')]).toEqual([7.1, 0.1])
  })

  it.each([-1, 0, undefined])(
    'quirk 32: a stop with transaction %j, from before the start was answered, ends the session of its tag',
    async (transactionId) => {
      const { see, start, stop, store } = await quirkSite()
      const other = start({ idTag: 'A', connectorId: 2 })
      const id = start({ idTag: 'B' })
      expect(stop(transactionId, { idTag: 'b', meterStop: 1700 })).toEqual({ idTagInfo: { status: 'Accepted' } })
      expect([see('transaction.id'), see('transaction.id', 2)]).toEqual([0, other])
      expect(store.transaction(id)).toMatchObject({ meterStopWh: 1700, estimated: false })
    },
  )

  it('quirk 33: a stop of an unknown transaction is accepted, kept once, and ends nothing', async () => {
    const { see, start, stop, store } = await quirkSite()
    const kept: string[] = []
    const { saveOrphanStop } = store
    store.saveOrphanStop = (charger, at, text) => {
      kept.push(text)
      saveOrphanStop.call(store, charger, at, text)
    }
    const id = start()
    for (let n = 0; n < 2; n += 1)
      expect(stop(999_999, { idTag: 'X', timestamp: '2026-01-01T00:00:09Z' })).toEqual({
        idTagInfo: { status: 'Accepted' },
      })
    expect(see('transaction.id')).toBe(id)
    expect(new Set(kept).size).toBe(1)
    expect(kept[0]).toContain('999999')
  })

  it('quirk 34: a stop that never comes is made up for when the connector is free, from the last meter values', async () => {
    const { see, start, meter, status, store, clock } = await quirkSite()
    const id = start({ meterStart: 1000 })
    clock.advance(60_000)
    meter([energy(1750), power(7000)], { transactionId: id })
    status('Available')
    expect([see('transaction.active'), see('power'), see('transaction.energy')]).toEqual([false, 0, 0.75])
    expect(store.transaction(id)).toMatchObject({ meterStopWh: 1750, estimated: true, stoppedAt: clock.now() })
  })

  it('quirk 34: the next start closes the one before it; a stop that comes in the end has the last word', async () => {
    const { see, start, meter, stop, store, clock } = await quirkSite()
    const first = start({ meterStart: 1000 })
    clock.advance(60_000)
    meter([energy(1750)], { transactionId: first })
    clock.advance(60_000)
    const second = start({ meterStart: 2000 })
    expect(see('transaction.id')).toBe(second)
    expect(store.transaction(first)).toMatchObject({ meterStopWh: 1750, estimated: true })
    stop(first, { meterStop: 1900, reason: 'PowerLoss' })
    expect(store.transaction(first)).toMatchObject({ meterStopWh: 1900, estimated: false, stopReason: 'PowerLoss' })
    stop(first, { meterStop: 9000 })
    expect(store.transaction(first)?.meterStopWh).toBe(1900)
    expect([see('transaction.id'), see('transaction.energy')]).toEqual([second, 0])
  })

  it('quirk 34: a boot puts the session in doubt, and it is over when no sign of it comes', async () => {
    const { own, see, start, meter, status, store, clock } = await quirkSite()
    const id = start({ meterStart: 1000 })
    clock.advance(60_000)
    meter([energy(1200)], { transactionId: id })
    own.boot()
    own.answer('')
    clock.advance(121_000)
    expect(see('transaction.active')).toBe(false)
    expect(store.transaction(id)).toMatchObject({ meterStopWh: 1200, estimated: true })
    const next = start({ meterStart: 1300 })
    own.boot()
    status('Preparing')
    expect(see('transaction.active')).toBe(false)
    expect(store.transaction(next)?.stoppedAt).toBeDefined()
  })

  it('quirk 34: a session that goes on under its old id after power failed is taken up again, from its own start', async () => {
    const { own, see, start, meter, stop, store, clock } = await quirkSite()
    const id = start({ meterStart: 1000 })
    clock.advance(60_000)
    meter([energy(1200)], { transactionId: id })
    own.boot()
    own.answer('')
    clock.advance(60_000)
    meter([energy(1300)], { transactionId: id })
    clock.advance(300_000)
    expect([see('transaction.id'), see('transaction.energy')]).toEqual([id, 0.3])
    own.boot()
    own.answer('')
    clock.advance(300_000)
    expect(see('transaction.active')).toBe(false)
    meter([energy(1500), power(5000)], { transactionId: id })
    expect([see('transaction.id'), see('transaction.energy'), see('power')]).toEqual([id, 0.5, 5])
    expect(store.transaction(id)).toMatchObject({ stoppedAt: undefined, estimated: false })
    stop(id, { meterStop: 1600 })
    expect(see('transaction.energy')).toBe(0.6)
  })

  it('quirk 34: a charger that only tells again who it is keeps its session', async () => {
    const { own, see, start, status, clock } = await quirkSite()
    const id = start()
    own.boot()
    own.answer('')
    status('Charging')
    clock.advance(600_000)
    expect(see('transaction.id')).toBe(id)
  })

  it.each([{ meterStop: undefined }, { meterStop: 'null' }, { meterStop: 40 }])(
    'quirk 34: a stop with %j is estimated from the meter values, and says so',
    async (more) => {
      const { start, meter, stop, store, clock } = await quirkSite()
      const id = start({ meterStart: 1000 })
      clock.advance(60_000)
      meter([energy(1800)], { transactionId: id })
      stop(id, more)
      expect(store.transaction(id)).toMatchObject({ meterStopWh: 1800, estimated: true })
    },
  )

  it('quirk 35: ids are unique among chargers and restarts, and exact in any register', async () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const ids = new Set<number>()
    for (let n = 0; n < 4; n += 1) {
      for (const id of ['CP-1', 'CP-2']) {
        const { start } = await quirkSite({ clock, store, id })
        clock.advance(1000)
        ids.add(start())
      }
    }
    expect(ids.size).toBe(8)
    for (const id of ids) expect(id > 0 && id < 2 ** 24).toBe(true)
  })

  it('quirk 36: a remote start that was accepted and comes to nothing shows no session', async () => {
    const { own, see, write, clock, status } = await quirkSite()
    status('Available')
    write('start', 1)
    expect(own.answer('RemoteStartTransaction')).toHaveLength(1)
    status('Preparing')
    status('Available')
    clock.advance(120_000)
    expect([see('transaction.active'), see('start.result'), see('start')]).toEqual([false, 'Accepted', 'Idle'])
  })
})
