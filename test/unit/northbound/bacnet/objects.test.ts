import { describe, expect, it } from 'vitest'
import type { PointObjectType } from '../../../../src/northbound/bacnet/binding.ts'
import { ask, context, oid, type PointInit, read, stack } from './support.ts'

/** Application tags (20.2.1.4), as the first octet's upper half. */
const NULL = 0
const BOOLEAN = 1
const UNSIGNED = 2
const REAL = 4
const DOUBLE = 5
const TEXT = 7
const BITS = 8
const ENUMERATED = 9
const OBJECT_ID = 12

type Expected = Readonly<Record<number, number>>

/** Of 135-2012 (Protocol_Revision 14), clause 12: what is required of each type, with its data type. */
const named: Expected = { 75: OBJECT_ID, 77: TEXT, 79: ENUMERATED, 371: ENUMERATED }
const classic: Expected = { ...named, 111: BITS, 36: ENUMERATED, 81: BOOLEAN }
const analog: Expected = { ...classic, 85: REAL, 117: ENUMERATED }
const binary: Expected = { ...classic, 85: ENUMERATED }
const multiState: Expected = { ...classic, 85: UNSIGNED, 74: UNSIGNED }
/** Current_Command_Priority came with Protocol_Revision 17. */
const array = (type: number): Expected => ({ 87: NULL, 104: type, 431: NULL })

interface Kind {
  readonly number: number
  readonly object: PointObjectType
  readonly type: PointInit['type']
  readonly required: Expected
  readonly setpoint?: true
}

const STATES = ['Available', 'Charging', 'Unknown']
const kinds: readonly Kind[] = [
  { number: 0, object: 'analog-input', type: 'number', required: analog },
  { number: 1, object: 'analog-output', type: 'number', required: { ...analog, ...array(REAL) }, setpoint: true },
  { number: 2, object: 'analog-value', type: 'number', required: analog },
  { number: 3, object: 'binary-input', type: 'boolean', required: { ...binary, 84: ENUMERATED } },
  {
    number: 4,
    object: 'binary-output',
    type: 'boolean',
    required: { ...binary, 84: ENUMERATED, ...array(ENUMERATED) },
    setpoint: true,
  },
  { number: 5, object: 'binary-value', type: 'boolean', required: binary },
  { number: 13, object: 'multi-state-input', type: 'state', required: multiState },
  {
    number: 14,
    object: 'multi-state-output',
    type: 'state',
    required: { ...multiState, ...array(UNSIGNED) },
    setpoint: true,
  },
  { number: 19, object: 'multi-state-value', type: 'state', required: multiState },
  { number: 40, object: 'characterstring-value', type: 'text', required: { ...named, 85: TEXT, 111: BITS } },
  {
    number: 46,
    object: 'large-analog-value',
    type: 'number',
    required: { ...named, 85: DOUBLE, 111: BITS, 117: ENUMERATED },
  },
  {
    number: 48,
    object: 'positive-integer-value',
    type: 'integer',
    required: { ...named, 85: UNSIGNED, 111: BITS, 117: ENUMERATED },
  },
]

const init = ({ object, setpoint, type }: Kind, instance = 7): PointInit => ({
  object,
  instance,
  type,
  ...(type === 'number' && { unit: 'A' as const }),
  ...(type === 'state' && { states: STATES }),
  ...(setpoint && { setpoint }),
})

/** Property numbers in an answer to ReadPropertyMultiple, values and errors alike, by their place at the first level. */
async function multiple(kind: Kind, special: number): Promise<readonly number[]> {
  const own = await stack()
  own.attach([init(kind)])
  const answer = ask(own, 14, `0c${oid(kind.number, 7)}1e${context(0, special)}1f`)
  const body = Buffer.from(answer.slice(6), 'hex')
  expect(answer.startsWith(`30010e0c${oid(kind.number, 7)}1e`)).toBe(true)
  const properties: number[] = []
  let depth = 0
  for (let at = 6; at < body.length; ) {
    const head = body[at] ?? 0
    at += 1
    if ((head & 0x0f) === 0x0e) depth += 1
    else if ((head & 0x0f) === 0x0f) depth -= 1
    else {
      let length = head & 0x07
      if (length === 5) {
        length = body[at] ?? 0
        at += 1
      }
      if (head >> 4 === 1 && (head & 0x08) === 0) length = 0
      if (depth === 0) properties.push(body.readUIntBE(at, length))
      at += length
    }
  }
  return properties
}

