import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc16 } from '../../src/northbound/modbus/wire/crc16.ts'
import { roleIn } from '../../src/northbound/modbus/wire/role.ts'
import { answerLength, requestLength } from '../../src/northbound/modbus/wire/rtu-length.ts'
import { join, listen, rtu } from '../support/rtu.ts'
import { runs } from '../support/runs.ts'

const OWN = [7, 8, 247]
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const word = fc.nat(0xffff).map((value) => value.toString(16).padStart(4, '0'))
const registers = (most: number) => fc.array(word, { minLength: 1, maxLength: most })
const byte = (value: number) => value.toString(16).padStart(2, '0')

/** The PDU of a request that keeps the rules of its function. */
const request = fc.oneof(
  fc.tuple(fc.constantFrom('01', '02', '03', '04', '05', '06'), word, word).map((parts) => parts.join('')),
  fc
    .tuple(word, registers(123))
    .map(
      ([address, values]) => `10${address}${`00${byte(values.length)}`}${byte(2 * values.length)}${values.join('')}`,
    ),
  fc.tuple(word, word, word).map((parts) => `16${parts.join('')}`),
  fc
    .tuple(word, word, word, registers(121))
    .map(
      ([from, count, to, values]) =>
        `17${from}${count}${to}00${byte(values.length)}${byte(2 * values.length)}${values.join('')}`,
    ),
  fc.constant('2b0e0100'),
  fc.constant('11'),
)
/** The PDU of an answer. */
const answer = fc.oneof(
  fc
    .tuple(fc.constantFrom('01', '02', '03', '04', '17'), fc.uint8Array({ minLength: 1, maxLength: 250 }))
    .map(([code, data]) => `${code}${byte(data.length)}${hexOf(data)}`),
  fc.tuple(fc.constantFrom('05', '06', '0f', '10'), word, word).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('81', '83', '90'), fc.constantFrom('01', '02', '03', '0b')).map((parts) => parts.join('')),
)
const ownUnit = fc.constantFrom(...OWN).map(byte)
const otherUnit = fc.integer({ min: 20, max: 200 }).map(byte)
const theirs = fc
  .tuple(otherUnit, fc.oneof(request, answer))
  .map(([unit, pdu]) => ({ frame: rtu(unit + pdu), own: false as const, told: '' }))
  .filter(({ frame }) => soundPieces(frame, 1) === 1)
const ours = fc
  .tuple(ownUnit, request)
  .map(([unit, pdu]) => ({ frame: rtu(unit + pdu), own: true as const, told: `${Number.parseInt(unit, 16)} ${pdu}` }))

/** How many pieces of the bytes have a CRC that fits: one of 65,536 does by chance, and then there is no telling. */
function soundPieces(bytes: Uint8Array, from = bytes.length): number {
  let count = 0
  for (let start = 0; start < Math.min(from, bytes.length - 3); start += 1)
    for (let end = start + 4; end <= Math.min(bytes.length, start + 256); end += 1)
      if (((bytes[end - 1] ?? 0) << 8) + (bytes[end - 2] ?? 0) === crc16(bytes, start, end - 2)) count += 1
  return count
}

/** A unit is asked the same function twice: between the two there is a silence in which it did not answer. */
function isAskedAgain(traffic: readonly { readonly frame: Uint8Array; readonly own: boolean }[]): boolean {
  return traffic.some(({ frame: [unit, code = 0], own }, n) => {
    const before = traffic[n - 1]?.frame
    return !own && before?.[0] === unit && ((before?.[1] ?? 0) & 0x7f) === (code & 0x7f)
  })
}

/** The same bytes in pieces of these lengths, over and over. */
function cut(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const length = lengths[n % lengths.length] ?? 1
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}

const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 })

