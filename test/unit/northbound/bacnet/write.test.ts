import { describe, expect, it } from 'vitest'
import type { Refusal } from '../../../../src/core/ports.ts'
import { ask, oid, type PointInit, read, type Stack, stack } from './support.ts'

const ACK = '20010f'
const error = (errorClass: string, code: string) => `50010f91${errorClass}91${code}`
const INVALID_DATA_TYPE = error('02', '09')
const OUT_OF_RANGE = error('02', '25')
const WRITE_ACCESS_DENIED = error('02', '28')

/** WriteProperty of Present_Value, or of another property. */
function write(own: Stack, type: number, value: string, rest = '', property = '55'): string {
  return ask(own, 15, `0c${oid(type, 1)}19${property}3e${value}3f${rest}`)
}

const configuration: readonly (PointInit & { readonly number: number; readonly good: string; readonly bad: string })[] =
  [
    { object: 'analog-value', number: 2, type: 'number', good: '44 41a00000', bad: '55 08 4034000000000000' },
    { object: 'binary-value', number: 5, type: 'boolean', good: '91 01', bad: '11' },
    {
      object: 'multi-state-value',
      number: 19,
      type: 'state',
      states: ['A', 'B', 'C'],
      good: '21 02',
      bad: '91 02',
    },
    { object: 'characterstring-value', number: 40, type: 'text', good: '73 00 41 42', bad: '62 41 42' },
    { object: 'large-analog-value', number: 46, type: 'number', good: '55 08 4034000000000000', bad: '44 41a00000' },
    { object: 'positive-integer-value', number: 48, type: 'integer', good: '22 0190', bad: '32 0190' },
  ].map((row) => ({ ...row, instance: 1, writable: true }) as never)

describe.each(configuration)('a $object that may be written', ({ number, good, bad, ...init }) => {
  it('takes its own data type, whatever the priority, and no other', async () => {
    const own = await stack()
    own.attach([init])
    expect(write(own, number, good, '4908')).toBe(ACK)
    expect(read(own, number, 1, 85)).toBe(good.replaceAll(' ', ''))
    expect(write(own, number, bad)).toBe(INVALID_DATA_TYPE)
    // What has no priority array can't be released: the NULL is taken, and changes nothing.
    expect(write(own, number, '00', '4908')).toBe(ACK)
    expect(read(own, number, 1, 85)).toBe(good.replaceAll(' ', ''))
    expect(own.downlink.written).toHaveLength(1)
    expect(own.downlink.written[0]?.client).toBe('bacnet:127.0.0.9')
  })
})

describe('a setpoint', () => {
  const limit: PointInit = { object: 'analog-output', instance: 1, type: 'number', unit: 'A', setpoint: true }

  it('is written at the priority of the request, at core’s own when it names none, and released by NULL', async () => {
    const own = await stack()
    own.attach([limit])
    expect(write(own, 1, '4441200000', '4901')).toBe(ACK)
    expect(write(own, 1, '4441a00000')).toBe(ACK)
    expect(read(own, 1, 1, 85)).toBe('4441200000')
    expect(write(own, 1, '00', '4901')).toBe(ACK)
    expect(read(own, 1, 1, 85)).toBe('4441a00000')
    expect(write(own, 1, '00')).toBe(ACK)
    expect(read(own, 1, 1, 85)).toBe(read(own, 1, 1, 104))
    expect(own.downlink.written.map(({ value, priority }) => [value, priority])).toEqual([
      [10, 1],
      [20, undefined],
      [null, 1],
      [null, undefined],
    ])
  })

  it('out of service is still commanded through its array', async () => {
    const own = await stack()
    own.attach([limit])
    expect(write(own, 1, '11', '', '51')).toBe(ACK)
    expect(write(own, 1, '4441200000', '4908')).toBe(ACK)
    expect(read(own, 1, 1, 87, 8)).toBe('4441200000')
    expect(read(own, 1, 1, 111)).toBe('820410')
  })
})

