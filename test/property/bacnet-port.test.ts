import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { BacnetError, BacnetReject } from '../../src/northbound/bacnet/wire/error-code.ts'
import { Reader } from '../../src/northbound/bacnet/wire/reader.ts'
import { type ApplicationValue, readApplication, writeApplication } from '../../src/northbound/bacnet/wire/value.ts'
import { Writer } from '../../src/northbound/bacnet/wire/writer.ts'
import { runs } from '../support/runs.ts'
import { local, site } from '../support/site.ts'

let own: Awaited<ReturnType<typeof site>>
beforeAll(async () => {
  own = await site()
})

/** Still there: the name of the bridge's device. */
function answers(): boolean {
  return own.bacnet(local('00 05 63 0c 0c 02000fa0 19 4d'))[0]?.includes(Buffer.from('Site').toString('hex')) === true
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** With its BVLC length put right, so that what is behind it is looked at. */
function lengthened(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  if (copy.length >= 4) copy.set([0x81, copy[1] ?? 0x0a, copy.length >> 8, copy.length & 0xff])
  return copy
}

describe('the BACnet port', () => {
  it('takes any bytes, answers within one datagram each, and goes on answering', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, framed) => {
        const sent = own.bacnet(hex(framed ? lengthened(bytes) : bytes))
        for (const datagram of sent) expect(datagram.length / 2).toBeLessThanOrEqual(1500)
        own.clock.advance(10)
        own.datagrams.splice(0)
        return answers()
      }),
      { numRuns: runs(3000) },
    )
  })
})

const four = fc.tuple(
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 255 }),
)
const value: fc.Arbitrary<ApplicationValue> = fc.oneof(
  fc.constant({ type: 'null' } as const),
  fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({
    type: fc.constantFrom('unsigned' as const, 'enumerated' as const),
    value: fc.nat(Number.MAX_SAFE_INTEGER),
  }),
  fc.record({ type: fc.constant('signed' as const), value: fc.integer() }),
  fc.record({ type: fc.constant('real' as const), value: fc.float({ noNaN: true }) }),
  fc.record({ type: fc.constant('double' as const), value: fc.double({ noNaN: true }) }),
  fc.record({ type: fc.constant('octet-string' as const), value: fc.uint8Array({ maxLength: 400 }) }),
  fc.record({ type: fc.constant('character-string' as const), value: fc.string({ unit: 'grapheme', maxLength: 400 }) }),
  fc.record({ type: fc.constant('bit-string' as const), value: fc.array(fc.boolean(), { maxLength: 70 }) }),
  fc.record({ type: fc.constantFrom('date' as const, 'time' as const), value: four }),
  fc.record({
    type: fc.constant('object-identifier' as const),
    value: fc.record({ type: fc.nat(1023), instance: fc.nat(4_194_303) }),
  }),
)

describe('the codec', () => {
  it('reads back every value that it writes', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const writer = new Writer(4)
        writeApplication(writer, sent)
        const reader = new Reader(writer.finish())
        expect(readApplication(reader)).toEqual(sent)
        expect(reader.done).toBe(true)
      }),
      { numRuns: runs(2000) },
    )
  })

  it('makes of any octets a value or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = new Reader(bytes)
        try {
          while (!reader.done) readApplication(reader)
        } catch (error) {
          if (!(error instanceof BacnetReject || error instanceof BacnetError)) throw error
        }
      }),
      { numRuns: runs(5000) },
    )
  })
})