describe.each(kinds)('a $object', (kind) => {
  it('has every property that the standard requires of it, in its data type', async () => {
    const own = await stack()
    own.attach([init(kind)])
    for (const [property, tag] of Object.entries(kind.required)) {
      const value = read(own, kind.number, 7, Number(property))
      expect({ property, tag: Number.parseInt(value[0] ?? '', 16) }).toEqual({ property, tag })
    }
  })

  it('gives REQUIRED, OPTIONAL and ALL without Property_List, and lists all but name, type and identifier', async () => {
    const required = await multiple(kind, 105)
    const optional = await multiple(kind, 80)
    const all = await multiple(kind, 8)
    const wanted = Object.keys(kind.required).map(Number)
    expect([...required].sort()).toEqual(wanted.filter((id) => id !== 371).sort())
    expect(optional).not.toContain(371)
    expect([...required, ...optional].sort()).toEqual([...all].sort())
    expect(new Set(all).size).toBe(all.length)

    const own = await stack()
    own.attach([init(kind)])
    const list = read(own, kind.number, 7, 371)
    const listed = [...list.matchAll(/91(..)|92(....)/g)].map(([, short, long]) =>
      Number.parseInt(short ?? long ?? '', 16),
    )
    expect(listed.sort()).toEqual(all.filter((id) => ![75, 77, 79].includes(id)).sort())
    expect(read(own, kind.number, 7, 371, 0)).toBe(`21${listed.length.toString(16).padStart(2, '0')}`)
  })

  it('shows a value before any came, and says by Reliability and a flag that it is none', async () => {
    const own = await stack()
    const [point] = own.attach([init(kind)])
    const empty = {
      number: kind.object === 'large-analog-value' ? '55080000000000000000' : '4400000000',
      integer: '2100',
      boolean: '9100',
      state: '2101',
      text: '7100',
    }[kind.type]
    expect(read(own, kind.number, 7, 85)).toBe(empty)
    // Inputs have a sensor that may be missing (1), all else is unreliable-other (7).
    expect(read(own, kind.number, 7, 103)).toBe(kind.object.endsWith('-input') ? '9101' : '9107')
    expect(read(own, kind.number, 7, 111)).toBe('820440')
    if (point === undefined) throw new Error('no point')
    const value = { number: 12.5, integer: 70_000, boolean: true, state: 1, text: 'ACME' }[kind.type]
    own.set(point, value)
    const shown = {
      number: kind.object === 'large-analog-value' ? '55084029000000000000' : '4441480000',
      integer: '23011170',
      boolean: '9101',
      state: '2102',
      text: `750500${Buffer.from('ACME').toString('hex')}`,
    }[kind.type]
    expect([85, 103, 111].map((property) => read(own, kind.number, 7, property))).toEqual([shown, '9100', '820400'])
    own.set(point, value, 'offline')
    expect([85, 103, 111].map((property) => read(own, kind.number, 7, property))).toEqual([shown, '910c', '820440'])
    own.set(point, value, 'unknown')
    expect([85, 103, 111].map((property) => read(own, kind.number, 7, property))).toEqual([shown, '9107', '820440'])
  })
})

describe('a multi-state object', () => {
  it('has a text for each state, whole, by element and by length', async () => {
    const own = await stack()
    own.attach([{ object: 'multi-state-value', instance: 1, type: 'state', states: STATES }])
    const text = (state: string) => {
      const bytes = Buffer.from(state).toString('hex')
      return `75${(state.length + 1).toString(16).padStart(2, '0')}00${bytes}`
    }
    expect(read(own, 19, 1, 74)).toBe('2103')
    expect(read(own, 19, 1, 110)).toBe(STATES.map(text).join(''))
    expect(read(own, 19, 1, 110, 3)).toBe(text('Unknown'))
    expect(read(own, 19, 1, 110, 0)).toBe('2103')
    expect(read(own, 19, 1, 110, 4)).toBe('50010c9102912a')
  })
})

