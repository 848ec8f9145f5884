import { describe, expect, it } from 'vitest'
import type { Point } from '../../../../src/core/points/point.ts'
import { octets } from '../../../support/octets.ts'
import { told, turns } from './events-told.ts'
import { type PointInit, read, stack, write } from './support.ts'
import { ACK, AI, ids, MSI, more, power, real, recipients, status, watching } from './watched.ts'

const OUT_OF_RANGE = '50010f91029125'

describe('a state that is an alarm', () => {
  it('is told when it comes and when it goes, with the state in it', async () => {
    const { own, set } = await watching(status(), 0)
    set(2)
    const [began] = told(own)
    expect(began).toMatchObject({
      to: '127.0.0.20:47808',
      invokeId: undefined,
      event: {
        process: 0,
        device: 4000,
        object: { type: 13, instance: 1 },
        notificationClass: 2,
        priority: 96,
        eventType: 1,
        message: 'Site.multi-state-input 1: Faulted',
        notifyType: 0,
        ackRequired: false,
        fromState: 0,
        toState: 2,
        values: { kind: 'change-of-state', newState: { kind: 'unsigned', value: 3 }, statusFlags: 8 },
      },
    })
    expect([read(own, ...MSI, ids.state), read(own, ...MSI, more.flags)]).toEqual(['9102', '820480'])
    set(1)
    const [ended] = told(own)
    expect(ended?.event).toMatchObject({
      priority: 192,
      fromState: 2,
      toState: 0,
      values: { kind: 'change-of-state', newState: { kind: 'unsigned', value: 2 }, statusFlags: 0 },
    })
    expect([read(own, ...MSI, ids.state), read(own, ...MSI, more.flags)]).toEqual(['9100', '820400'])
  })

  it('is told once while it goes from one such state to another', async () => {
    const { own, set } = await watching(status(), 0)
    set(2)
    expect(turns(own)).toEqual(['normal to offnormal'])
    set(3)
    set(2)
    expect(turns(own)).toEqual([])
  })

  it('of a binary object has the binary value', async () => {
    const online: PointInit = {
      object: 'binary-input',
      instance: 1,
      type: 'boolean',
      alarm: { class: 'communication', values: ['inactive'] },
    }
    const { own, set } = await watching(online, true)
    expect(read(own, 3, 1, ids.alarmValue)).toBe('9100')
    set(false)
    expect(told(own)[0]?.event).toMatchObject({
      notificationClass: 3,
      values: { kind: 'change-of-state', newState: { kind: 'binary', value: 0 }, statusFlags: 8 },
    })
  })

  it('lists its states, and no faults', async () => {
    const { own } = await watching(status(), 0)
    expect(read(own, ...MSI, ids.alarmValues)).toBe('21032104')
    expect(read(own, ...MSI, 39)).toBe('')
    expect(read(own, ...MSI, ids.alarmValues, 1)).toBe('50010c91029132')
  })
})