describe('an input', () => {
  it.each([
    ['analog-input', 0, 'number', '4441200000'],
    ['binary-input', 3, 'boolean', '9101'],
    ['multi-state-input', 13, 'state', '2102'],
  ] as const)('%s is written only while it is out of service', async (object, number, type, value) => {
    const own = await stack()
    own.attach([{ object, instance: 1, type, states: ['A', 'B'] }])
    expect(write(own, number, value)).toBe(WRITE_ACCESS_DENIED)
    expect(write(own, number, '11', '', '51')).toBe(ACK)
    expect(write(own, number, value)).toBe(ACK)
    expect(read(own, number, 1, 85)).toBe(value)
    // Decoupled: no fault, whatever was missing before.
    expect([103, 111].map((property) => read(own, number, 1, property))).toEqual(['9100', '820410'])
    expect(write(own, number, '10', '', '51')).toBe(ACK)
    expect(write(own, number, value)).toBe(WRITE_ACCESS_DENIED)
    expect(write(own, number, '9101', '', '51')).toBe(INVALID_DATA_TYPE)
  })
})

describe('COV_Increment', () => {
  it.each([
    ['analog-input', 0, 'number', '443f800000', '44bf800000', '2101'],
    ['large-analog-value', 46, 'number', '55083ff0000000000000', '5508bff0000000000000', '443f800000'],
    ['positive-integer-value', 48, 'integer', '2105', undefined, '443f800000'],
  ] as const)(
    'of a %s has the type of its value and is not negative',
    async (object, number, type, good, bad, wrong) => {
      const own = await stack()
      own.attach([{ object, instance: 1, type }])
      expect(write(own, number, good, '', '16')).toBe(ACK)
      expect(read(own, number, 1, 22)).toBe(good)
      if (bad !== undefined) expect(write(own, number, bad, '', '16')).toBe(OUT_OF_RANGE)
      if (bad?.startsWith('44')) expect(write(own, number, '447fc00000', '', '16')).toBe(OUT_OF_RANGE)
      expect(write(own, number, wrong, '', '16')).toBe(INVALID_DATA_TYPE)
      expect(read(own, number, 1, 22)).toBe(good)
    },
  )
})

describe('a text', () => {
  it.each([
    ['UTF-8', '75 06 00 4cc3a464 21', 'L\u00e4d!'],
    ['ISO 8859-1', '75 05 05 4ce46421', 'L\u00e4d!'],
    ['UCS-2', '75 09 04 004c 00e4 0064 0021', 'L\u00e4d!'],
    ['UCS-4', '75 09 03 0000004c 000000e4', 'L\u00e4'],
  ])('is read in %s', async (_set, value, text) => {
    const own = await stack()
    own.attach([{ object: 'characterstring-value', instance: 1, type: 'text', writable: true }])
    expect(write(own, 40, value)).toBe(ACK)
    expect(own.downlink.written[0]?.value).toBe(text)
  })

  it('in another character set is refused as that', async () => {
    const own = await stack()
    own.attach([{ object: 'characterstring-value', instance: 1, type: 'text', writable: true }])
    expect(write(own, 40, '73 02 41 42')).toBe(error('02', '29'))
  })
})

describe('core’s no', () => {
  const codes: Record<Refusal, string> = {
    'read-only': WRITE_ACCESS_DENIED,
    'wrong-type': INVALID_DATA_TYPE,
    'out-of-range': OUT_OF_RANGE,
    'reserved-slot': WRITE_ACCESS_DENIED,
    // device / service-request-denied: an action for a charger that is away.
    offline: error('00', '1d'),
    'no-transaction': OUT_OF_RANGE,
    busy: error('00', '03'),
  }

  it.each(Object.entries(codes) as [Refusal, string][])('%s is said as BACnet says it', async (refusal, answer) => {
    const own = await stack()
    own.attach([{ object: 'analog-value', instance: 1, type: 'number', writable: true }])
    own.downlink.refusal = refusal
    expect(write(own, 2, '4441200000')).toBe(answer)
  })
})
