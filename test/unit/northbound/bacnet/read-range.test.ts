import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../../src/lib/log.ts'
import { numberOf, sequenceOf } from '../../../../src/northbound/bacnet/objects/sequence-number.ts'
import { Reader } from '../../../../src/northbound/bacnet/wire/reader.ts'
import { readReadRangeAck } from '../../../../src/northbound/bacnet/wire/service/read-range.ts'
import { journals } from '../../../support/journal.ts'
import { byPosition, bySequence, byTime, LOG_BUFFER, readItems, readLog, records } from './logs.ts'
import { ask, context, local, oid, type PointInit, stack } from './support.ts'

const MINUTE = 60_000
const TREND_LOG = 20
const WRAP = 2 ** 32 - 1
const power: PointInit = {
  object: 'analog-input',
  instance: 7,
  type: 'number',
  unit: 'kW',
  trend: { every: '1m', keep: 500 },
}

/** A log with so many records, a minute apart, whose values are their numbers; `last` is the number of the newest. */
async function logged(count: number, { last = count, keep = 500 } = {}) {
  const journal = journals()
  const own = await stack({}, silentLog, { journal })
  const [point] = own.attach([{ ...power, trend: { every: '1m', keep } }])
  if (point === undefined) throw new Error('no point')
  for (const book of journal.shelf.values()) book.last = last - count
  for (let n = last - count + 1; n <= last; n += 1) {
    own.set(point, n)
    own.clock.advance(MINUTE - (own.clock.now() % MINUTE))
  }
  // Of the newest record.
  return { own, at: own.clock.now() }
}

type Logged = Awaited<ReturnType<typeof logged>>

/** `f` and `l` for the list's first and last item, `m` for more; values; the first sequence number. */
function brief({ own }: Logged, range: string): string {
  const ack = readLog(own, range)
  if (typeof ack === 'string') return ack
  const { first, last, more } = ack.resultFlags
  const values = records(ack).map(({ datum }) => ('value' in datum ? datum.value : datum.kind))
  const sequence = ack.firstSequenceNumber === undefined ? '' : ` #${ack.firstSequenceNumber}`
  return `${first ? 'f' : ''}${last ? 'l' : ''}${more ? 'm' : ''} ${values.join()}${sequence}`.trim()
}

