import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../src/core/charger/event.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { core, FakeLink } from '../../support/core.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const start = { connector: 1, idTag: 'TAG', meterStartWh: 1000, timestampText: '2026-01-01T00:00:00Z' }

function register(value: number): Sample {
  return { measurand: 'Energy.Active.Import.Register', value }
}

describe('a charger', () => {
  it('is online while its socket is open, and keeps its last values when it goes', () => {
    const { bring, point, fleet, charger } = core()
    const power = point('power', 1)
    expect(power).toMatchObject({ value: undefined, quality: 'never' })
    const link = bring()
    expect(point('online', 0).value).toBe(true)
    const samples = [{ measurand: 'Power.Active.Import', value: 7000 }]
    fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples } })
    fleet.disconnected(charger, link)
    expect(point('online', 0).value).toBe(false)
    expect(power).toMatchObject({ value: 7000, quality: 'offline' })
  })

  it('whose older socket ends after the newer came stays online, and the older was closed', () => {
    const { bring, fleet, charger } = core()
    const old = bring()
    const newer = new FakeLink()
    fleet.connected(charger, newer)
    expect(old.closed).toContain('newer')
    fleet.disconnected(charger, old)
    expect(charger.online).toBe(true)
    expect(charger.link).toBe(newer)
  })

  it('that falls silent is a fault even when its socket stays open', () => {
    const { bring, charger, clock } = core()
    bring()
    clock.advance(899_000)
    expect(charger.online).toBe(true)
    clock.advance(3_000)
    expect(charger.online).toBe(false)
  })

  it('stays online without a socket until it is silent too long, where the config says so', () => {
    const { bring, charger, clock, fleet } = core({ settings: { connectionLostFault: false, silenceTimeout: 60_000 } })
    const link = bring()
    fleet.disconnected(charger, link)
    expect(charger.online).toBe(true)
    clock.advance(62_000)
    expect(charger.online).toBe(false)
  })

  it('shows its last values as offline after the bridge was restarted, until it is back', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock, { random: () => 0.5 })
    const first = core({ clock, store })
    first.bring()
    first.fleet.event(first.charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
    first.fleet.event(first.charger, {
      kind: 'metered',
      connector: 1,
      reading: { stream: 'periodic', samples: [register(5000)] },
    })
    clock.advance(100)
    const second = core({ clock, store })
    expect(second.point('energy', 1)).toMatchObject({ value: 5000, quality: 'offline' })
    expect(second.point('status', 1)).toMatchObject({ value: 2, quality: 'offline' })
    second.bring()
    expect(second.point('status', 1)).toMatchObject({ value: 2, quality: 'good' })
  })

  it('that speaks of a third connector gets one, and keeps it', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const first = core({ clock, store, charger: { connectors: undefined } })
    first.bring()
    expect(first.charger.connectorCount).toBe(1)
    first.fleet.event(first.charger, { kind: 'status', connector: 3, status: 'Available', errorCode: 'NoError' })
    expect(first.grown).toHaveLength(1)
    expect(core({ clock, store, charger: { connectors: undefined } }).charger.connectorCount).toBe(3)
  })

  it('with a connector number that no charger has is not believed', () => {
    const { bring, charger, fleet } = core({ charger: { connectors: undefined } })
    bring()
    fleet.event(charger, { kind: 'status', connector: 2_000_000, status: 'Available', errorCode: 'NoError' })
    expect(charger.connectorCount).toBe(1)
  })

  it('counts among the totals of the bridge', () => {
    const { bring, charger, fleet, totals } = core()
    const link = bring()
    fleet.event(charger, { kind: 'status', connector: 1, status: 'Charging', errorCode: 'NoError' })
    const samples = [{ measurand: 'Power.Active.Import', value: 7000.5 }]
    fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples } })
    expect(totals).toMatchObject({ configured: 1, online: 1, charging: 1, faulted: 0, powerW: 7000.5 })
    fleet.disconnected(charger, link)
    expect(totals).toMatchObject({ online: 0, charging: 0, powerW: 0 })
  })
})

describe('a lying charger', () => {
  it('spoils neither its own counter nor the totals with absurd values', () => {
    const { bring, charger, fleet, totals, point } = core()
    bring()
    const lie = (value: number) => [{ measurand: 'Power.Active.Import', value }, register(value)]
    for (const value of [1e308, -1e308, Number.NaN, Number.POSITIVE_INFINITY]) {
      fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples: lie(value) } })
      fleet.startTransaction(charger, { ...start, meterStartWh: value, timestampText: String(value) })
    }
    const samples = [{ measurand: 'Power.Active.Import', value: 7000 }, register(500)]
    fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples } })
    expect(totals.powerW).toBe(7000)
    expect(point('energy', 1).value).toBe(500)
  })
})

