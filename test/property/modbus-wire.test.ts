import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DataType,
  dataTypes,
  decodeValue,
  encodeValue,
  type Format,
  wordOrders,
  wordsOf,
} from '../../src/northbound/modbus/wire/data-type.ts'
import { encodeIdentification } from '../../src/northbound/modbus/wire/device-identification.ts'
import { ModbusException } from '../../src/northbound/modbus/wire/exception.ts'
import { encodeFrame, FrameReader, FramingError } from '../../src/northbound/modbus/wire/mbap.ts'
import { decodeRequest } from '../../src/northbound/modbus/wire/pdu.ts'
import { runs } from '../support/runs.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })

/** What a reader makes of chunks: frames, and whether it gave up. */
function read(chunks: readonly Uint8Array[]): { frames: string[]; broken: boolean } {
  const reader = new FrameReader()
  const frames: string[] = []
  try {
    for (const chunk of chunks) {
      reader.push(chunk)
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        frames.push(`${frame.transaction} ${frame.unit} ${Buffer.from(frame.pdu).toString('hex')}`)
      }
    }
  } catch (error) {
    if (!(error instanceof FramingError)) throw error
    return { frames, broken: true }
  }
  return { frames, broken: false }
}

/** Cuts a buffer at the given places. */
function split(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return places.slice(1).map((end, n) => whole.subarray(places[n], end))
}

describe('Framing', () => {
  it('finds the same frames however a stream is cut', () => {
    const frame = fc.tuple(fc.nat(0xffff), fc.nat(0xff), fc.uint8Array({ minLength: 1, maxLength: 253 }))
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(3000), { maxLength: 12 }), (frames, cuts) => {
        const whole = Buffer.concat(frames.map(([transaction, unit, pdu]) => encodeFrame(transaction, unit, pdu)))
        const wanted = frames.map(
          ([transaction, unit, pdu]) => `${transaction} ${unit} ${Buffer.from(pdu).toString('hex')}`,
        )
        expect(read(split(whole, cuts))).toEqual({ frames: wanted, broken: false })
      }),
    )
  })

  it('says the same of any bytes however they are cut, and gives up only with its own error', () => {
    fc.assert(
      fc.property(bytes(600), fc.array(fc.nat(600), { maxLength: 12 }), (whole, cuts) => {
        expect(read(split(whole, cuts))).toEqual(read([whole]))
      }),
    )
  })
})

describe('A request PDU', () => {
  it('of any bytes is understood or is exception 1 or 3', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 253 }), (pdu) => {
        try {
          const request = decodeRequest(pdu)
          expect(request.function).toBe(pdu[0])
          if ('quantity' in request) expect(request.quantity).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(ModbusException)
          expect([1, 3]).toContain((error as ModbusException).code)
        }
      }),
      { numRuns: runs(2000) },
    )
  })

  it('of a served function likewise', () => {
    const code = fc.constantFrom(1, 2, 3, 4, 5, 6, 15, 16, 17, 22, 23, 43)
    fc.assert(
      fc.property(code, bytes(252), (first, rest) => {
        try {
          decodeRequest(Uint8Array.of(first, ...rest))
        } catch (error) {
          expect(error).toBeInstanceOf(ModbusException)
        }
      }),
      { numRuns: runs(2000) },
    )
  })

  it('for identification is answered within 253 bytes, whatever the texts, and its pages end', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 })
    const texts = fc.record({
      vendorName: text,
      productCode: text,
      majorMinorRevision: text,
      vendorUrl: text,
      productName: text,
      modelName: text,
      userApplicationName: text,
    })
    fc.assert(
      fc.property(texts, fc.nat(255), fc.constantFrom(1, 2, 3), (identification, first, access) => {
        let from = first
        for (let page = 0; page < 8; page += 1) {
          const pdu = encodeIdentification(access as 1 | 2 | 3, from, identification)
          expect(pdu.length).toBeLessThanOrEqual(253)
          expect(pdu[6]).toBeGreaterThan(0)
          if (pdu[4] === 0) return
          from = pdu[5] ?? 0
        }
        expect.unreachable('the pages do not end')
      }),
    )
  })
})

describe('Values in registers', () => {
  const order = fc.constantFrom(...wordOrders)
  const formatOf = (type: DataType, wordOrder: Format['wordOrder'], scale = 1, length = 20): Format => ({
    type,
    words: wordsOf(type, length),
    wordOrder,
    scale,
  })

  function through(format: Format, value: number | boolean | string, at: number) {
    const image = new Uint8Array(2 * format.words + 12).fill(0xaa)
    encodeValue(format, value, image, at)
    // Neither before nor behind its own registers is anything touched.
    expect(image.subarray(0, at).every((byte) => byte === 0xaa)).toBe(true)
    expect(image.subarray(at + 2 * format.words).every((byte) => byte === 0xaa)).toBe(true)
    return decodeValue(format, image, at)
  }

  const integers = {
    uint16: fc.integer({ min: 0, max: 0xfffe }),
    int16: fc.integer({ min: -0x7fff, max: 0x7fff }),
    uint32: fc.integer({ min: 0, max: 0xfffffffe }),
    int32: fc.integer({ min: -0x7fffffff, max: 0x7fffffff }),
    uint64: fc.maxSafeNat(),
    int64: fc.maxSafeInteger(),
  } as const

  it.each(Object.entries(integers))('%s: what goes in comes out', (type, value) => {
    fc.assert(
      fc.property(value, order, fc.nat(10), (number, wordOrder, at) => {
        expect(through(formatOf(type as DataType, wordOrder), number, at)).toBe(number)
      }),
    )
  })

  it('with a scale of tenths, hundredths or tens as well', () => {
    fc.assert(
      fc.property(integers.int16, fc.constantFrom(0.1, 0.01, 0.001, 10, 100), order, (raw, scale, wordOrder) => {
        const value = scale < 1 ? raw / Math.round(1 / scale) : raw * scale
        expect(through(formatOf('int16', wordOrder, scale), value, 0)).toBe(value === 0 ? 0 : value)
      }),
    )
  })

  it('floats and texts likewise', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), order, (number, wordOrder) => {
        expect(through(formatOf('float32', wordOrder), number, 2)).toBe(number)
      }),
    )
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), order, (number, wordOrder) => {
        expect(through(formatOf('float64', wordOrder), number, 2)).toBe(number)
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,20}$/), order, (text, wordOrder) => {
        expect(through(formatOf('string', wordOrder), text, 3)).toBe(text)
      }),
    )
  })

  it('any number is shown as itself, or as not available: it never wraps', () => {
    const type = fc.constantFrom('uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64' as const)
    fc.assert(
      fc.property(type, fc.double(), (name, number) => {
        const shown = through(formatOf(name as DataType, 'ABCD'), number, 0)
        if (shown !== null) expect(Math.abs(Number(shown) - number)).toBeLessThanOrEqual(0.5)
      }),
    )
  })

  it('any registers are a value, not available, or none', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dataTypes),
        order,
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        (type, wordOrder, image) => {
          const format = formatOf(type, wordOrder)
          const value = decodeValue(format, image, 0)
          expect(value === null || value === undefined || ['number', 'boolean', 'string'].includes(typeof value)).toBe(
            true,
          )
          if (typeof value === 'number') expect(Number.isNaN(value)).toBe(false)
        },
      ),
    )
  })
})
