import { describe, expect, it } from 'vitest'
import { cautiousTime } from '../../../../src/store/history/cautious-time.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS

describe('the time by which histories grow old', () => {
  it('is that of the clock, also where that is put right by less than an hour, or back', () => {
    const clock = new FakeClock()
    const now = cautiousTime(clock)
    for (const set of [0, 60_000, -YEAR_MS]) {
      clock.put(set)
      clock.advance(HOUR_MS)
      expect(now()).toBe(clock.now())
    }
  })

  it('goes on as before where the clock is a year ahead, until that has lasted for a day', () => {
    const clock = new FakeClock()
    const now = cautiousTime(clock)
    const begin = clock.now()
    clock.put(YEAR_MS)
    expect(now()).toBe(begin)
    clock.advance(12 * HOUR_MS)
    expect(now()).toBe(begin + 12 * HOUR_MS)
    clock.put(-YEAR_MS)
    expect(now()).toBe(clock.now())
    clock.put(YEAR_MS)
    expect(now()).toBe(begin + 12 * HOUR_MS)
    clock.advance(23 * HOUR_MS)
    expect(now()).toBe(begin + 35 * HOUR_MS)
    clock.advance(HOUR_MS)
    expect(now()).toBe(clock.now())
  })
})