describe('a value that has the priority array', () => {
  it('shows slots and relinquish default in its own type, and is optional to have where the type is', async () => {
    const own = await stack()
    own.attach([{ object: 'analog-value', instance: 1, type: 'number', unit: 'A', setpoint: true }])
    expect(read(own, 2, 1, 104)).toBe('4442000000')
    expect(ask(own, 15, `0c${oid(2, 1)}19553e44418000003f4908`)).toBe('20010f')
    expect(read(own, 2, 1, 87, 8)).toBe('4441800000')
    expect(read(own, 2, 1, 87)).toBe(`${'00'.repeat(7)}4441800000${'00'.repeat(8)}`)
    expect(read(own, 2, 1, 85)).toBe('4441800000')
    expect(ask(own, 15, `0c${oid(2, 1)}19553e003f4908`)).toBe('20010f')
    expect(read(own, 2, 1, 85)).toBe('4442000000')
  })
})

describe('the device', () => {
  const required: Expected = {
    ...named,
    112: ENUMERATED,
    121: TEXT,
    120: UNSIGNED,
    70: TEXT,
    44: TEXT,
    12: TEXT,
    98: UNSIGNED,
    139: UNSIGNED,
    97: BITS,
    96: BITS,
    76: OBJECT_ID,
    62: UNSIGNED,
    107: ENUMERATED,
    11: UNSIGNED,
    73: UNSIGNED,
    155: UNSIGNED,
  }

  it('has every property that the standard requires of it, in its data type', async () => {
    const own = await stack()
    own.attach([])
    for (const [property, tag] of Object.entries(required)) {
      const value = read(own, 8, 4000, Number(property))
      expect({ property, tag: Number.parseInt(value[0] ?? '', 16) }).toEqual({ property, tag })
    }
    // Nobody is looked up: a list without elements.
    expect(read(own, 8, 4000, 30)).toBe('')
  })

  it('supports what it executes and the types that it has, in strings as long as revision 22 says', async () => {
    const own = await stack()
    own.attach([])
    expect([98, 139].map((property) => read(own, 8, 4000, property))).toEqual(['2101', '2116'])
    // 47 bits (clause 21): those of device management (17, 20) only with a password.
    const services = (numbers: readonly number[]) => bitString(numbers, 47)
    const executed = [0, 3, 4, 5, 8, 9, 12, 14, 15, 16, 26, 32, 33, 34, 35, 36, 38, 39]
    expect(read(own, 8, 4000, 97)).toBe(services(executed))
    const managed = await stack({ password: 'secret' })
    managed.attach([])
    expect(read(managed, 8, 4000, 97)).toBe(services([...executed, 17, 20]))
    // 63 bits, the last staging's.
    const types = [0, 1, 2, 3, 4, 5, 8, 13, 15, 19, 20, 23, 29, 40, 46, 48, 56]
    expect(read(own, 8, 4000, 96)).toBe(bitString(types, 63))
  })

  it('says the same in I-Am as in its properties', async () => {
    const own = await stack()
    own.attach([])
    own.receive('810a0008010010 08'.replaceAll(' ', ''))
    const [answer] = own.take()
    const values = [75, 62, 107, 120].map((property) => read(own, 8, 4000, property))
    expect(answer?.hex.slice(12)).toBe(`1000${values.join('')}`)
  })

  it('counts its objects, device first, and one more revision when objects come', async () => {
    const own = await stack()
    own.attach([{ object: 'analog-input', instance: 1, type: 'number' }])
    const whole = read(own, 8, 4000, 76)
    expect(whole).toMatch(new RegExp(`^c4${oid(8, 4000)}(c4.{8})*c4${oid(0, 1)}c4${oid(29, 1)}$`))
    const count = whole.length / 10
    expect(read(own, 8, 4000, 76, 0)).toBe(`21${hex(count)}`)
    const before = Number.parseInt(read(own, 8, 4000, 155).slice(2), 16)
    own.attach([{ object: 'analog-input', instance: 2, type: 'number' }])
    expect(read(own, 8, 4000, 76, 0)).toBe(`21${hex(count + 1)}`)
    expect(read(own, 8, 4000, 76, count + 1)).toBe(`c4${oid(0, 2)}`)
    expect(Number.parseInt(read(own, 8, 4000, 155).slice(2), 16)).toBeGreaterThan(before)
  })
})

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0')
}

/** An application bit string of so many bits, those of the numbers set. */
function bitString(numbers: readonly number[], length: number): string {
  const bits = Buffer.alloc(Math.ceil(length / 8))
  for (const number of numbers) bits[number >> 3] = (bits[number >> 3] ?? 0) | (0x80 >> (number & 7))
  return `85${hex(bits.length + 1)}${hex(bits.length * 8 - length)}${bits.toString('hex')}`
}
