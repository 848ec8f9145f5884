import { describe, expect, it } from 'vitest'
import { ask, local, oid, type PointInit, type Stack, type Station, stack } from './support.ts'

const power = (instance: number): PointInit => ({
  object: 'analog-input',
  instance,
  type: 'number',
  unit: 'kW',
  covIncrement: 0.1,
})

/** SubscribeCOV of analog-input n (13.14), for ever. */
function subscribe(own: Stack, n: number, confirmed: boolean, from?: Station, process = 7): string {
  return ask(own, 5, `09${byte(process)}1c${oid(0, n)}29${confirmed ? '01' : '00'}3900`, from)
}

const byte = (value: number) => value.toString(16).padStart(2, '0')
/** A confirmed notification's invoke id, and the analog-input that it tells of. */
const CONFIRMED = /^810a....01040005(..)0109..1c02000fa02c(........)/
const UNCONFIRMED = /^810a....0100100209(..)1c02000fa02c(........)/

describe('confirmed notifications', () => {
  it('of more objects than there are invoke ids all come, few at a time, while the client answers', async () => {
    const own = await stack()
    const objects = Array.from({ length: 600 }, (_, n) => n + 1)
    own.attach(objects.map(power))
    for (const n of objects) expect(subscribe(own, n, true)).toBe('200105')
    const told: number[] = []
    let most = 0
    for (let turns = 0; turns < 1000 && told.length < objects.length; turns += 1) {
      own.clock.advance(10)
      const sent = own.take().map(({ hex }) => CONFIRMED.exec(hex))
      most = Math.max(most, sent.length)
      for (const match of sent) {
        told.push(Number.parseInt(match?.[2] ?? '', 16))
        own.receive(local(`20 ${match?.[1]} 01`))
      }
    }
    expect(told.sort((a, b) => a - b)).toEqual(objects)
    expect(most).toBeLessThanOrEqual(32)
  })

  it('are told once more to nobody who answered none of them: all subscriptions of that client end', async () => {
    const own = await stack()
    const points = own.attach(Array.from({ length: 100 }, (_, n) => power(n + 1)))
    for (const n of points.keys()) subscribe(own, n + 1, true)
    // Three seconds, four times (5.4.4).
    own.clock.advance(12_100)
    own.take()
    for (const point of points) own.set(point, 50)
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
    expect(own.clock.waiting).toBeLessThan(3)
  })

  it('are sent four times, with the same invoke id', async () => {
    const own = await stack()
    own.attach([power(1)])
    subscribe(own, 1, true)
    own.clock.advance(30_000)
    const ids = own.take().map(({ hex }) => CONFIRMED.exec(hex)?.[1])
    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(1)
  })

  it('go on after an Error, a Reject or an Abort: the client is there', async () => {
    for (const answer of ['50 ID 01 91 05 91 00', '60 ID 09', '70 ID 00']) {
      const own = await stack()
      const [point] = own.attach([power(1)])
      if (point === undefined) throw new Error('no point')
      subscribe(own, 1, true)
      own.clock.advance(0)
      const id = CONFIRMED.exec(own.take()[0]?.hex ?? '')?.[1] ?? ''
      own.receive(local(answer.replace('ID', id)))
      own.clock.advance(60_000)
      expect(own.take()).toEqual([])
      own.set(point, 5)
      own.clock.advance(0)
      expect(own.take()).toHaveLength(1)
    }
  })

  it('are not answered by another station with the same invoke id', async () => {
    const own = await stack()
    own.attach([power(1)])
    subscribe(own, 1, true)
    own.clock.advance(0)
    const id = CONFIRMED.exec(own.take()[0]?.hex ?? '')?.[1] ?? ''
    own.receive(local(`20 ${id} 01`), { address: '127.0.0.66', port: 47808 })
    own.clock.advance(3_000)
    expect(own.take()).toHaveLength(1)
  })

  it('that still wait their turn are not sent any more after a cancellation', async () => {
    const own = await stack()
    const objects = Array.from({ length: 40 }, (_, n) => n + 1)
    own.attach(objects.map(power))
    for (const n of objects) subscribe(own, n, true)
    own.clock.advance(0)
    const first = own.take().map(({ hex }) => CONFIRMED.exec(hex)?.[1])
    for (const n of objects) expect(ask(own, 5, `09071c${oid(0, n)}`)).toBe('200105')
    for (const id of first) own.receive(local(`20 ${id} 01`))
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
  })
})