describe('a number between its limits', () => {
  it.each([
    ['on the limit is no alarm, a hair beyond it is', 10, [20, 20.001], ['normal to high-limit']],
    ['ends inside of the deadband only', 10, [21, 18, 17.999], ['normal to high-limit', 'high-limit to normal']],
    ['does not end on the edge of the deadband', 10, [21, 19, 18], ['normal to high-limit']],
    ['below is the same the other way round', 10, [5, 4.999, 7, 7.001], ['normal to low-limit', 'low-limit to normal']],
    [
      'from one limit to the other goes through normal',
      10,
      [21, 4, 21],
      [
        'normal to high-limit',
        'high-limit to normal',
        'normal to low-limit',
        'low-limit to normal',
        'normal to high-limit',
      ],
    ],
  ])('%s', async (_name, first, values, expected) => {
    const { own, set } = await watching(power(), first)
    for (const value of values) set(value)
    expect(turns(own)).toEqual(expected)
  })

  it('tells the value, the limit and the deadband', async () => {
    const { own, set } = await watching(power(), 10)
    set(22.5)
    const values = { kind: 'out-of-range', deadband: 2 }
    expect(told(own)[0]?.event).toMatchObject({
      notificationClass: 1,
      priority: 64,
      eventType: 5,
      message: 'Site.analog-input 1: 22.5 kW, above its limit',
      values: { ...values, exceedingValue: 22.5, exceededLimit: 20, statusFlags: 8 },
    })
    set(3)
    expect(told(own).map(({ event }) => event.values)).toMatchObject([
      { ...values, exceedingValue: 3, exceededLimit: 20 },
      { ...values, exceedingValue: 3, exceededLimit: 5, statusFlags: 8 },
    ])
  })

  it('that has only one limit watches only that', async () => {
    const { own, set } = await watching(power({ low: undefined }), 10)
    expect(read(own, ...AI, more.limitEnable)).toBe('820640')
    set(-100)
    expect(turns(own)).toEqual([])
  })

  it('whose limit is disabled is normal at once, whatever the delay', async () => {
    const { own, set } = await watching(power({ delay: '60s' }), 10)
    set(30)
    own.clock.advance(60_000)
    expect(turns(own)).toEqual(['normal to high-limit'])
    // Also while the end of the alarm is waited for already.
    set(10)
    set(30)
    set(10)
    expect(write(own, AI, more.limitEnable, '820680')).toBe(ACK)
    expect(turns(own)).toEqual(['high-limit to normal'])
    set(30)
    expect(write(own, AI, more.limitEnable, '8206c0')).toBe(ACK)
    expect(turns(own)).toEqual([])
    own.clock.advance(60_000)
    expect(turns(own)).toEqual(['normal to high-limit'])
  })

  it('is looked at anew when a limit or the deadband is written', async () => {
    const { own, set } = await watching(power(), 10)
    expect(write(own, AI, more.high, real(9))).toBe(ACK)
    expect(turns(own)).toEqual(['normal to high-limit'])
    expect(write(own, AI, more.high, real(12.5))).toBe(ACK)
    expect(turns(own)).toEqual(['high-limit to normal'])
    set(12)
    expect(write(own, AI, more.low, real(12.25))).toBe(ACK)
    expect(turns(own)).toEqual(['normal to low-limit'])
    expect(write(own, AI, more.low, real(11.5))).toBe(ACK)
    expect(turns(own)).toEqual([])
    expect(write(own, AI, ids.deadband, real(0.25))).toBe(ACK)
    expect(turns(own)).toEqual(['low-limit to normal'])
  })
})

