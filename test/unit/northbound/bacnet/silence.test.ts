import { describe, expect, it } from 'vitest'
import { ask, local, oid, type PointInit, type Stack, stack } from './support.ts'

const COV = /^810a....01040005(..)01/
const power = (instance: number): PointInit => ({ object: 'analog-input', instance, type: 'number', unit: 'kW' })

/** Invoke ids of the confirmed COV notifications that were sent since the last time. */
function ids(own: Stack): string[] {
  return own.take().flatMap(({ hex }) => COV.exec(hex)?.[1] ?? [])
}

/** A client that is told of so many objects, each time with an acknowledgement. */
async function subscribed(count: number) {
  const own = await stack({ password: 'secret' })
  const points = own.attach(Array.from({ length: count }, (_, n) => power(n + 1)))
  for (const n of points.keys()) ask(own, 5, `09071c${oid(0, n + 1)}29013900`)
  own.clock.advance(0)
  for (let sent = ids(own); sent.length > 0; sent = ids(own)) {
    for (const id of sent) own.receive(local(`20${id}01`))
    own.clock.advance(10)
  }
  return { own, points }
}

const silence = (own: Stack) => ask(own, 17, '19022d0700736563726574')
const enable = (own: Stack) => ask(own, 17, '19002d0700736563726574')

describe('a subscriber that has to acknowledge', () => {
  it('hears nothing of a device that was silenced, neither what waits nor what is repeated, and is not dropped', async () => {
    const { own, points } = await subscribed(40)
    for (const point of points) own.set(point, 5)
    own.clock.advance(0)
    const underway = ids(own)
    expect(underway.length).toBeGreaterThan(0)
    expect(underway.length).toBeLessThan(40)
    expect(silence(own)).toBe('200111')
    for (const id of underway.slice(1)) own.receive(local(`20${id}01`))
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
    for (const point of points) own.set(point, 6)
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])

    expect(enable(own)).toBe('200111')
    for (const point of points) own.set(point, 7)
    own.clock.advance(0)
    let told = 0
    for (let sent = ids(own); sent.length > 0; sent = ids(own)) {
      told += sent.length
      for (const id of sent) own.receive(local(`20${id}01`))
      own.clock.advance(10)
    }
    expect(told).toBe(40)
  })

  it('that does not answer a device that speaks is dropped as ever', async () => {
    const { own, points } = await subscribed(1)
    const [point] = points
    if (point === undefined) throw new Error('no point')
    own.set(point, 5)
    own.clock.advance(60_000)
    own.take()
    own.set(point, 6)
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
  })
})