describe('unconfirmed notifications', () => {
  it('of a whole site that changes at once leave in portions, each object once, with the newest value', async () => {
    const own = await stack()
    const points = own.attach(Array.from({ length: 1_000 }, (_, n) => power(n + 1)))
    for (const n of points.keys()) subscribe(own, n + 1, false)
    own.clock.advance(1_000)
    own.take()
    for (const point of points) own.set(point, 1)
    for (const point of points) own.set(point, 7)
    const told: string[] = []
    for (let turn = 0; turn < 100; turn += 1) {
      own.clock.advance(turn === 0 ? 0 : 4)
      const sent = own.take().map(({ hex }) => hex)
      expect(sent.length).toBeLessThanOrEqual(100)
      told.push(...sent)
    }
    expect(new Set(told.map((hex) => UNCONFIRMED.exec(hex)?.[2])).size).toBe(1_000)
    expect(told).toHaveLength(1_000)
    // Present_Value 7.0.
    expect(told.every((hex) => hex.includes('09552e4440e000002f'))).toBe(true)
  })

  it('go to each client by its own process, and end for one without ending for the other', async () => {
    const own = await stack()
    const [point] = own.attach([power(1)])
    if (point === undefined) throw new Error('no point')
    const other = { address: '127.0.0.10', port: 50_000 }
    subscribe(own, 1, false, undefined, 3)
    subscribe(own, 1, false, other, 3)
    subscribe(own, 1, false, other, 4)
    own.clock.advance(0)
    const to = () => own.take().map(({ hex, to }) => `${to} ${UNCONFIRMED.exec(hex)?.[1]}`)
    expect(to()).toEqual(['127.0.0.9:47808 03', '127.0.0.10:50000 03', '127.0.0.10:50000 04'])
    ask(own, 5, `09031c${oid(0, 1)}`, other)
    own.set(point, 5)
    own.clock.advance(0)
    expect(to()).toEqual(['127.0.0.9:47808 03', '127.0.0.10:50000 04'])
  })

  it('say how long the subscription still lasts, 0 for one without end', async () => {
    const own = await stack()
    const [point] = own.attach([power(1)])
    if (point === undefined) throw new Error('no point')
    ask(own, 5, `09071c${oid(0, 1)}2900393c`)
    own.clock.advance(20_000)
    own.take()
    own.set(point, 5)
    own.clock.advance(0)
    expect(own.take()[0]?.hex).toContain(`2c${oid(0, 1)}39284e`)
    ask(own, 5, `09071c${oid(0, 1)}2900`)
    own.clock.advance(0)
    expect(own.take()[0]?.hex).toContain(`2c${oid(0, 1)}39004e`)
  })
})

describe('subscriptions', () => {
  it('have a process of 32 bits', async () => {
    const own = await stack()
    own.attach([power(1)])
    expect(ask(own, 5, `0cffffffff1c${oid(0, 1)}2900393c`)).toBe('200105')
    expect(ask(own, 5, `0d0501000000001c${oid(0, 1)}2900393c`)).toBe('600106')
  })

  it('ask with what the standard lets nobody ask: a lifetime without a way to tell, an object that is not there', async () => {
    const own = await stack()
    own.attach([power(1)])
    expect(ask(own, 5, `09071c${oid(0, 1)}393c`)).toBe('600105')
    expect(ask(own, 5, `09071c${oid(0, 2)}2900393c`)).toBe('5001059101911f')
    // The device tells of no changes: object / optional-functionality-not-supported.
    expect(ask(own, 5, `09071c${oid(8, 4000)}2900393c`)).toBe('5001059101912d')
  })
})

describe('a subscription of an object that is taken away', () => {
  it('ends, whether its notifications are confirmed or not, and the object is unknown', async () => {
    const own = await stack()
    const points = own.attach([power(1), power(2), power(3)])
    const bridge = { charger: undefined, name: 'Site', number: 0, addresses: { bacnet: 4000 } }
    subscribe(own, 1, false)
    subscribe(own, 2, true)
    subscribe(own, 3, false)
    own.clock.advance(10)
    own.take()
    const gone = points.slice(0, 2)
    for (const point of points) own.set(point, 5)
    own.north.detach(bridge, gone)
    own.clock.advance(10)
    expect(own.take().map(({ hex }) => UNCONFIRMED.exec(hex)?.[2])).toEqual([oid(0, 3)])
    own.clock.advance(60_000)
    own.take()
    for (const point of gone) own.set(point, 9)
    own.clock.advance(10)
    expect(own.take()).toEqual([])
    // Error object / unknown-object.
    expect(subscribe(own, 1, false)).toBe('5001059101911f')
    own.north.attach(bridge, gone)
    expect(subscribe(own, 1, false)).toBe('200105')
  })
})
