import { describe, expect, it } from 'vitest'
import { CautiousTime } from '../../../../src/store/history/cautious-time.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

describe('the time by which histories grow old', () => {
  it('is that of the clock, also where that is put right by less than an hour, or back', () => {
    const clock = new FakeClock()
    const time = new CautiousTime(clock, undefined)
    for (const set of [0, 60_000, -YEAR_MS]) {
      clock.put(set)
      clock.advance(HOUR_MS)
      expect(time.now()).toBe(clock.now())
    }
  })

  it('goes on as before where the clock is a year ahead, until that has lasted for a day', () => {
    const clock = new FakeClock()
    const time = new CautiousTime(clock, undefined)
    const begin = clock.now()
    clock.put(YEAR_MS)
    expect(time.now()).toBe(begin)
    clock.advance(12 * HOUR_MS)
    expect(time.now()).toBe(begin + 12 * HOUR_MS)
    clock.put(-YEAR_MS)
    expect(time.now()).toBe(clock.now())
    clock.put(YEAR_MS)
    expect(time.now()).toBe(begin + 12 * HOUR_MS)
    clock.advance(23 * HOUR_MS)
    expect(time.now()).toBe(begin + 35 * HOUR_MS)
    clock.advance(HOUR_MS)
    expect(time.now()).toBe(clock.now())
  })

  it('goes on where the run before left it, whatever the clock says at the start, until that has lasted for a day', () => {
    const clock = new FakeClock()
    const left = clock.now()
    clock.put(YEAR_MS)
    const time = new CautiousTime(clock, left)
    clock.advance(DAY_MS - 1)
    expect(time.now()).toBe(left + DAY_MS - 1)
    clock.advance(1)
    expect(time.now()).toBe(clock.now())
  })

  it('is right at once when the clock is, though it began a year ahead or in 1970', () => {
    for (const wrong of [YEAR_MS, -new FakeClock().now()]) {
      const clock = new FakeClock()
      const left = clock.now()
      clock.put(wrong)
      const time = new CautiousTime(clock, left)
      clock.advance(5 * 60_000)
      expect(time.now()).toBeLessThanOrEqual(left + 5 * 60_000)
      clock.put(-wrong)
      expect(time.now()).toBe(clock.now())
    }
  })

  it('makes nothing old in a row of starts with a clock that is wrong each time', () => {
    const clock = new FakeClock()
    let left = clock.now()
    clock.put(YEAR_MS)
    for (let start = 1; start <= 10; start += 1) {
      const time = new CautiousTime(clock, left)
      clock.advance(23 * HOUR_MS)
      left = time.believed
    }
    expect(left).toBe(clock.now() - YEAR_MS)
  })

  it('waits for a day from when the clock was set last: what it said before bears out nothing', () => {
    const clock = new FakeClock()
    const left = clock.now() - 30 * DAY_MS
    const time = new CautiousTime(clock, left)
    clock.advance(23 * HOUR_MS)
    clock.put(YEAR_MS)
    expect(time.now()).toBe(left + 23 * HOUR_MS)
    clock.advance(DAY_MS - 1)
    expect(time.now()).toBe(left + 47 * HOUR_MS - 1)
  })
})
