import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextHead, QUARTER_MS, quarterOf, shares, type Total } from '../../../../src/store/history/write/roll-up.ts'
import { runs } from '../../../support/runs.ts'
import { localDays } from './support.ts'

const berlin = localDays('Europe/Berlin')
const utc = localDays('UTC')
/** A moment of 1 July 2026, UTC. */
const at = (hours: number, minutes: number, ms = 0) => Date.UTC(2026, 6, 1, hours, minutes, 0, ms)
/** Shares as `hour:minute energy`. */
const short = (head: Total | undefined, total: Total) =>
  shares(head, total, utc).map(({ start, energy }) => `${new Date(start).toISOString().slice(11, 16)} ${energy}`)

describe('what flowed between two readings', () => {
  it('belongs to the quarter of an hour that ends with the later one, to the millisecond', () => {
    expect(short({ at: at(10, 0), energy: 100 }, { at: at(10, 15), energy: 160 })).toEqual(['10:00 60'])
    expect(quarterOf(at(10, 15))).toBe(at(10, 0))
    expect(quarterOf(at(10, 15, 1))).toBe(at(10, 15))
  })

  it('is shared by time among the quarters that it touches', () => {
    expect(short({ at: at(10, 10), energy: 100 }, { at: at(10, 40), energy: 400 })).toEqual([
      '10:00 50',
      '10:15 150',
      '10:30 100',
    ])
  })

  it('is shared over an hour, and no longer', () => {
    const head = { at: at(10, 0), energy: 0 }
    expect(short(head, { at: at(11, 0), energy: 400 })).toEqual(['10:00 100', '10:15 100', '10:30 100', '10:45 100'])
    expect(short(head, { at: at(11, 0, 1), energy: 400 })).toEqual(['11:00 400'])
    expect(short(head, { at: at(14, 30), energy: 400 })).toEqual(['14:15 400'])
  })

  it('belongs wholly to the quarter of a reading that is told late, or for the same moment', () => {
    const head = { at: at(10, 40), energy: 100 }
    expect(short(head, { at: at(10, 5), energy: 130 })).toEqual(['10:00 30'])
    expect(short(head, { at: at(10, 40), energy: 130 })).toEqual(['10:30 30'])
  })

  it('is nothing before the first reading, and while the total is a lower one', () => {
    expect(short(undefined, { at: at(10, 15), energy: 5000 })).toEqual(['10:00 0'])
    expect(short({ at: at(10, 10), energy: 100 }, { at: at(10, 40), energy: 90 })).toEqual(['10:30 0'])
    expect(short({ at: at(10, 10), energy: 100 }, { at: at(10, 40), energy: 100 })).toEqual(['10:30 0'])
  })

  it('is counted again only above the highest total, from the latest moment on', () => {
    const fallen = nextHead({ at: at(10, 10), energy: 100 }, { at: at(10, 20), energy: 90 })
    expect(fallen).toEqual({ at: at(10, 20), energy: 100 })
    expect(short(fallen, { at: at(10, 25), energy: 101 })).toEqual(['10:15 1'])
    expect(nextHead({ at: at(10, 20), energy: 100 }, { at: at(10, 5), energy: 130 })).toEqual({
      at: at(10, 20),
      energy: 130,
    })
  })

  it('is cut at local midnight, at which the old day ends', () => {
    // Berlin's 2 July begins at 22:00 UTC.
    const dates = (from: Total, to: Total) => shares(from, to, berlin).map(({ date, energy }) => `${date} ${energy}`)
    expect(dates({ at: at(21, 50), energy: 0 }, { at: at(22, 10), energy: 20 })).toEqual([
      '2026-07-01 10',
      '2026-07-02 10',
    ])
    expect(dates({ at: at(21, 50), energy: 0 }, { at: at(22, 0), energy: 20 })).toEqual(['2026-07-01 20'])
  })

  it.each([
    ['of 23 hours', Date.UTC(2026, 2, 28, 23), '2026-03-29', 23],
    ['of 25 hours', Date.UTC(2026, 9, 24, 22), '2026-10-25', 25],
  ])('fills a day %s with as many hours', (_name, midnight, date, hours) => {
    const perDay = new Map<string, number>()
    // 1 Wh a minute, from an hour before that day until an hour after it.
    let head: Total = { at: midnight - 3_600_000, energy: 0 }
    for (let minute = 5; minute <= (hours + 2) * 60; minute += 5) {
      const reading = { at: midnight - 3_600_000 + minute * 60_000, energy: minute }
      for (const { date: own, energy } of shares(head, reading, berlin))
        perDay.set(own, (perDay.get(own) ?? 0) + energy)
      head = nextHead(head, reading)
    }
    expect(perDay.size).toBe(3)
    expect(perDay.get(date)).toBeCloseTo(hours * 60, 6)
  })

  it('is shared without a rest, never negatively, in quarters one after the other, the last that of the reading', () => {
    const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 0, 3) })
    const energy = fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.double({ min: 0, max: 1e9, noNaN: true }))
    fc.assert(
      fc.property(
        fc.record({ at: moment, energy }),
        fc.oneof(
          fc.integer({ min: -4_000_000, max: 4_000_000 }),
          fc.integer({ min: -5, max: 5 }).map((n) => n * QUARTER_MS),
        ),
        energy,
        (head, later, grown) => {
          const reading = { at: head.at + later, energy: head.energy + grown }
          const all = shares(head, reading, utc)
          const sum = all.reduce((total, share) => total + share.energy, 0)
          const delta = reading.energy - head.energy
          expect(Math.abs(sum - delta)).toBeLessThanOrEqual(1e-12 * Math.max(1, delta))
          expect(all.every((share) => share.energy >= 0)).toBe(true)
          expect(all.at(-1)?.start).toBe(quarterOf(reading.at))
          all.forEach((share, index) => {
            const next = all[index + 1]
            if (next !== undefined) expect(next.start).toBe(share.start + QUARTER_MS)
            expect(share.date).toBe(new Date(share.start).toISOString().slice(0, 10))
          })
        },
      ),
      { numRuns: runs(1000) },
    )
  })
})
