import { describe, expect, it } from 'vitest'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { core, writer } from '../../support/core.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('a limit', () => {
  it('that nobody wrote sends nothing, ever', () => {
    const { bring, clock } = core()
    const link = bring()
    clock.advance(3_600_000)
    expect(link.sent).toEqual([])
  })

  it('written by the building goes to the charger and comes back as applied', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    const applied = point('limit.applied', 1)
    expect(applied).toMatchObject({ value: 32, quality: 'unknown' })
    expect(downlink.write(point('limit', 1), 16, writer, 8)).toBeUndefined()
    expect(link.sent).toMatchObject([{ kind: 'set-limit', connector: 1, limit: { amps: 16, watts: 3680 } }])
    expect(point('smartCharging.sendStatus', 1).value).toBe(1)
    expect(applied.quality).toBe('unknown')
    answerAll(link)
    expect(applied).toMatchObject({ value: 16, quality: 'good' })
    expect(point('smartCharging.sendStatus', 1).value).toBe(2)
    expect(point('limit.reason', 1).states?.[Number(point('limit.reason', 1).value)]).toBe('BACnet')
  })

  it('written again with the same value causes no traffic', () => {
    const { bring, downlink, point, answerAll, clock } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer, 8)
    answerAll(link)
    for (let n = 0; n < 50; n += 1) downlink.write(point('limit', 1), 16, writer, 8)
    clock.advance(600_000)
    expect(link.sent).toEqual([])
  })

  it('yields to the lowest priority number, and NULL gives the slot back', () => {
    const { bring, downlink, point, answerAll, clock } = core()
    const link = bring()
    downlink.write(point('limit', 1), 20, writer, 16)
    answerAll(link)
    clock.advance(5_000)
    downlink.write(point('limit', 1), 10, writer, 8)
    expect(answerAll(link)).toMatchObject([{ limit: { amps: 10 } }])
    expect(point('limit', 1).value).toBe(10)
    downlink.write(point('limit', 1), null, writer, 8)
    expect(point('limit', 1).value).toBe(20)
    clock.advance(31_000)
    expect(answerAll(link)).toMatchObject([{ limit: { amps: 20 } }])
    downlink.write(point('limit', 1), null, writer, 16)
    clock.advance(31_000)
    expect(answerAll(link)).toMatchObject([{ kind: 'clear-limit', connector: 1 }])
    expect(point('limit.applied', 1)).toMatchObject({ value: 32, quality: 'good' })
  })

  it('refuses slot 6, values that are no numbers, and more than the rating', () => {
    const { downlink, point } = core()
    const limit = point('limit', 1)
    expect(downlink.write(limit, 10, writer, 6)).toBe('reserved-slot')
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1, 33])
      expect(downlink.write(limit, bad, writer)).toBe('out-of-range')
    expect(downlink.write(limit, true, writer)).toBe('wrong-type')
    expect(downlink.slots(limit)?.every((slot) => slot === null)).toBe(true)
  })

  it('increases at once the first time, then only the newest value after the interval', () => {
    const { bring, downlink, point, answerAll, clock } = core()
    const link = bring()
    const limit = point('limit', 1)
    downlink.write(limit, 10, writer)
    answerAll(link)
    clock.advance(10_000)
    downlink.write(limit, 12, writer)
    expect(answerAll(link)).toMatchObject([{ limit: { amps: 12 } }])
    clock.advance(5_000)
    downlink.write(limit, 14, writer)
    downlink.write(limit, 20, writer)
    downlink.write(limit, 18, writer)
    clock.advance(24_000)
    expect(link.sent).toEqual([])
    clock.advance(2_000)
    expect(answerAll(link)).toMatchObject([{ limit: { amps: 18 } }])
  })

  it('decreases at once, at most one in 5 s, and 0 never waits', () => {
    const { bring, downlink, point, answerAll, clock } = core()
    const link = bring()
    const limit = point('limit', 1)
    downlink.write(limit, 30, writer)
    expect(answerAll(link)).toHaveLength(1)
    downlink.write(limit, 20, writer)
    expect(link.sent).toEqual([])
    clock.advance(1_000)
    downlink.write(limit, 0, writer)
    expect(answerAll(link)).toMatchObject([{ limit: { amps: 0 } }])
  })

  it('below the minimum pauses', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    downlink.write(point('limit', 1), 5.9, writer)
    expect(answerAll(link)).toMatchObject([{ limit: { amps: 0, watts: 0 } }])
    expect(point('limit.applied', 1).value).toBe(0)
  })

  it('is held while the charger is away and sent before anything else on its return', () => {
    const { bring, downlink, point, answerAll } = core()
    expect(downlink.write(point('limit', 2), 13, writer)).toBeUndefined()
    downlink.write(point('availability', 1), false, writer)
    expect(point('smartCharging.sendStatus', 2).value).toBe(1)
    expect(point('availability.result', 1).value).toBe(1)
    expect(point('limit.applied', 2)).toMatchObject({ value: 32, quality: 'unknown' })
    const link = bring()
    expect(link.sent.map((command) => command.kind)).toEqual(['set-limit', 'set-availability'])
    answerAll(link)
    expect(point('limit.applied', 2)).toMatchObject({ value: 13, quality: 'good' })
  })

  it('is sent again after a reboot, a reconnection and the start of a transaction', () => {
    const { bring, downlink, point, answerAll, fleet, charger } = core()
    let link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link)
    const start = { connector: 1, idTag: 'A', meterStartWh: 0, timestampText: '2026-01-01T00:00:00Z' }
    const { transactionId } = fleet.startTransaction(charger, start)
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', connector: 1, limit: { amps: 16 }, transactionId }])
    fleet.event(charger, { kind: 'booted', identity: {} })
    expect(point('limit.applied', 1).value).toBe(16)
    fleet.event(charger, { kind: 'ready' })
    expect(point('limit.applied', 1)).toMatchObject({ value: 32, quality: 'unknown' })
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', limit: { amps: 16 } }])
    fleet.disconnected(charger, link)
    expect(point('limit.applied', 1).quality).toBe('offline')
    link = bring()
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', limit: { amps: 16 } }])
  })

  it.each(['refused', 'still on its way'])(
    'that is %s when its transaction turns out to be over is sent without it',
    (state) => {
      const { bring, downlink, point, answerAll, fleet, charger, clock } = core()
      const link = bring()
      downlink.write(point('limit', 1), 16, writer)
      answerAll(link)
      const start = { connector: 1, idTag: 'A', meterStartWh: 0, timestampText: '2026-01-01T00:00:00Z' }
      fleet.startTransaction(charger, start)
      answerAll(link)
      // It lost its supply, and the transaction with it.
      fleet.event(charger, { kind: 'booted', identity: {} })
      fleet.event(charger, { kind: 'ready' })
      const free = () =>
        fleet.event(charger, { kind: 'status', connector: 1, status: 'Available', errorCode: 'NoError' })
      if (state === 'still on its way') free()
      answerAll(link, 'rejected')
      if (state === 'refused') free()
      clock.advance(1000)
      const [again] = answerAll(link)
      expect(again).toMatchObject({ kind: 'set-limit', connector: 1, limit: { amps: 16 } })
      expect(again).not.toHaveProperty('transactionId')
      expect(point('limit.applied', 1)).toMatchObject({ value: 16, quality: 'good' })
    },
  )

  it('that is refused is not claimed to be in force, and is tried again', () => {
    const { bring, downlink, point, answerAll, clock } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link, 'rejected')
    expect(point('limit.applied', 1)).toMatchObject({ value: 32, quality: 'unknown' })
    expect(point('smartCharging.sendStatus', 1).value).toBe(3)
    clock.advance(31_000)
    expect(answerAll(link)).toMatchObject([{ limit: { amps: 16 } }])
    expect(point('limit.applied', 1).value).toBe(16)
  })

  it('of a charge point that refuses one is divided among its connectors', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    downlink.write(point('limit', 0), 40, writer)
    expect(answerAll(link, 'rejected')).toMatchObject([{ kind: 'set-limit', connector: 0, limit: { amps: 40 } }])
    expect(link.sent).toMatchObject([
      { kind: 'set-limit', connector: 1, limit: { amps: 20 } },
      { kind: 'set-limit', connector: 2, limit: { amps: 20 } },
    ])
    answerAll(link)
    expect(point('limit.applied', 0)).toMatchObject({ value: 40, quality: 'good' })
    expect(point('limit.reason', 1).states?.[Number(point('limit.reason', 1).value)]).toBe('Charger limit')
  })

  it('in watts becomes amperes over all wired phases, rounded down', () => {
    const { bring, downlink, point, answerAll } = core({ limitUnit: 'kW' })
    const link = bring()
    expect(downlink.write(point('limit', 1), 11, writer)).toBeUndefined()
    expect(answerAll(link)).toMatchObject([{ limit: { watts: 11_000, amps: 15 } }])
    expect(point('limit', 1).value).toBe(11)
    expect(downlink.write(point('limit', 1), 22.1, writer)).toBe('out-of-range')
  })

  it('is told in watts to a charger that takes nothing else: for one phase until more have carried current', () => {
    const { bring, downlink, point, answerAll, fleet, charger, clock } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link, 'rejected')
    fleet.event(charger, { kind: 'configuration', keys: [], unknown: [], limitUnit: 'W' })
    expect(answerAll(link)).toMatchObject([{ limit: { watts: 3680 } }])
    fleet.startTransaction(charger, { connector: 1, idTag: 'A', meterStartWh: 0, timestampText: 't' })
    expect(answerAll(link)).toMatchObject([{ limit: { watts: 3680 } }])
    const samples = ['L1', 'L2', 'L3'].map((phase) => ({ measurand: 'Current.Import', phase, value: 5 }))
    fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples } })
    expect(answerAll(link)).toMatchObject([{ limit: { watts: 11_040 } }])
    clock.advance(60_000)
    expect(link.sent).toEqual([])
  })

  it('survives the death of the bridge, and so does the knowledge that a release has to clear it', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock, { random: () => 0.5 })
    const first = core({ clock, store })
    const link = first.bring()
    first.downlink.write(first.point('limit', 1), 16, writer, 9)
    first.answerAll(link)
    const second = core({ clock, store })
    expect(second.point('limit', 1).value).toBe(16)
    expect(second.downlink.slots(second.point('limit', 1))?.[8]).toBe(16)
    const again = second.bring()
    expect(second.answerAll(again)).toMatchObject([{ kind: 'set-limit', limit: { amps: 16 } }])
    const third = core({ clock, store })
    third.downlink.write(third.point('limit', 1), null, writer, 9)
    expect(third.answerAll(third.bring())).toMatchObject([{ kind: 'clear-limit', connector: 1 }])
    const fourth = core({ clock, store })
    expect(fourth.bring().sent).toEqual([])
  })

  it('that is to be written in another way is cleared as it was and told anew', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link)
    expect(downlink.write(point('smartCharging.stackLevel', 1), 3, writer)).toBeUndefined()
    expect(answerAll(link)).toMatchObject([
      { kind: 'set-limit', limit: { amps: 16 }, overrides: { stackLevel: 3 }, replaces: ['own'] },
    ])
    expect(point('limit.applied', 1)).toMatchObject({ value: 16, quality: 'good' })
    downlink.write(point('smartCharging.stackLevel', 1), 3, writer)
    expect(link.sent).toEqual([])
  })

  it('that is disabled is cleared, and says so', () => {
    const { bring, downlink, point, answerAll } = core()
    const link = bring()
    downlink.write(point('limit', 1), 16, writer)
    answerAll(link)
    downlink.write(point('smartCharging.enable', 1), false, writer)
    expect(answerAll(link)).toMatchObject([{ kind: 'clear-limit' }])
    expect(point('limit.reason', 1).states?.[Number(point('limit.reason', 1).value)]).toBe('Disabled')
    downlink.write(point('smartCharging.enable', 1), true, writer)
    expect(answerAll(link)).toMatchObject([{ kind: 'set-limit', limit: { amps: 16 } }])
  })
})
