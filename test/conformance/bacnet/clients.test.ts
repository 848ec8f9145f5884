import { describe, expect, it } from 'vitest'
import { objectTypes } from '../../../src/northbound/bacnet/wire/object-type.ts'
import { propertyIds } from '../../../src/northbound/bacnet/wire/property-id.ts'
import { routed } from '../../support/site.ts'
import { context, local, oid, type PointInit, read, type Stack, stack } from '../../unit/northbound/bacnet/support.ts'

const DATABASE_REVISION = 155
const STATES = ['Available', 'Charging', 'Faulted']
const INVALID_ARRAY_INDEX = '50010c9102912a'

/** One object of each kind, with everything that it can have. */
const everything: readonly PointInit[] = [
  {
    object: 'analog-input',
    instance: 1,
    type: 'number',
    unit: 'kW',
    trend: '15m',
    alarm: { class: 'limits', high: 20, low: 1 },
  },
  { object: 'analog-output', instance: 1, type: 'number', unit: 'A', setpoint: true },
  { object: 'analog-value', instance: 1, type: 'number', unit: 'A', setpoint: true },
  { object: 'binary-input', instance: 1, type: 'boolean', alarm: { class: 'communication', values: ['inactive'] } },
  { object: 'binary-output', instance: 1, type: 'boolean', setpoint: true },
  { object: 'binary-value', instance: 1, type: 'boolean' },
  {
    object: 'multi-state-input',
    instance: 1,
    type: 'state',
    states: STATES,
    alarm: { class: 'charger', values: ['Faulted'] },
  },
  { object: 'multi-state-value', instance: 1, type: 'state', states: STATES },
  { object: 'characterstring-value', instance: 1, type: 'text' },
  { object: 'positive-integer-value', instance: 1, type: 'integer' },
  { object: 'large-analog-value', instance: 1, type: 'number', unit: 'kWh' },
  { object: 'accumulator', instance: 1, type: 'number', unit: 'Wh' },
]

async function site(settings: object = {}): Promise<Stack> {
  const own = await stack(settings)
  own.attach(everything)
  return own
}

describe('every array of every object', () => {
  it('is read whole, by its length and element by element, and not beyond', async () => {
    const own = await site()
    const [device] = own.north.devices()
    if (device === undefined) throw new Error('no device')
    let arrays = 0
    for (const object of [device, ...device.order]) {
      for (const property of object.properties.values()) {
        if (property.length === undefined) continue
        arrays += 1
        const at = [object.type, object.instance, property.id] as const
        const length = Number.parseInt(/^2[12](..|....)$/.exec(read(own, ...at, 0))?.[1] ?? '', 16)
        const elements = Array.from({ length }, (_, n) => read(own, ...at, n + 1))
        expect(elements.join('')).toBe(read(own, ...at))
        expect(read(own, ...at, length + 1)).toBe(INVALID_ARRAY_INDEX)
      }
    }
    expect(arrays).toBeGreaterThan(25)
  })
})

describe('a client that knows standard objects and properties only', () => {
  it('knows all of them', () => {
    for (const type of Object.values(objectTypes)) expect(type).toBeLessThan(128)
    for (const [name, id] of Object.entries(propertyIds))
      expect(id < 512 || id >= 4_194_304, `${name} is no property of the standard`).toBe(true)
  })
})

describe('a client that keeps its settings under vendor and model', () => {
  it('finds both as they were, whatever a charger says of itself', async () => {
    const own = await stack()
    own.attach([])
    own.charger(4001)
    const model = () => {
      own.receive(routed(4001, `0005 01 0e 0c${oid(8, 4001)} 1e 0946 0978 1f`))
      return own.take().map(({ hex }) => hex)
    }
    const before = model()
    expect(Buffer.from(before.join(''), 'hex').toString('latin1')).toContain('OCPP charger')
    for (const { owner } of own.north.devices()) {
      if (owner.charger !== undefined)
        Object.assign(owner.charger.state.identity, { vendor: 'Other', model: 'Another', firmwareVersion: '9' })
    }
    expect(model()).toEqual(before)
  })
})

describe('a client that reads the list of objects again when Database_Revision says so', () => {
  it('is told of a device that has another name, of one that has other objects, and not of other values', async () => {
    const own = await site()
    const revision = () => Number.parseInt(read(own, 8, 4000, DATABASE_REVISION).slice(2), 16)
    const first = revision()
    own.clock.advance(3_600_000)
    expect(revision()).toBe(first)
    own.north.attach({ charger: undefined, name: 'Tower', number: 0, addresses: { bacnet: 4000 } }, [])
    expect(revision()).toBe(first + 1)
    const points = own.attach([{ object: 'analog-value', instance: 9, type: 'number' }])
    const third = revision()
    expect(third).toBeGreaterThan(first + 1)
    own.detach(points)
    expect(revision()).toBe(third + 1)
  })
})

describe('a subscription', () => {
  it.each([1, 60, 28_800])('of %d seconds is taken and lasts so long', async (seconds) => {
    const own = await site()
    own.receive(local(`00 05 01 05 09 07 1c${oid(4, 1)} 2900 ${context(3, seconds)}`))
    expect(own.take().map(({ hex }) => hex.slice(12))).toEqual(['200105'])
    own.clock.advance(0)
    expect(own.take()).toHaveLength(1)
    own.clock.advance(seconds * 1000 - 1)
    expect(read(own, 8, 4000, 152)).not.toBe('')
    own.clock.advance(1_001)
    expect(read(own, 8, 4000, 152)).toBe('')
  })
})

describe('a foreign device whose BBMD is away', () => {
  it('still answers those of its own subnet', async () => {
    const own = await site({ foreignDevice: { bbmd: '10.0.0.1:47808' } })
    own.clock.advance(600_000)
    own.take()
    own.receive('810b000c0120ffff00ff1008', undefined, true)
    expect(own.take().map(({ to }) => to)).toEqual(['127.0.0.9:47808'])
  })
})

describe('a client that asks for twenty values at once', () => {
  it('has them with their flags and reliability in one answer without segments', async () => {
    const own = await site()
    const one = `0c${oid(0, 1)} 1e 0955 096f 0967 1f`
    own.receive(local(`00 05 01 0e ${one.repeat(20)}`))
    const [answer, ...more] = own.take()
    expect(more).toEqual([])
    expect(answer?.hex.slice(12)).toMatch(/^30010e/)
  })
})
