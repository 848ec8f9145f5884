import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../../../src/core/history.ts'
import { Page, readPage } from '../../../../../src/store/history/record/page.ts'

/** What UTF-8 has no bytes for becomes U+FFFD. */
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 400 }))
const at = fc.integer({ min: -8.64e15, max: 8.64e15 })
const perhaps = (value: fc.Arbitrary<number>) => fc.option(value, { nil: undefined })
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    ...{ at, charger: text, action: text, text },
    from: fc.constantFrom('charger' as const, 'bridge' as const),
    form: fc.constantFrom('call' as const, 'result' as const, 'error' as const, 'nonsense' as const),
  }),
  fc.record({
    kind: fc.constant('metered' as const),
    ...{ at, charger: text, connector: fc.nat() },
    ...{ powerW: perhaps(fc.double()), energyWh: perhaps(fc.double()) },
    session: fc.option(fc.record({ transactionId: fc.nat(), energyWh: perhaps(fc.double()) }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('note' as const), at, type: text, message: text }),
  fc.record({
    kind: fc.constant('write' as const),
    ...{ at, client: text, connector: fc.nat(), point: text, value: text },
    charger: fc.option(text, { nil: undefined }),
    source: fc.constantFrom('BACnet' as const, 'Modbus' as const, 'Web' as const),
    priority: perhaps(fc.integer({ min: 1, max: 16 })),
    result: fc.constantFrom('accepted' as const, 'denied' as const, 'busy' as const),
    frame: fc.option(text, { nil: undefined }),
  }),
)

/** As many as fit, and what is read of them. */
function through(page: Page, entries: readonly Entry[]): readonly [added: readonly Entry[], read: readonly Entry[]] {
  const first = entries.findIndex((each) => !page.add(each))
  return [first < 0 ? entries : entries.slice(0, first), readPage(page.written)]
}

describe('a page', () => {
  it('has all that was added, in order, whatever it is, and no more than it has room for', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), fc.integer({ min: 64, max: 8_192 }), (entries, size) => {
        const [added, read] = through(new Page(size), entries)
        expect(read).toEqual(added)
      }),
      { numRuns: 300 },
    )
  })

  it('that was cleared has nothing of what was there', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 10 }), fc.array(entry, { maxLength: 10 }), (before, entries) => {
        const page = new Page(4_096)
        through(page, before)
        page.clear()
        const [added, read] = through(page, entries)
        expect(read).toEqual(added)
        expect(page.entries).toBe(added.length)
      }),
      { numRuns: 100 },
    )
  })

  it('of the size that an entry needs has room for it', () => {
    fc.assert(fc.property(entry, (each) => void expect(new Page(Page.sizeFor(each)).add(each)).toBe(true)))
  })

  it('knows more chargers than it has numbers for', () => {
    const page = new Page(2 ** 23)
    const entries = Array.from({ length: 66_000 }, (_, n) => heartbeat(n, `CP-${n}`))
    const again = [heartbeat(1, 'CP-65999'), heartbeat(2, 'CP-65534'), heartbeat(3, 'CP-0')]
    const [added, read] = through(page, [...entries, ...again])
    expect(added).toHaveLength(66_003)
    expect(read.at(-1)).toEqual(again[2])
    expect(read).toEqual(added)
  })

  it('that is torn anywhere, or has other bytes in it, is read to there, and throws an error of one of two kinds', () => {
    const page = new Page(2_048)
    const [added] = through(page, [
      heartbeat(1, 'CP-1'),
      { kind: 'note', at: 2, type: 'A', message: 'b' },
      heartbeat(3, 'CP-2'),
    ])
    const { written } = page
    for (let end = 0; end < written.length; end += 1) {
      const read = tolerantly(written.subarray(0, end))
      expect(read).toEqual(added.slice(0, read.length))
    }
    fc.assert(
      fc.property(fc.nat(written.length - 1), fc.nat(255), (place, byte) => {
        const wrong = Uint8Array.from(written)
        wrong[place] = byte
        tolerantly(wrong)
      }),
      { numRuns: 500 },
    )
    expect(tolerantly(new Uint8Array(64))).toEqual([])
  })
})

function tolerantly(bytes: Uint8Array): readonly Entry[] {
  const entries: Entry[] = []
  try {
    readPage(bytes, entries)
  } catch (error) {
    expect(error instanceof RangeError || error instanceof SyntaxError).toBe(true)
  }
  return entries
}

function heartbeat(at: number, charger: string): Entry {
  return { kind: 'message', at, charger, from: 'charger', form: 'call', action: 'Heartbeat', text: '[]' }
}
