import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/lib/clock.ts'
import { Throttle } from '../../../src/lib/throttle.ts'

function throttle() {
  let now = Date.UTC(2026, 0, 1)
  const clock: Clock = { now: () => 0, steady: () => now, after: () => () => {} }
  return {
    throttle: new Throttle(clock),
    move(ms: number): void {
      now += ms
    },
  }
}

describe('a throttle', () => {
  it('lets the first of a kind through, then one a minute with how many were held back', () => {
    const { throttle: own, move } = throttle()
    expect([own.pass('a'), own.pass('a'), own.pass('b')]).toEqual([0, undefined, 0])
    move(60_000)
    expect(own.pass('a')).toBe(1)
  })

  it('remembers a bounded number of kinds, and those that were invented for no longer than a minute', () => {
    const { throttle: own, move } = throttle()
    let passed = 0
    for (let n = 0; n < 10_000; n += 1) if (own.pass(`invented ${n}`) !== undefined) passed += 1
    expect(passed).toBe(257)
    expect(own.pass('real')).toBeUndefined()
    move(60_000)
    expect(own.pass('real')).toBe(0)
    expect(own.pass('another')).toBe(0)
  })
})