describe('ReadRange of a log', () => {
  it('by position counts from the oldest record, onwards or back', async () => {
    const log = await logged(9)
    expect(brief(log, byPosition(1, 3))).toBe('f 1,2,3')
    expect(brief(log, byPosition(4, 2))).toBe('4,5')
    expect(brief(log, byPosition(8, 10))).toBe('l 8,9')
    expect(brief(log, byPosition(9, -3))).toBe('l 7,8,9')
    expect(brief(log, byPosition(3, -10))).toBe('f 1,2,3')
    expect(brief(log, byPosition(1, 9))).toBe('fl 1,2,3,4,5,6,7,8,9')
    expect(brief(log, byPosition(10, 1))).toBe('')
    expect(brief(log, byPosition(10, -5))).toBe('')
    expect(brief(log, byPosition(0, 3))).toBe('f 1,2')
  })

  it('by sequence number finds records by their own numbers, and those of a range that are still kept', async () => {
    const log = await logged(20, { keep: 10 })
    expect(brief(log, bySequence(15, 3))).toBe('15,16,17 #15')
    expect(brief(log, bySequence(15, -3))).toBe('13,14,15 #13')
    expect(brief(log, bySequence(11, 1))).toBe('f 11 #11')
    expect(brief(log, bySequence(20, 100))).toBe('l 20 #20')
    expect(brief(log, bySequence(9, 4))).toBe('f 11,12 #11')
    expect(brief(log, bySequence(5, 3))).toBe('')
    expect(brief(log, bySequence(21, 3))).toBe('')
    expect(brief(log, bySequence(22, -4))).toBe('l 19,20 #19')
    expect(brief(log, bySequence(2 ** 40, -4))).toBe('')
  })

  it('by sequence number goes over the end of the numbers', async () => {
    const log = await logged(6, { last: WRAP + 3 })
    expect(brief(log, bySequence(WRAP - 1, 4)).replaceAll(/\d{10}/g, 'n')).toBe('n,n,n,n #n')
    expect(brief(log, bySequence(WRAP, 1))).toContain(`#${WRAP}`)
    expect(brief(log, bySequence(1, 1))).toContain('#1')
    expect(brief(log, bySequence(3, 1))).toMatch(/^l .*#3$/)
    expect(brief(log, bySequence(2, -3))).toContain(`#${WRAP}`)
    expect(brief(log, bySequence(4, 1))).toBe('')
  })

  it('by time gives what is newer, or what is older, than a moment', async () => {
    const log = await logged(9)
    const minute = (n: number) => log.at - (9 - n) * MINUTE
    expect(brief(log, byTime(minute(4), 2))).toBe('5,6 #5')
    expect(brief(log, byTime(minute(4) - 10, 2))).toBe('4,5 #4')
    expect(brief(log, byTime(minute(4), -2))).toBe('2,3 #2')
    expect(brief(log, byTime(minute(4) + 10, -2))).toBe('3,4 #3')
    expect(brief(log, byTime(minute(-100), 2))).toBe('f 1,2 #1')
    expect(brief(log, byTime(minute(100), -2))).toBe('l 8,9 #8')
    expect(brief(log, byTime(minute(9), 2))).toBe('')
    expect(brief(log, byTime(minute(1), -2))).toBe('')
  })

  it('without a range gives everything, without numbers', async () => {
    expect(brief(await logged(3), '')).toBe('fl 1,2,3')
    expect(brief(await logged(0), '')).toBe('')
  })

  it('gives as many records as fit the answer, from where it was asked to begin or end', async () => {
    const log = await logged(400)
    const all = brief(log, byPosition(1, 400))
    expect(all).toMatch(/^fm 1,2,3,/)
    const fitting = all.split(',').length
    expect(fitting).toBeGreaterThan(60)
    expect(brief(log, byPosition(400, -400))).toMatch(/^lm .*,399,400$/)
    expect(brief(log, bySequence(400, -400))).toMatch(/^lm .*,399,400 #\d+$/)
    // The whole log in portions, as clients read it.
    const seen: string[] = []
    for (let next = 1; next <= 400; ) {
      const ack = readLog(log.own, bySequence(next, 400))
      const found = records(ack)
      seen.push(...found.map(({ datum }) => String('value' in datum && datum.value)))
      next += found.length
    }
    expect(seen).toEqual(Array.from({ length: 400 }, (_, n) => String(n + 1)))
  })

  it('gives fewer to a client that takes little, and refuses it where not one fits', async () => {
    const { own } = await logged(400)
    const asked = `1a 0c${oid(TREND_LOG, 7)}${context(1, LOG_BUFFER)}${byPosition(1, 400)}`
    // 480 octets, 128, 50.
    own.receive(local(`00 03 01 ${asked}`))
    own.receive(local(`00 01 02 ${asked}`))
    const answers = own.take().map(({ hex }) => Buffer.from(hex.slice(12), 'hex'))
    for (const [index, octets] of [480, 128].entries()) {
      const answer = answers[index] ?? Buffer.alloc(0)
      expect(answer.length).toBeLessThanOrEqual(octets)
      // One more record has 19 octets, and the answer keeps a few for larger numbers.
      expect(answer.length).toBeGreaterThan(octets - 19 - 10)
      const ack = readReadRangeAck(new Reader(answer.subarray(3)))
      expect(ack.resultFlags).toEqual({ first: true, last: false, more: true })
    }
    own.receive(local(`00 00 03 ${asked}`))
    const [small] = own.take()
    const ack = readReadRangeAck(new Reader(Buffer.from(small?.hex.slice(18) ?? '', 'hex')))
    expect(ack.itemCount).toBe(1)
    // In the smallest answer there is no room for a text: abort, segmentation-not-supported.
    const texts = await stack()
    const [point] = texts.attach([{ ...power, object: 'characterstring-value', type: 'text' }])
    if (point === undefined) throw new Error('no point')
    texts.set(point, 'a text that is longer than what this client takes')
    texts.clock.advance(MINUTE)
    texts.receive(local(`00 00 04 ${asked}`))
    expect(texts.take().map(({ hex }) => hex.slice(12))).toEqual(['710404'])
  })

  it('segments a longer answer for a client that takes segments', async () => {
    const { own } = await logged(400)
    own.receive(local(`02 75 01 1a 0c${oid(TREND_LOG, 7)}${context(1, LOG_BUFFER)}`))
    const [first] = own.take()
    // A segmented ComplexACK of which more follows.
    expect(first?.hex.slice(12, 14)).toBe('3c')
  })

  it.each([
    ['an object that is not here', `0c${oid(TREND_LOG, 8)}1983`, '9101911f'],
    ['a property that it does not have', `0c${oid(TREND_LOG, 7)}1955`, '91029120'],
    ['one value', `0c${oid(TREND_LOG, 7)}198d${byPosition(1, 1)}`, '91059116'],
    ['an array', `0c${oid(8, 4000)}194c${byPosition(1, 1)}`, '91059116'],
    ['an element of what is no array', `0c${oid(TREND_LOG, 7)}1983 2901 ${byPosition(1, 1)}`, '91029132'],
    ['no items', `0c${oid(TREND_LOG, 7)}1983${byPosition(1, 0)}`, '91059150'],
    ['a moment with wildcards', `0c${oid(TREND_LOG, 7)}1983 7e a4ffffffffb400000000 3101 7f`, '91059150'],
    ['a list without numbers by number', `0c${oid(8, 4000)}1998${bySequence(1, 1)}`, '9105918c'],
    ['a list without moments by time', `0c${oid(8, 4000)}1998${byTime(0, 1)}`, '9105918d'],
  ])('refuses %s', async (_, data, error) => {
    const { own } = await logged(3)
    expect(ask(own, 26, data)).toBe(`50011a${error}`)
  })

  it.each([
    ['nothing', ''],
    ['a range without its end', `0c${oid(TREND_LOG, 7)}1983 3e2101 3101`],
    ['a range of another kind', `0c${oid(TREND_LOG, 7)}1983 4e2101 3101 4f`],
    ['something behind it', `0c${oid(TREND_LOG, 7)}1983 3e2101 3101 3f 00`],
  ])('rejects %s', async (_, data) => {
    const { own } = await logged(3)
    expect(ask(own, 26, data)).toMatch(/^6001/)
  })
})

describe('ReadRange of another list', () => {
  it('gives items by position', async () => {
    const own = await stack()
    own.attach([power])
    for (const process of [1, 2, 3, 4]) {
      own.receive(local(`00 05 09 05 09 0${process} 1c${oid(0, 7)} 2900 3978`))
      own.take()
    }
    own.clock.advance(100)
    own.take()
    const processes = (range: string) => {
      const ack = readItems(own, `0c${oid(8, 4000)}1998${range}`)
      if (typeof ack === 'string') return ack
      const { first, last, more } = ack.resultFlags
      const reader = new Reader(ack.itemData)
      const found: number[] = []
      while (!reader.done) {
        reader.opening(0)
        reader.opening(0)
        reader.span(0)
        found.push(reader.unsigned(reader.context(1)))
        reader.closing(0)
        reader.opening(1)
        reader.span(1)
        reader.boolean(reader.context(2))
        reader.unsigned(reader.context(3))
        reader.float32()
        reader.uint8()
      }
      return [ack.itemCount, first, last, more, ack.firstSequenceNumber, ...found]
    }
    expect(processes(byPosition(2, 2)).slice(0, 5)).toEqual([2, false, false, false, undefined])
    expect(processes(byPosition(2, 2)).slice(5)).toEqual([2, 3])
    expect(processes(byPosition(4, -2))).toEqual([2, false, true, false, undefined, 3, 4])
    expect(processes('')).toEqual([4, true, true, false, undefined, 1, 2, 3, 4])
    expect(processes(byPosition(5, 1))).toEqual([0, false, false, false, undefined])
  })
})

describe('a sequence number', () => {
  it('of a record that is kept, means that record', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 35 }), fc.nat(100_000), fc.nat(100_000), (last, count, back) => {
        const first = Math.max(1, last - count)
        const number = Math.max(first, last - back)
        expect(numberOf(sequenceOf(number), first, last)).toBe(number)
      }),
    )
  })
})

