import { describe, expect, it } from 'vitest'
import { site } from '../../mapping/site.ts'
import { ask, oid, type PointInit, read, stack } from './support.ts'

const ACCUMULATOR = 23

async function counter(unit: 'Wh' | 'kWh' | 'MWh') {
  const own = await stack()
  const init: PointInit = { object: 'accumulator', instance: 7, type: 'number', unit }
  const [point] = own.attach([init])
  if (point === undefined) throw new Error('no point')
  return { own, point, value: (property: number) => read(own, ACCUMULATOR, 7, property) }
}

describe('an accumulator', () => {
  it('has every property that the standard requires of it, in its data type', async () => {
    const { own, value } = await counter('kWh')
    const tags = {
      75: 'c',
      77: '7',
      79: '9',
      85: '2',
      111: '8',
      36: '9',
      81: '1',
      187: '1',
      117: '9',
      65: '2',
      371: '9',
    }
    for (const [property, tag] of Object.entries(tags))
      expect({ property, tag: value(Number(property))[0] }).toEqual({ property, tag })
    const answer = ask(own, 14, `0c${oid(ACCUMULATOR, 7)}1e09691f`)
    for (const property of ['4b', '4d', '4f', '55', '6f', '24', '51', 'bb', '75', '41'])
      expect(answer).toContain(`29${property}4e`)
  })

  it.each([
    ['Wh', 12_345, 0.4, '1900', '9112'],
    ['kWh', 12.345, 0.0004, '19fd', '9113'],
    ['MWh', 0.012345, 0.0000004, '19fa', '9192'],
  ] as const)('counts whole Wh, shown in %s by its Scale', async (unit, energy, less, scale, units) => {
    const { own, point, value } = await counter(unit)
    own.set(point, energy)
    expect([85, 187, 117, 65].map(value)).toEqual(['223039', scale, units, '24ffffffff'])
    own.set(point, energy + less)
    expect(value(85)).toBe('223039')
  })

  it('goes on with 0 after Max_Pres_Value, and is never below 0', async () => {
    const { own, point, value } = await counter('Wh')
    own.set(point, 0xffff_ffff)
    expect(value(85)).toBe('24ffffffff')
    own.set(point, 0x1_0000_0000)
    expect(value(85)).toBe('2100')
    own.set(point, 0x1_0000_0005)
    expect(value(85)).toBe('2105')
    own.set(point, -1)
    expect(value(85)).toBe('2100')
  })

  it('shows quality and out of service as others do, and takes a count only while out of service', async () => {
    const { own, point, value } = await counter('kWh')
    const write = (octets: string) => ask(own, 15, `0c${oid(ACCUMULATOR, 7)}19553e${octets}3f`)
    expect([85, 103, 111].map(value)).toEqual(['2100', '9107', '820440'])
    own.set(point, 5, 'offline')
    expect([85, 103, 111].map(value)).toEqual(['221388', '910c', '820440'])
    // property, write-access-denied
    expect(write('2107')).toBe('50010f91029128')
    expect(ask(own, 15, `0c${oid(ACCUMULATOR, 7)}19513e113f`)).toBe('20010f')
    expect(write('2207d0')).toBe('20010f')
    expect(point.value).toBe(2)
    expect(value(85)).toBe('2207d0')
    // invalid-data-type, value-out-of-range
    expect(write('4440000000')).toBe('50010f91029109')
    expect(write('25050100000000')).toBe('50010f91029125')
  })

  it('refuses subscriptions: no counter tells of its changes', async () => {
    const { own } = await counter('Wh')
    // object, optional-functionality-not-supported
    expect(ask(own, 5, `09011c${oid(ACCUMULATOR, 7)}29003978`)).toBe('5001059101912d')
  })
})

describe('Current_Command_Priority', () => {
  it('is the slot that counts, and NULL while none is written', async () => {
    const own = await stack()
    own.attach([{ object: 'analog-output', instance: 1, type: 'number', unit: 'A', setpoint: true }])
    const write = (value: string, priority: string) => ask(own, 15, `0c${oid(1, 1)}19553e${value}3f49${priority}`)
    expect(read(own, 1, 1, 431)).toBe('00')
    write('4441800000', '10')
    expect(read(own, 1, 1, 431)).toBe('2110')
    write('4441000000', '08')
    expect(read(own, 1, 1, 431)).toBe('2108')
    write('00', '08')
    expect(read(own, 1, 1, 431)).toBe('2110')
    write('00', '10')
    expect(read(own, 1, 1, 431)).toBe('00')
    // Nobody writes it.
    expect(ask(own, 15, `0c${oid(1, 1)}1a01af3e21083f`)).toBe('50010f91029128')
  })

  it('is nothing that an object without a priority array has', async () => {
    const own = await stack()
    own.attach([{ object: 'analog-value', instance: 1, type: 'number', unit: 'A' }])
    expect(read(own, 2, 1, 431)).toBe('50010c91029120')
  })
})

it.each([
  ['power, unit: kW', '', ['bacnet-type']],
  ['transaction.energy, unit: Wh', '', []],
  ['energy, unit: kWh', ', covIncrement: 1', ['bacnet-type']],
  ['meter.Energy.Reactive.Import.Register, unit: kvarh', '', []],
  ['status', '', ['bacnet-type']],
])('a row for %s as an accumulator%s is told of: %j', (point, more, codes) => {
  const config = `site: Site
bacnet: { device: { instance: 4000 }, network: 2000 }
chargers: [{ id: A, mapping: m, electrical: { maxCurrent: 32 } }]`
  const m = `mapping: m
connector:
  - { point: ${point}, bacnet: { object: accumulator, instance: 1, name: Counter${more} } }
`
  expect(site(config, { m }).problems.map(({ code }) => code)).toEqual(codes)
})
