import { describe, expect, it } from 'vitest'
import {
  ACCEPTED,
  ACTIVE_COV_SUBSCRIPTIONS,
  asked,
  COV_INCREMENT,
  EVENT_STATE,
  FAULT,
  NORMAL,
  OUT_OF_SERVICE,
  PRESENT_VALUE,
  power,
  RELIABILITY,
  real,
  STATUS_FLAGS,
  SUBSCRIBE_PROPERTY,
  subscribe,
  told,
  value,
  withPower,
} from './cov-subscriber.ts'
import { byte } from './segments.ts'
import { ask, local, oid, read, stack } from './support.ts'

describe('SubscribeCOVProperty', () => {
  it('is told the property and the status flags, at once and with every change', async () => {
    const rows = [
      [PRESENT_VALUE, value(10), value(10, FAULT)],
      [STATUS_FLAGS, NORMAL, FAULT],
      [EVENT_STATE, `09242e91002f${NORMAL}`, `09242e91002f${FAULT}`],
      // Communication failure.
      [RELIABILITY, `09672e91002f${NORMAL}`, `09672e910c2f${FAULT}`],
      [OUT_OF_SERVICE, `09512e102f${NORMAL}`, `09512e102f${FAULT}`],
    ] as const
    for (const [property, first, then] of rows) {
      const { own, point } = await withPower()
      expect(subscribe(own, property)).toBe(ACCEPTED)
      expect(told(own)).toEqual([first])
      own.set(point, 10, 'offline')
      expect(told(own)).toEqual([then])
      own.set(point, 10)
      expect(told(own)).toEqual([first])
    }
  })

  it('of Out_Of_Service is told when somebody takes the object out of service', async () => {
    const { own, point } = await withPower()
    subscribe(own, OUT_OF_SERVICE)
    told(own)
    own.downlink.setOutOfService(point, true)
    expect(told(own)).toEqual(['09512e112f096f2e8204102f'])
    own.downlink.setOutOfService(point, false)
    expect(told(own)).toEqual([`09512e102f${NORMAL}`])
  })

  it('of anything but the value is not told of values', async () => {
    const { own, point } = await withPower()
    for (const property of [STATUS_FLAGS, EVENT_STATE, RELIABILITY, OUT_OF_SERVICE]) subscribe(own, property)
    expect(told(own)).toHaveLength(4)
    own.set(point, 5_000)
    expect(told(own)).toEqual([])
  })

  it('of Event_State is told when an alarm begins and ends, with its flag', async () => {
    const { own, point } = await withPower({ alarm: { class: 'limits', high: 50 } })
    subscribe(own, EVENT_STATE)
    expect(told(own)).toEqual([`09242e91002f${NORMAL}`])
    own.set(point, 60)
    // High-limit, in alarm.
    expect(told(own)).toEqual(['09242e91032f096f2e8204802f'])
    own.set(point, 10)
    expect(told(own)).toEqual([`09242e91002f${NORMAL}`])
  })

  it('has an increment of its own, which is nobody else’s', async () => {
    const { own, point } = await withPower()
    subscribe(own, PRESENT_VALUE, { increment: 5 })
    expect(told(own)).toEqual([value(10)])
    own.set(point, 14.5)
    expect(told(own)).toEqual([])
    own.set(point, 15)
    expect(told(own)).toEqual([value(15)])
    // The object's own: 1 kW.
    ask(own, 5, `09081c${oid(0, 1)}29003900`)
    own.clock.advance(4)
    own.take()
    own.set(point, 16)
    own.clock.advance(4)
    expect(own.take().map(({ hex }) => hex.slice(16, 20))).toEqual(['0908'])
    // Without one: that of the object, as it is now.
    subscribe(own, PRESENT_VALUE)
    told(own)
    ask(own, 15, `0c${oid(0, 1)}19163e44${real(100)}3f`)
    own.set(point, 50)
    expect(told(own)).toEqual([])
  })

  it('with increment 0 is told of every change, and of nothing else', async () => {
    const { own, point } = await withPower()
    subscribe(own, PRESENT_VALUE, { increment: 0 })
    told(own)
    own.set(point, 10.001)
    expect(told(own)).toEqual([value(10.001)])
    own.set(point, 10.001)
    expect(told(own)).toEqual([])
  })

  it('that comes again renews what is there: told once more, and then each change once', async () => {
    const { own, point } = await withPower()
    for (let n = 0; n < 5; n += 1) subscribe(own, PRESENT_VALUE, { increment: n })
    expect(told(own)).toEqual([value(10)])
    subscribe(own, PRESENT_VALUE, { increment: 3 })
    expect(told(own)).toEqual([value(10)])
    own.set(point, 12)
    expect(told(own)).toEqual([])
    own.set(point, 13)
    expect(told(own)).toEqual([value(13)])
  })

  it('and SubscribeCOV of the same process are two, and each is cancelled by its own service', async () => {
    const { own, point } = await withPower()
    subscribe(own, PRESENT_VALUE)
    ask(own, 5, `09071c${oid(0, 1)}29003900`)
    subscribe(own, RELIABILITY)
    expect(told(own)).toHaveLength(3)
    expect(ask(own, SUBSCRIBE_PROPERTY, asked(STATUS_FLAGS, {}))).toBe(ACCEPTED)
    expect(ask(own, SUBSCRIBE_PROPERTY, asked(PRESENT_VALUE, {}))).toBe(ACCEPTED)
    own.set(point, 20)
    // SubscribeCOV's.
    expect(told(own)).toEqual([value(20)])
    expect(ask(own, 5, `09071c${oid(0, 1)}`)).toBe('200105')
    own.set(point, 30, 'offline')
    expect(told(own)).toEqual([`09672e910c2f${FAULT}`])
    ask(own, SUBSCRIBE_PROPERTY, asked(RELIABILITY, {}))
    own.set(point, 40)
    expect(told(own)).toEqual([])
  })

  it('may be confirmed: the same parameters in a request that is answered', async () => {
    const { own, point } = await withPower()
    subscribe(own, PRESENT_VALUE, { confirmed: true, lifetime: 60 })
    own.clock.advance(4)
    const [first] = own.take()
    expect(first?.hex.slice(8)).toBe(
      `010400050001 0907 1c02000fa0 2c${oid(0, 1)} 393c 4e${value(10)}4f`.replaceAll(' ', ''),
    )
    own.set(point, 20)
    own.clock.advance(4)
    // The second waits for the answer to the first.
    expect(own.take()).toEqual([])
    own.receive(local('20 00 01'))
    own.clock.advance(4)
    expect(own.take().map(({ hex }) => hex.includes(value(20)))).toEqual([true])
  })

  it('ends with its lifetime', async () => {
    const { own, point } = await withPower()
    subscribe(own, PRESENT_VALUE, { lifetime: 10 })
    own.clock.advance(4)
    own.take()
    own.clock.advance(10_000)
    own.set(point, 20)
    expect(told(own)).toEqual([])
    expect(read(own, 8, 4000, ACTIVE_COV_SUBSCRIPTIONS)).toBe('')
  })

  it('refuses what can not be watched', async () => {
    const { own } = await withPower()
    own.attach([{ object: 'multi-state-input', instance: 1, type: 'state', states: ['a', 'b'] }])
    const errors = [
      // property / not-cov-property: Units, COV_Increment, Object_Name; Priority_Array is none of an input.
      [117, {}, '9102912c'],
      [COV_INCREMENT, {}, '9102912c'],
      [77, {}, '9102912c'],
      // property / unknown-property.
      [87, {}, '91029120'],
      [9_999, {}, '91029120'],
      // object / unknown-object.
      [PRESENT_VALUE, { object: oid(0, 2) }, '9101911f'],
      [PRESENT_VALUE, { object: oid(700, 2) }, '9101911f'],
      // The device's own properties are not watched.
      [112, { object: oid(8, 4000) }, '9102912c'],
      // property / property-is-not-an-array.
      [PRESENT_VALUE, { index: 1 }, '91029132'],
      // Of State_Text nothing is told, with an index or without.
      [110, { index: 1, object: oid(13, 1) }, '9102912c'],
      // property / value-out-of-range.
      [PRESENT_VALUE, { increment: -1 }, '91029125'],
      [PRESENT_VALUE, { increment: Number.NaN }, '91029125'],
      [PRESENT_VALUE, { increment: Number.POSITIVE_INFINITY }, '91029125'],
    ] as const
    for (const [property, how, error] of errors) expect(subscribe(own, property, how)).toBe(`50011c${error}`)
    expect(ask(own, SUBSCRIBE_PROPERTY, asked(PRESENT_VALUE, { lifetime: 60 }))).toBe('600105')
    expect(ask(own, SUBSCRIBE_PROPERTY, `${asked(PRESENT_VALUE, { confirmed: false })}00`)).toBe('600107')
    // A process of 33 bits.
    expect(subscribe(own, PRESENT_VALUE, { process: 2 ** 31 })).toBe(ACCEPTED)
    expect(
      ask(own, SUBSCRIBE_PROPERTY, `0d050100000000${asked(PRESENT_VALUE, { confirmed: false, lifetime: 0 }).slice(4)}`),
    ).toBe('600106')
    own.clock.advance(10)
    own.take()
    expect(read(own, 8, 4000, ACTIVE_COV_SUBSCRIPTIONS).length).toBeLessThan(100)
  })

  it('stands in Active_COV_Subscriptions with its property, increment and time left', async () => {
    const { own } = await withPower()
    subscribe(own, PRESENT_VALUE, { confirmed: true, increment: 2.5, lifetime: 60, process: 1 })
    subscribe(own, RELIABILITY, { lifetime: 0, process: 2 })
    own.clock.advance(4)
    own.receive(local('20 00 01'))
    own.clock.advance(19_996)
    own.take()
    // Network 0, address and port; the process; the property; whether confirmed, seconds, increment.
    const recipient = (process: number) => `0e 0e 1e 2100 65067f000009bac0 1f 0f 19${byte(process)} 0f`
    expect(read(own, 8, 4000, ACTIVE_COV_SUBSCRIPTIONS)).toBe(
      [
        `${recipient(1)} 1e 0c${oid(0, 1)} 1955 1f 2901 3928 4c${real(2.5)}`,
        `${recipient(2)} 1e 0c${oid(0, 1)} 1967 1f 2900 3900`,
      ]
        .join('')
        .replaceAll(' ', ''),
    )
  })
})