describe('a delay', () => {
  it('is waited for in full before an alarm, and before its end', async () => {
    const { own, set } = await watching(status({ delay: '60s' }), 0)
    set(2)
    own.clock.advance(59_999)
    expect(turns(own)).toEqual([])
    expect(read(own, ...MSI, ids.state)).toBe('9100')
    own.clock.advance(1)
    expect(turns(own)).toEqual(['normal to offnormal'])
    set(0)
    own.clock.advance(59_999)
    expect(turns(own)).toEqual([])
    own.clock.advance(1)
    expect(turns(own)).toEqual(['offnormal to normal'])
  })

  it('that is interrupted begins anew; between two states that are alarms it goes on', async () => {
    const { own, set } = await watching(status({ delay: '60s' }), 0)
    set(2)
    own.clock.advance(50_000)
    set(0)
    set(3)
    own.clock.advance(50_000)
    set(2)
    expect(turns(own)).toEqual([])
    own.clock.advance(10_000)
    expect(turns(own)).toEqual(['normal to offnormal'])
    set(0)
    own.clock.advance(50_000)
    set(2)
    own.clock.advance(600_000)
    expect(turns(own)).toEqual([])
  })

  it('counts while a value swings beyond the other limit, too', async () => {
    const { own, set } = await watching(power({ delay: '60s' }), 10)
    set(30)
    own.clock.advance(60_000)
    expect(turns(own)).toEqual(['normal to high-limit'])
    for (const value of [4, 10, 4, 10]) {
      set(value)
      own.clock.advance(15_000)
    }
    expect(turns(own)).toEqual(['high-limit to normal'])
  })

  it('that is written counts from then on', async () => {
    const { own, set } = await watching(status({ delay: '1h' }), 0)
    expect(read(own, ...MSI, more.delay)).toBe('220e10')
    set(2)
    own.clock.advance(60_000)
    expect(write(own, MSI, more.delay, '210a')).toBe(ACK)
    own.clock.advance(9_999)
    expect(turns(own)).toEqual([])
    own.clock.advance(1)
    expect(turns(own)).toEqual(['normal to offnormal'])
  })

  it('of as many seconds as there are can be written, and nothing is told', async () => {
    const { own, set } = await watching(status(), 0)
    expect(write(own, MSI, more.delay, '24ffffffff')).toBe(ACK)
    expect(write(own, MSI, more.delay, '25050100000000')).toBe(OUT_OF_RANGE)
    set(2)
    own.clock.advance(86_400_000)
    expect(turns(own)).toEqual([])
    expect(read(own, ...MSI, more.delay)).toBe('24ffffffff')
  })
})

describe('after a start', () => {
  const online: PointInit = {
    object: 'binary-input',
    instance: 1,
    type: 'boolean',
    alarm: { class: 'communication', values: ['inactive'], delay: '120s', quiet: '5m' },
  }

  it('an alarm waits until it has been quiet, and then for no more than its delay', async () => {
    const own = await stack({ recipients })
    const startedAt = own.clock.now()
    const [point] = own.attach([online])
    own.set(point as Point, false)
    own.clock.advance(280_000)
    expect(turns(own)).toEqual([])
    own.clock.advance(20_000)
    expect(turns(own)).toEqual(['normal to offnormal'])
    expect(own.clock.now() - startedAt).toBeLessThanOrEqual(300_000)
  })

  it('its end is not kept waiting', async () => {
    const pages = new Map<string, string>()
    const own = await stack({ recipients }, undefined, { pages })
    const [point] = own.attach([online])
    own.set(point as Point, false)
    own.clock.advance(300_000)
    expect(turns(own)).toEqual(['normal to offnormal'])
    const next = await stack({ recipients }, undefined, { pages, clock: own.clock })
    const [same] = next.attach([online], false)
    next.set(same as Point, true)
    next.clock.advance(120_000)
    expect(turns(next)).toEqual(['offnormal to normal'])
  })

  it('a charger that comes within that time is never told of', async () => {
    const own = await stack({ recipients })
    const [point] = own.attach([online])
    own.set(point as Point, false)
    own.clock.advance(200_000)
    own.set(point as Point, true)
    own.clock.advance(600_000)
    expect(turns(own)).toEqual([])
  })
})

