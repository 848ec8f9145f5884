import { describe, expect, it } from 'vitest'
import { asked, FAULT, PRESENT_VALUE, SUBSCRIBE_PROPERTY, subscribe, told, value, withPower } from './cov-subscriber.ts'
import { ask, local } from './support.ts'

describe('a point that is told at most every so often', () => {
  const every10s = { covInterval: '10s' } as const

  it('is told at once when subscribed, then its newest value when the time is over', async () => {
    const { own, point } = await withPower(every10s)
    subscribe(own, PRESENT_VALUE)
    expect(told(own)).toEqual([value(10)])
    for (const kilowatts of [20, 30, 40]) {
      own.set(point, kilowatts)
      expect(told(own, 1_000)).toEqual([])
    }
    expect(told(own, 7_000)).toEqual([value(40)])
    own.set(point, 50)
    expect(told(own, 9_990)).toEqual([])
    expect(told(own, 100)).toEqual([value(50)])
    // Quiet for long enough: the next is told at once.
    expect(told(own, 20_000)).toEqual([])
    own.set(point, 60)
    expect(told(own)).toEqual([value(60)])
  })

  it('is not told when it has gone back to what was told', async () => {
    const { own, point } = await withPower(every10s)
    subscribe(own, PRESENT_VALUE)
    told(own)
    own.set(point, 20)
    told(own, 1_000)
    own.set(point, 10)
    expect(told(own, 60_000)).toEqual([])
    expect(own.clock.waiting).toBeLessThan(4)
  })

  it('is told its flags as seldom as its value', async () => {
    const { own, point } = await withPower(every10s)
    subscribe(own, PRESENT_VALUE)
    told(own)
    own.set(point, 10, 'offline')
    expect(told(own, 9_000)).toEqual([])
    expect(told(own, 1_100)).toEqual([value(10, FAULT)])
  })

  it('is told at once to whoever renews, while a change is held back', async () => {
    const { own, point } = await withPower(every10s)
    subscribe(own, PRESENT_VALUE)
    told(own)
    own.set(point, 20)
    expect(told(own, 1_000)).toEqual([])
    subscribe(own, PRESENT_VALUE)
    expect(told(own)).toEqual([value(20)])
    expect(told(own, 60_000)).toEqual([])
    // Held back after the renewal's, from then on.
    own.set(point, 30)
    expect(told(own)).toEqual([value(30)])
    own.set(point, 40)
    subscribe(own, PRESENT_VALUE)
    expect(told(own)).toEqual([value(40)])
    own.set(point, 50)
    expect(told(own, 9_900)).toEqual([])
    expect(told(own, 200)).toEqual([value(50)])
  })

  it('is told to nobody who cancelled meanwhile, or whose time is over', async () => {
    const { own, point } = await withPower(every10s)
    subscribe(own, PRESENT_VALUE, { lifetime: 0 })
    told(own)
    own.set(point, 20)
    told(own, 100)
    ask(own, SUBSCRIBE_PROPERTY, asked(PRESENT_VALUE, {}))
    expect(told(own, 60_000)).toEqual([])
    subscribe(own, PRESENT_VALUE, { lifetime: 5 })
    own.clock.advance(100)
    own.take()
    own.set(point, 30)
    expect(told(own, 60_000)).toEqual([])
    expect(own.clock.waiting).toBeLessThan(4)
  })

  it('tells a confirmed subscriber as seldom, whenever it answers', async () => {
    const { own, point } = await withPower(every10s)
    subscribe(own, PRESENT_VALUE, { confirmed: true })
    own.clock.advance(4)
    expect(own.take()).toHaveLength(1)
    own.set(point, 20)
    own.clock.advance(1_000)
    own.receive(local('20 00 01'))
    own.set(point, 30)
    own.clock.advance(8_900)
    expect(own.take()).toEqual([])
    own.clock.advance(200)
    expect(own.take().map(({ hex }) => hex.includes(value(30)))).toEqual([true])
  })
})
