import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../../src/lib/log.ts'
import { DeviceModel } from '../../../../src/northbound/bacnet/objects/device-model.ts'
import { Pages } from '../../../../src/northbound/bacnet/objects/pages.ts'
import { nextAligned, Trends } from '../../../../src/northbound/bacnet/services/trends.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { journals } from '../../../support/journal.ts'
import { notebook } from '../../../support/notebook.ts'
import { type PointInit, stack } from './support.ts'

const MINUTE = 60_000
const power: PointInit = { object: 'analog-input', instance: 7, type: 'number', unit: 'kW', trend: '15m' }

describe('all trend logs', () => {
  it('share one timer, whatever their intervals, and need none where nothing is polled', async () => {
    const own = await stack()
    const idle = own.clock.waiting
    own.attach([{ ...power, trend: 'cov' }])
    expect(own.clock.waiting).toBe(idle)
    own.attach(
      Array.from({ length: 20 }, (_, n) => ({ ...power, instance: 20 + n, trend: n % 2 === 0 ? '1m' : '15m' })),
    )
    expect(own.clock.waiting).toBe(idle + 1)
    await own.north.stop()
    expect(own.clock.waiting).toBe(0)
  })

  it('are polled in portions, between which others have their turn', async () => {
    const journal = journals()
    const own = await stack({}, silentLog, { journal })
    own.attach(Array.from({ length: 500 }, (_, n) => ({ ...power, instance: n, trend: '15m' })))
    const recorded = () => [...journal.shelf.values()].filter(({ last }) => last === 1).length
    const due = nextAligned(own.clock.now(), 15 * MINUTE)
    own.clock.advance(due - 1000 - own.clock.now())
    const seen: number[] = []
    own.clock.after(1000, () => seen.push(recorded()))
    own.clock.advance(1000)
    expect([...seen, recorded()]).toEqual([200, 500])
  })

  it('take note of a clock that is set, and fall due by the new time', async () => {
    const clock = new FakeClock()
    let ahead = 0
    const now = () => clock.now() + ahead
    const common = {
      vendorId: 555,
      version: '1',
      now,
      pages: new Pages(notebook(), silentLog),
      written: () => {},
      properties: new Map(),
    }
    const owner = { charger: undefined, name: 'Site', number: 0, addresses: {} }
    const model = new DeviceModel(owner, 4000, common)
    const points = (await stack()).attach([power])
    const journal = journals()
    const trends = new Trends({ clock, now, journal })
    trends.attach(
      model.addPoints(owner, points, (_, row) => row),
      (_, row) => row,
    )
    trends.start()
    const set = (ms: number) => {
      ahead += ms
      trends.clockSet(ms / 1000)
    }
    clock.advance(5 * MINUTE)
    set(9 * MINUTE)
    clock.advance(MINUTE)
    set(-10 * MINUTE)
    clock.advance(10 * MINUTE)
    const [book] = journal.shelf.values()
    const failed = '1e8e910291488f1f2a0440'
    expect(
      book?.entries.map(({ at, data }) => [
        new Date(at).toISOString().slice(11, 16),
        Buffer.from(data).toString('hex'),
      ]),
    ).toEqual([
      ['00:14', '1e9c440700001f'],
      ['00:15', failed],
      ['00:05', '1e9cc41600001f'],
      ['00:15', failed],
    ])
    trends.stop()
    expect(clock.waiting).toBe(0)
  })
})

describe('the next aligned moment', () => {
  it.each([
    ['UTC', '2026-01-01T00:00:00Z', '15m', '2026-01-01T00:15:00.000Z'],
    ['UTC', '2026-01-01T00:14:59.999Z', '15m', '2026-01-01T00:15:00.000Z'],
    // Half an hour beside the others.
    ['Asia/Kolkata', '2026-01-01T00:00:00Z', '1h', '2026-01-01T00:30:00.000Z'],
    ['Europe/Berlin', '2026-01-01T00:00:00Z', '1d', '2026-01-01T23:00:00.000Z'],
    // The day that is an hour shorter, and the one that is longer, end at midnight as well.
    ['Europe/Berlin', '2026-03-29T00:00:00Z', '1d', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T00:00:00Z', '1d', '2026-10-25T23:00:00.000Z'],
  ])('in %s after %s, every %s, is %s', (name, now, every, next) => {
    const ms = { '15m': 15 * MINUTE, '1h': 60 * MINUTE, '1d': 1440 * MINUTE }[every] ?? 0
    const zone = (at: number) =>
      Date.parse(`${new Date(at).toLocaleString('sv', { timeZone: name })}Z`) - Math.floor(at / 1000) * 1000
    expect(new Date(nextAligned(Date.parse(now), ms, zone)).toISOString()).toBe(next)
  })
})
