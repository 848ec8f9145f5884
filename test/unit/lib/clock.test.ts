import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/lib/clock.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const DAY_MS = 86_400_000

it('waits for longer than the system can count, and can be told not to', () => {
  const done: string[] = []
  systemClock.after(60 * DAY_MS, () => done.push('kept'))
  const cancel = systemClock.after(60 * DAY_MS, () => done.push('cancelled'))
  vi.advanceTimersByTime(30 * DAY_MS)
  cancel()
  vi.advanceTimersByTime(29 * DAY_MS)
  expect(done).toEqual([])
  vi.advanceTimersByTime(DAY_MS)
  expect(done).toEqual(['kept'])
})