describe('a log and a plain array', () => {
  const range = fc.oneof(
    fc.record({
      kind: fc.constant('position' as const),
      reference: fc.nat(16),
      count: fc.integer({ min: -16, max: 16 }),
    }),
    fc.record({
      kind: fc.constant('sequence' as const),
      reference: fc.nat(40),
      count: fc.integer({ min: -16, max: 16 }),
    }),
    fc.record({ kind: fc.constant('time' as const), reference: fc.nat(50), count: fc.integer({ min: -16, max: 16 }) }),
  )
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('append' as const), after: fc.integer({ min: -2, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge' as const) }) },
    { weight: 6, arbitrary: range },
  )

  it('give the same items to whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
        const journal = journals()
        const own = await stack({}, silentLog, { journal })
        own.attach([{ ...power, trend: { every: '1d', keep: 10 } }])
        const base = own.clock.now() - (own.clock.now() % MINUTE)
        const log = [...journal.shelf.keys()].map((name) => journal(name, 10))[0]
        let model: { readonly sequence: number; readonly at: number }[] = []
        let total = 0
        let at = 10
        for (const each of steps) {
          if (each.kind === 'append') {
            at = Math.max(0, at + each.after)
            total += 1
            // A real number.
            log?.append(base + at * 1000, Uint8Array.from([0x1e, 0x2c, 0x41, 0x20, 0, 0, 0x1f]))
            model = [...model, { sequence: total, at }].slice(-10)
          } else if (each.kind === 'purge') {
            log?.purge()
            model = []
          } else if (each.count !== 0) {
            const { kind, reference, count } = each
            const asked =
              kind === 'position'
                ? byPosition(reference, count)
                : kind === 'sequence'
                  ? bySequence(reference, count)
                  : byTime(base + reference * 1000, count)
            const ack = readLog(own, asked)
            if (typeof ack === 'string') throw new Error(ack)
            const wanted = expected(model, each)
            const first = wanted.at(0)
            expect({
              count: ack.itemCount,
              seconds: records(ack).map(({ timestamp: { time } }) => time[1] * 60 + time[2]),
              flags: ack.resultFlags,
              sequence: ack.firstSequenceNumber,
            }).toEqual({
              count: wanted.length,
              seconds: wanted.map((item) => item.at + new Date(base).getMinutes() * 60),
              flags: {
                first: first !== undefined && first === model.at(0),
                last: wanted.length > 0 && wanted.at(-1) === model.at(-1),
                more: false,
              },
              sequence: kind === 'position' ? undefined : first?.sequence,
            })
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** What a range means, written down once more in the plainest way. */
function expected<T extends { readonly sequence: number; readonly at: number }>(
  model: readonly T[],
  {
    kind,
    reference,
    count,
  }: { readonly kind: 'position' | 'sequence' | 'time'; readonly reference: number; readonly count: number },
): readonly T[] {
  if (kind === 'position' && reference > model.length) return []
  const from = count > 0 ? reference : reference + count + 1
  const to = count > 0 ? reference + count - 1 : reference
  if (kind === 'position') return model.filter((_, index) => index + 1 >= from && index + 1 <= to)
  if (kind === 'sequence') return model.filter(({ sequence }) => sequence >= from && sequence <= to)
  if (count > 0) {
    const start = model.findIndex(({ at }) => at > reference)
    return start < 0 ? [] : model.slice(start, start + count)
  }
  const end = model.findLastIndex(({ at }) => at < reference)
  return model.slice(Math.max(0, end + 1 + count), end + 1)
}