describe('A shared line', () => {
  it('gives each request to us and nothing else, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ours, theirs), { minLength: 1, maxLength: 12 }), lengths, (traffic, pieces) => {
        fc.pre(!isAskedAgain(traffic))
        const line = listen(OWN)
        line.hear(...cut(join(...traffic.map(({ frame }) => frame)), pieces))
        expect(line.requests).toEqual(traffic.filter(({ own }) => own).map(({ told }) => told))
        expect(line.heard.noise).toBe(0)
        expect(line.reader.partial).toBe(false)
      }),
      { numRuns: runs(1000) },
    )
  })

  it('gives the request behind which it falls silent, whatever noise was before it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), ours, lengths, (noise, { frame, told }, pieces) => {
        fc.pre(soundPieces(join(noise, frame), noise.length) === 0)
        const line = listen(OWN)
        line.hear(...cut(join(noise, frame), pieces))
        line.silence()
        expect(line.requests).toEqual([told])
      }),
      { numRuns: runs(1000) },
    )
  })

  it('is in step again after one silence, whatever was before it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.array(ours, { minLength: 1, maxLength: 4 }), (noise, after) => {
        const line = listen(OWN)
        line.hear(noise)
        line.silence()
        const before = line.requests.length
        line.hear(...after.map(({ frame }) => frame))
        expect(line.requests.slice(before)).toEqual(after.map(({ told }) => told))
      }),
      { numRuns: runs(1000) },
    )
  })

  it('makes a request of nothing that is not sound: one changed byte, and there is none', () => {
    fc.assert(
      fc.property(ours, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ frame }, place, change) => {
        const changed = Uint8Array.from(frame, (value, n) => (n === place % frame.length ? value ^ change : value))
        fc.pre(soundPieces(changed.subarray(0, -1), 1) === 0)
        const line = listen(OWN)
        line.hear(changed)
        line.silence()
        expect(line.requests).toEqual([])
      }),
      { numRuns: runs(1000) },
    )
  })

  it('makes nothing of what was cut short', () => {
    fc.assert(
      fc.property(ours, fc.nat(), ({ frame }, place) => {
        const short = frame.subarray(0, place % frame.length)
        fc.pre(soundPieces(short, 1) === 0)
        const line = listen(OWN)
        line.hear(short)
        line.silence()
        expect(line.requests).toEqual([])
        expect(line.reader.partial).toBe(false)
      }),
      { numRuns: runs(1000) },
    )
  })

  it('gives only sound requests to us, whatever it carries and whenever it is silent', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 700 }),
      ours.map(({ frame }) => frame),
      theirs.map(({ frame }) => frame),
      ours.map(({ frame }) => frame.subarray(0, frame.length - 3)),
      fc.constant(undefined),
    )
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 20 }), (traffic) => {
        const line = listen(OWN)
        for (const each of traffic) {
          if (each === undefined) line.silence()
          else line.hear(each)
        }
        line.silence()
        const sent = hexOf(join(...traffic.map((each) => each ?? new Uint8Array(0))))
        for (const told of line.requests) {
          const [unit = '', pdu = ''] = told.split(' ')
          expect(OWN).toContain(Number(unit))
          // Its bytes, with their CRC, were on the line in one piece.
          expect(sent).toContain(hexOf(rtu(byte(Number(unit)) + pdu)))
        }
      }),
      { numRuns: runs(1000) },
    )
  })
})

it('The length of a frame is a number, or more bytes or silence are needed, whatever it begins with', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
      const available = Math.max(0, bytes.length - at)
      for (const length of [requestLength(bytes, at, available), answerLength(bytes, at, available)])
        expect(typeof length === 'number' ? length >= 4 : ['more', 'unknown'].includes(length)).toBe(true)
    }),
  )
})

it('Whatever a certificate is made of, it has a role or none', () => {
  const der = fc.letrec<{ element: Uint8Array }>((tie) => ({
    element: fc
      .tuple(
        fc.constantFrom(0x30, 0x06, 0x04, 0x0c, 0xa3, 0x01),
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.array(tie('element'), { maxLength: 4 }).map((all) => join(...all)),
        ),
      )
      .map(([tag, content]) =>
        content.length < 0x80
          ? Uint8Array.of(tag, content.length, ...content)
          : Uint8Array.of(tag, 0x82, content.length >> 8, content.length & 255, ...content),
      ),
  })).element
  fc.assert(
    fc.property(fc.oneof(der, fc.uint8Array({ maxLength: 400 })), (bytes) => {
      expect(['string', 'undefined']).toContain(typeof roleIn(bytes))
    }),
    { numRuns: runs(1000) },
  )
})
