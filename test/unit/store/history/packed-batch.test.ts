import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Entry } from '../../../../src/core/history.ts'
import { pack, unpack } from '../../../../src/store/history/packed-batch.ts'

const text = fc.string({ unit: 'binary', maxLength: 30 })
const at = fc.integer({ min: 0, max: 4e12 })
const number = fc.option(fc.double({ noNaN: true }), { nil: undefined })
const message = fc.record({
  kind: fc.constant('message' as const),
  at,
  charger: text,
  from: fc.constantFrom('charger' as const, 'bridge' as const),
  form: fc.constantFrom('call' as const, 'result' as const, 'error' as const, 'nonsense' as const),
  action: text,
  text,
})
const session = fc.record({ transactionId: fc.integer({ min: 1, max: 2 ** 24 - 1 }), energyWh: number })
const metered = fc.record({
  kind: fc.constant('metered' as const),
  at,
  charger: text,
  connector: fc.integer({ min: 0, max: 64 }),
  powerW: number,
  energyWh: number,
  session: fc.option(session, { nil: undefined }),
})
const write = fc.record({
  kind: fc.constant('write' as const),
  at,
  source: fc.constantFrom('BACnet' as const, 'Modbus' as const, 'Web' as const),
  client: text,
  charger: fc.option(text, { nil: undefined }),
  connector: fc.constant(1),
  point: text,
  value: text,
  priority: fc.option(fc.integer({ min: 1, max: 16 }), { nil: undefined }),
  result: fc.constantFrom('accepted' as const, 'denied' as const, 'offline' as const),
  frame: fc.option(text, { nil: undefined }),
})
const note = fc.record({ kind: fc.constant('note' as const), at, type: text, message: text })
const entries: fc.Arbitrary<readonly Entry[]> = fc.array(fc.oneof(message, metered, write, note), { maxLength: 40 })

it('a batch that is packed, copied to another thread and unpacked is the same, whatever is in it', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const batch = { run: 3, number: 7, entries: all }
      expect(unpack(structuredClone(pack(batch)))).toEqual(batch)
    }),
  )
})