describe('energy', () => {
  it('never falls: a register that restarts adds what it counted since', () => {
    const { bring, point, fleet, charger, clock } = core()
    bring()
    for (const raw of [100_000, 101_000, 500, 700, 0, 300]) {
      clock.advance(1000)
      fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples: [register(raw)] } })
    }
    expect(point('energy', 1).value).toBe(101_000 + 700 + 300)
  })

  it('passes over readings older than the last', () => {
    const { bring, point, fleet, charger } = core()
    bring()
    const at = (chargerTime: number, raw: number) =>
      fleet.event(charger, {
        kind: 'metered',
        connector: 1,
        reading: { chargerTime, stream: 'periodic', samples: [register(raw)] },
      })
    at(2000, 5000)
    at(1000, 4000)
    at(3000, 5100)
    expect(point('energy', 1).value).toBe(5100)
  })

  it('of one stream is not mixed with that of another', () => {
    const { bring, point, fleet, charger, clock } = core()
    bring()
    fleet.startTransaction(charger, { ...start, meterStartWh: 3_000_000 })
    for (const raw of [0, 500, 900]) {
      clock.advance(1000)
      fleet.event(charger, { kind: 'metered', connector: 1, reading: { stream: 'periodic', samples: [register(raw)] } })
    }
    fleet.stopTransaction(charger, {
      transactionId: charger.state.connectors[1]?.transaction?.id,
      meterStopWh: 3_000_900,
    })
    expect(point('energy', 1).value).toBe(3_000_900)
  })
})

describe('a transaction', () => {
  it('that is announced again gets its first id, and a stop that comes twice changes nothing', () => {
    const { bring, fleet, charger, store } = core()
    bring()
    const first = fleet.startTransaction(charger, start)
    expect(fleet.startTransaction(charger, start)).toEqual({ ...first, repeated: true })
    fleet.stopTransaction(charger, { transactionId: first.transactionId, meterStopWh: 2000, reason: 'EVDisconnected' })
    fleet.stopTransaction(charger, { transactionId: first.transactionId, meterStopWh: 9999, reason: 'PowerLoss' })
    expect(store.transaction(first.transactionId)).toMatchObject({ meterStopWh: 2000, stopReason: 'EVDisconnected' })
  })

  it('whose stop never came is closed when the connector is free, and its late stop is still taken', () => {
    const { bring, fleet, charger, store, point } = core()
    bring()
    const { transactionId } = fleet.startTransaction(charger, start)
    expect(point('transaction.active', 1).value).toBe(true)
    fleet.event(charger, { kind: 'status', connector: 1, status: 'Available', errorCode: 'NoError' })
    expect(point('transaction.active', 1).value).toBe(false)
    expect(store.transaction(transactionId)?.stopReason).toContain('no stop')
    fleet.stopTransaction(charger, { transactionId, meterStopWh: 2000, reason: 'Remote' })
    expect(store.transaction(transactionId)).toMatchObject({ meterStopWh: 2000, stopReason: 'Remote' })
  })

  it('runs on after the bridge was restarted, with the energy counted from its start', () => {
    const clock = new FakeClock()
    const store = openSqlite(':memory:', clock)
    const first = core({ clock, store })
    first.bring()
    const { transactionId } = first.fleet.startTransaction(first.charger, start)
    clock.advance(60_000)
    const second = core({ clock, store })
    second.bring()
    expect(second.point('transaction.id', 1).value).toBe(transactionId)
    const reading = { stream: 'periodic', samples: [register(3500)] } as const
    second.fleet.event(second.charger, { kind: 'metered', connector: 1, reading, transactionId })
    expect(second.point('transaction.duration', 1).value).toBe(60)
  })

  it('stopped with an id that the charger never learnt is the only open one', () => {
    const { bring, fleet, charger, store } = core()
    bring()
    const { transactionId } = fleet.startTransaction(charger, start)
    fleet.stopTransaction(charger, { transactionId: undefined, meterStopWh: 1500 })
    expect(store.transaction(transactionId)?.meterStopWh).toBe(1500)
  })

  it("of another charger can't be stopped by this one", () => {
    const { bring, fleet, charger, store } = core()
    bring()
    const other = fleet.add({ ...charger.settings, id: 'CP-2' })
    const { transactionId } = fleet.startTransaction(other, start)
    fleet.stopTransaction(charger, { transactionId, meterStopWh: 1500 })
    expect(store.transaction(transactionId)?.stoppedAt).toBeUndefined()
  })

  it('shows the building no tag but its hash', () => {
    const { bring, fleet, charger, point } = core()
    bring()
    fleet.startTransaction(charger, start)
    expect(point('transaction.idTag', 1).value).toBe('#TAG')
  })
})
