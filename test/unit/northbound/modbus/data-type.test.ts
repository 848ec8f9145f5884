import { describe, expect, it } from 'vitest'
import {
  type DataType,
  decodeValue,
  type Encodable,
  encodeValue,
  type Format,
  type WordOrder,
  wordsOf,
} from '../../../../src/northbound/modbus/wire/data-type.ts'
import { hex, toHex } from './support.ts'

function format(type: DataType, extra: { wordOrder?: WordOrder; scale?: number; length?: number } = {}): Format {
  const { wordOrder = 'ABCD', scale = 1, length = 8 } = extra
  return { type, words: wordsOf(type, length), wordOrder, scale }
}

function encode(as: Format, value: Encodable): string {
  const bytes = new Uint8Array(2 * as.words)
  encodeValue(as, value, bytes, 0)
  return toHex(bytes)
}

const decode = (as: Format, text: string) => decodeValue(as, hex(text), 0)

describe('Data types', () => {
  it.each([
    ['uint16', 1, 'ffff'],
    ['int16', 1, '8000'],
    ['uint32', 2, 'ffffffff'],
    ['int32', 2, '80000000'],
    ['uint64', 4, 'ffffffffffffffff'],
    ['bool', 1, 'ffff'],
  ] as const)('%s takes %i registers and shows what it does not know as %s', (type, words, absent) => {
    expect(wordsOf(type, 0)).toBe(words)
    expect(encode(format(type), undefined)).toBe(absent)
    expect(decode(format(type), absent)).toBeNull()
    expect(encode(format(type), Number.NaN)).toBe(absent)
  })

  it('floats show NaN for what they do not know', () => {
    expect(encode(format('float32'), undefined)).toBe('7fc00000')
    expect(decode(format('float32'), 'ffffffff')).toBeNull()
    expect(encode(format('float64'), undefined)).toBe('7ff8000000000000')
    expect(decode(format('float64'), '7ff8000000000001')).toBeNull()
  })

  it.each([
    ['uint16', 65_535],
    ['uint16', 70_000],
    ['uint16', -1],
    ['int16', 32_768],
    ['int16', -32_768],
    ['uint32', 2 ** 32 - 1],
    ['uint32', -0.6],
    ['int32', 2 ** 31],
    ['int32', -(2 ** 31)],
    ['uint64', 2 ** 64],
    ['float32', 1e39],
    ['float32', Number.POSITIVE_INFINITY],
    ['float64', Number.NEGATIVE_INFINITY],
  ] as const)('a %s never wraps: %d is shown as not available', (type, value) => {
    expect(encode(format(type), value)).toBe(encode(format(type), undefined))
  })

  it('shows the largest values that it can tell from that', () => {
    expect(encode(format('uint16'), 65_534)).toBe('fffe')
    expect(encode(format('int16'), -32_767)).toBe('8001')
    expect(encode(format('int32'), -2)).toBe('fffffffe')
    expect(encode(format('uint64'), 2 ** 53)).toBe('0020000000000000')
    expect(encode(format('int64'), -1)).toBe('ffffffffffffffff')
    expect(encode(format('int64'), -(2 ** 53))).toBe('ffe0000000000000')
    expect(encode(format('int64'), undefined)).toBe('8000000000000000')
    expect(decode(format('int64'), '8000000000000000')).toBeNull()
    expect(decode(format('int64', { wordOrder: 'CDAB' }), 'fffeffffffffffff')).toBe(-2)
    expect(encode(format('int64'), 2 ** 63)).toBe('8000000000000000')
    expect(encode(format('float32'), 3.4028234663852886e38)).toBe('7f7fffff')
  })

  it('value = raw × scale, without binary dust', () => {
    const tenths = format('uint16', { scale: 0.1 })
    expect(encode(tenths, 16.1)).toBe('00a1')
    for (let raw = 0; raw < 1000; raw += 1) {
      expect(decode(tenths, raw.toString(16).padStart(4, '0'))).toBe(raw / 10)
    }
    expect(encode(format('uint16', { scale: 10 }), 22_080)).toBe('08a0')
    expect(decode(format('int16', { scale: 0.3 }), '000a')).toBeCloseTo(3)
    expect(encode(format('float32', { scale: 0.001 }), 1.5)).toBe('44bb8000')
  })

  it.each([
    ['ABCD', '12345678', '0123456789abcdef'],
    ['CDAB', '56781234', 'cdef89ab45670123'],
    ['BADC', '34127856', '23016745ab89efcd'],
    ['DCBA', '78563412', 'efcdab8967452301'],
  ] as const)('word order %s', (wordOrder, two, four) => {
    const uint32 = format('uint32', { wordOrder })
    expect(encode(uint32, 0x12345678)).toBe(two)
    expect(decode(uint32, two)).toBe(0x12345678)
    const float64 = format('float64', { wordOrder })
    expect(encode(float64, 3.512700564088504e-303)).toBe(four)
    expect(decode(float64, four)).toBe(3.512700564088504e-303)
  })

  it('123.456 as a float, as every manual prints it', () => {
    expect(encode(format('float32'), 123.456)).toBe('42f6e979')
    expect(encode(format('float32', { wordOrder: 'CDAB' }), 123.456)).toBe('e97942f6')
  })

  it('one register alone is never swapped', () => {
    for (const wordOrder of ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const) {
      expect(encode(format('uint16', { wordOrder }), 0x1234)).toBe('1234')
    }
  })

  it('texts: two characters a register, high byte first, the rest NUL', () => {
    expect(encode(format('string'), 'ACME1')).toBe('41434d4531000000')
    expect(decode(format('string'), '41434d4531000000')).toBe('ACME1')
    expect(encode(format('string'), undefined)).toBe('0000000000000000')
    expect(decode(format('string'), '0000000000000000')).toBe('')
    expect(encode(format('string', { length: 5 }), 'ABCDEFGH')).toBe('414243444546')
    expect(encode(format('string', { wordOrder: 'BADC' }), 'AB')).toBe('4241000000000000')
  })

  it('texts are cut between characters, and what is no text is none', () => {
    expect(decode(format('string'), encode(format('string'), 'ABCDEFGé'))).toBe('ABCDEFG')
    expect(decode(format('string'), 'c328000000000000')).toBeUndefined()
  })

  it('booleans are 0 and 1 and nothing else', () => {
    expect(encode(format('bool'), true)).toBe('0001')
    expect(encode(format('uint16'), false)).toBe('0000')
    expect(decode(format('bool'), '0001')).toBe(true)
    expect(decode(format('bool'), '0002')).toBeUndefined()
  })
})