describe('COV_Increment', () => {
  it('as a client wrote it is that of the next run, too', async () => {
    const pages = new Map<string, string>()
    const first = await stack({}, undefined, { pages })
    first.attach([power])
    expect(ask(first, 15, `0c${oid(0, 1)}19163e44${real(7.5)}3f`)).toBe('20010f')
    expect(read(first, 0, 1, COV_INCREMENT)).toBe(`44${real(7.5)}`)
    const second = await stack({}, undefined, { pages })
    const [point] = second.attach([power, { ...power, instance: 2 }])
    if (point === undefined) throw new Error('no point')
    expect(read(second, 0, 1, COV_INCREMENT)).toBe(`44${real(7.5)}`)
    expect(read(second, 0, 2, COV_INCREMENT)).toBe(`44${real(1)}`)
    second.set(point, 10)
    subscribe(second, PRESENT_VALUE)
    told(second)
    second.set(point, 17)
    expect(told(second)).toEqual([])
    second.set(point, 17.5)
    expect(told(second)).toEqual([value(17.5)])
  })
})

describe('a device that is told to say nothing of its own accord', () => {
  const control = (state: number) => `19${byte(state)}2d0700736563726574`

  it('tells its subscribers afterwards what is other than they know', async () => {
    const own = await stack({ password: 'secret' })
    const [first, second, third] = own.attach([power, { ...power, instance: 2 }, { ...power, instance: 3 }])
    if (first === undefined || second === undefined || third === undefined) throw new Error('no points')
    for (const point of [first, second, third]) own.set(point, 10)
    for (const instance of [1, 2, 3]) subscribe(own, PRESENT_VALUE, { object: oid(0, instance) })
    own.clock.advance(4)
    own.take()
    // Disable-initiation.
    expect(ask(own, 17, control(2))).toBe('200111')
    for (const point of [first, second, third]) own.set(point, 20)
    own.clock.advance(10_000)
    // One goes back, one is cancelled.
    own.set(second, 10)
    ask(own, SUBSCRIBE_PROPERTY, asked(PRESENT_VALUE, { object: oid(0, 3) }))
    own.clock.advance(10_000)
    expect(own.take()).toEqual([])
    expect(ask(own, 17, control(0))).toBe('200111')
    expect(told(own, 1_100)).toEqual([value(20)])
    expect(told(own, 60_000)).toEqual([])
  })
})