describe('a value that is not reliable', () => {
  it('is a fault at once and ends at once, told to nobody unless TO_FAULT is enabled', async () => {
    const { own, point, set } = await watching(power({ delay: '60s' }), 10)
    own.set(point, 10, 'offline')
    expect([read(own, ...AI, ids.state), read(own, ...AI, more.flags)]).toEqual(['9101', '8204c0'])
    set(10)
    expect([read(own, ...AI, ids.state), read(own, ...AI, more.flags)]).toEqual(['9100', '820400'])
    expect(told(own)).toEqual([])

    expect(write(own, AI, ids.enable, '8205e0')).toBe(ACK)
    own.set(point, 10, 'offline')
    set(12)
    const [began, ended] = told(own)
    const presentValue = (hex: string) => [{ property: 85, index: undefined, value: octets(hex), priority: undefined }]
    expect(began?.event).toMatchObject({
      eventType: 19,
      priority: 96,
      message: 'Site.analog-input 1: value not reliable',
      fromState: 0,
      toState: 1,
      values: {
        kind: 'change-of-reliability',
        reliability: 12,
        statusFlags: 12,
        propertyValues: presentValue(real(10)),
      },
    })
    expect(ended?.event).toMatchObject({
      eventType: 19,
      priority: 160,
      fromState: 1,
      toState: 0,
      values: { kind: 'change-of-reliability', reliability: 0, statusFlags: 0, propertyValues: presentValue(real(12)) },
    })
  })

  it('in the middle of an alarm ends it; afterwards it is an alarm again only when it has lasted', async () => {
    const { own, point, set } = await watching(power({ delay: '60s' }), 10)
    write(own, AI, ids.enable, '8205e0')
    set(30)
    own.clock.advance(60_000)
    expect(turns(own)).toEqual(['normal to high-limit'])
    own.set(point, 30, 'offline')
    own.clock.advance(10_000)
    set(30)
    expect(turns(own)).toEqual(['high-limit to fault', 'fault to normal'])
    own.clock.advance(60_000)
    expect(turns(own)).toEqual(['normal to high-limit'])
  })

  it('forgets a delay that runs', async () => {
    const { own, point, set } = await watching(power({ delay: '60s' }), 10)
    set(30)
    own.clock.advance(59_000)
    own.set(point, 30, 'offline')
    set(30)
    own.clock.advance(59_000)
    expect(turns(own)).toEqual([])
    own.clock.advance(1_000)
    expect(turns(own)).toEqual(['normal to high-limit'])
  })

  it('for another reason than before is another fault', async () => {
    const { own, point } = await watching(power(), 10)
    write(own, AI, ids.enable, '8205e0')
    own.set(point, 10, 'offline')
    own.set(point, 11, 'offline')
    own.set(point, 11, 'unknown')
    expect(told(own).map(({ event }) => [event.fromState, event.toState, event.values])).toMatchObject([
      [0, 1, { reliability: 12 }],
      [1, 1, { reliability: 7 }],
    ])
  })

  it('is reliable while it is out of service, and can be made an alarm by hand', async () => {
    const { own, point } = await watching(power(), 10)
    own.set(point, 10, 'offline')
    expect(read(own, ...AI, ids.state)).toBe('9101')
    expect(write(own, AI, 81, '11')).toBe(ACK)
    expect(read(own, ...AI, ids.state)).toBe('9100')
    expect(write(own, AI, 85, real(50))).toBe(ACK)
    const [event] = told(own)
    expect(event?.event.values).toMatchObject({ exceedingValue: 50, statusFlags: 9 })
  })
})

describe('Event_Enable', () => {
  it.each([
    ['820500', []],
    ['820580', ['normal to offnormal']],
    ['820520', ['offnormal to normal']],
    ['8205a0', ['normal to offnormal', 'offnormal to normal']],
    // The end of a fault is told where its beginning was.
    ['820540', ['normal to fault']],
    ['820560', ['offnormal to normal', 'normal to fault', 'fault to normal']],
    ['8205e0', ['normal to offnormal', 'offnormal to normal', 'normal to fault', 'fault to normal']],
  ])('%s lets through %j, and the states are kept all the same', async (bits, expected) => {
    const { own, point, set } = await watching(status(), 0)
    expect(write(own, MSI, ids.enable, bits)).toBe(ACK)
    expect(read(own, ...MSI, ids.enable)).toBe(bits)
    const states: string[] = []
    for (const [value, quality] of [
      [2, 'good'],
      [0, 'good'],
      [0, 'offline'],
      [0, 'good'],
    ] as const) {
      own.set(point, value, quality)
      states.push(read(own, ...MSI, ids.state))
    }
    set(0)
    expect(states).toEqual(['9102', '9100', '9101', '9100'])
    expect(turns(own)).toEqual(expected)
  })
})
