import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../../src/lib/log.ts'
import { HandKeeping } from '../../../support/hand-keeping.ts'
import { ask, context, local, oid, type PointInit, read, type Stack, stack } from './support.ts'
import { power, real } from './watched.ts'

const WRITTEN = '200110'
const limit = (instance: number): PointInit => ({
  object: 'analog-output',
  instance,
  type: 'number',
  unit: 'A',
  setpoint: true,
})

interface Wanted {
  readonly property: number
  readonly value: string
  readonly index?: number
  readonly priority?: number
}

function one({ index, priority, property, value }: Wanted): string {
  const rest = priority === undefined ? '' : context(3, priority)
  return `${context(0, property)}${index === undefined ? '' : context(1, index)}2e${value}2f${rest}`
}

/** One object and what is written to it. */
function specification(type: number, instance: number, ...wanted: readonly Wanted[]): string {
  return `0c${oid(type, instance)}1e${wanted.map(one).join('')}1f`
}

const amps = (value: number, priority = 8): Wanted => ({ property: 85, value: real(value), priority })

/** WritePropertyMultiple-Error, with the write that failed (15.10). */
function failed(code: string, type: number, instance: number, property: number, index?: number): string {
  const at = index === undefined ? '' : context(2, index)
  return `5001100e${code}0f1e0c${oid(type, instance)}${context(1, property)}${at}1f`
}

async function limits() {
  const own = await stack()
  own.attach([limit(1), limit(2), limit(3), power()])
  return own
}

/** What slot 8 of each limit holds. */
const slots = (own: Stack) => [1, 2, 3].map((instance) => read(own, 1, instance, 87, 8))

describe('a write that is not on disk yet', () => {
  const begun = async () => {
    const keeping = new HandKeeping()
    const own = await stack({}, silentLog, { keeping })
    own.attach([limit(1), limit(2), limit(3), power()])
    return { keeping, own }
  }
  const sent = (own: Stack) => own.take().map(({ hex }) => hex.slice(12))
  /** Answers with what is said at once. */
  const say = (own: Stack, service: number, parameters: string) => {
    own.receive(local(`00 05 01 ${service.toString(16).padStart(2, '0')} ${parameters}`))
    return sent(own)
  }

  it('is acknowledged when it is; who reads is answered meanwhile, and sees it', async () => {
    const { keeping, own } = await begun()
    expect(say(own, 16, specification(1, 1, amps(10)))).toEqual([])
    expect(read(own, 1, 1, 87, 8)).toBe(real(10))
    // Its client has heard nothing, and asks once more: nothing was written by that.
    expect(say(own, 16, specification(1, 1, amps(10)))).toEqual([])
    keeping.sync()
    expect(sent(own)).toEqual([WRITTEN, WRITTEN])
    expect(ask(own, 16, specification(1, 2, amps(11)))).toBe(WRITTEN)
  })

  it('is not said to have been made by the error of one after it either, until it is', async () => {
    const { keeping, own } = await begun()
    const request = specification(1, 1, amps(10)) + specification(1, 9, amps(10))
    expect(say(own, 16, request)).toEqual([])
    expect(read(own, 1, 1, 87, 8)).toBe(real(10))
    keeping.sync()
    expect(sent(own)).toEqual([failed('9101911f', 1, 9, 85)])
    const other = await begun()
    expect(say(other.own, 16, request)).toEqual([])
    other.keeping.fail()
    expect(sent(other.own)).toEqual(['710109'])
  })

  it('is refused where the disk doesn’t take it', async () => {
    const { keeping, own } = await begun()
    const value = `0c${oid(1, 1)}19553e${real(10)}3f4908`
    expect(say(own, 15, value)).toEqual([])
    expect(say(own, 16, specification(1, 2, amps(10)))).toEqual([])
    keeping.fail()
    // no-space-to-write-property of resources (18.3.8); what can't name the write at fault is aborted (out-of-resources, 18.10).
    expect(sent(own)).toEqual(['50010f91039114', '710109'])
  })
})

describe('WritePropertyMultiple', () => {
  it('writes several properties of several objects, each at its own priority', async () => {
    const own = await limits()
    const request = [
      specification(1, 1, amps(10), { ...amps(11, 9) }),
      specification(1, 2, { property: 85, value: real(12) }),
      specification(0, 1, { property: 45, value: real(15) }, { property: 113, value: '2105' }),
      specification(15, 1, { property: 86, index: 2, value: '2109' }),
    ]
    expect(ask(own, 16, request.join(''))).toBe(WRITTEN)
    expect(own.downlink.written.map(({ priority, value }) => [value, priority])).toEqual([
      [10, 8],
      [11, 9],
      [12, undefined],
    ])
    expect([read(own, 0, 1, 45), read(own, 0, 1, 113), read(own, 15, 1, 86)]).toEqual([
      real(15),
      '2105',
      '2140210921a0',
    ])
  })

  it('releases a slot with NULL', async () => {
    const own = await limits()
    expect(ask(own, 16, specification(1, 1, amps(10)))).toBe(WRITTEN)
    expect(ask(own, 16, specification(1, 1, { property: 85, value: '00', priority: 8 }))).toBe(WRITTEN)
    expect(slots(own)).toEqual(['00', '00', '00'])
  })

  it.each([
    [1, ['00', '00', '00']],
    [2, [real(10), '00', '00']],
    [3, [real(10), real(10), '00']],
  ])('ends at write %i, if that fails: those before it stay, and it is named', async (bad, expected) => {
    const own = await limits()
    const wanted = [1, 2, 3].map((n) =>
      specification(1, n, n === bad ? { property: 85, value: '2105', priority: 8 } : amps(10)),
    )
    // property / invalid-data-type.
    expect(ask(own, 16, wanted.join(''))).toBe(failed('91029109', 1, bad, 85))
    expect(slots(own)).toEqual(expected)
  })

  it('names the property of an object that failed, and its element', async () => {
    const own = await limits()
    const cases: readonly [string, string][] = [
      [specification(1, 9, amps(10)), failed('9101911f', 1, 9, 85)],
      [specification(1, 1, amps(10), { property: 9999, value: '2100' }), failed('91029120', 1, 1, 9999)],
      [specification(1, 1, { property: 85, index: 1, value: real(1) }), failed('91029132', 1, 1, 85, 1)],
      [specification(1, 1, { property: 87, index: 3, value: real(1) }), failed('91029128', 1, 1, 87, 3)],
      [specification(15, 1, { property: 86, index: 4, value: '2101' }), failed('9102912a', 15, 1, 86, 4)],
      [specification(15, 1, { property: 102, value: '2105' }), failed('91029109', 15, 1, 102)],
      [specification(0, 1, { property: 45, value: '447fc00000' }), failed('91029125', 0, 1, 45)],
      // Broken only inside of the value: writes before it are done, so that it is no reject any more.
      [specification(0, 1, { property: 45, value: '4300000a' }), failed('91029109', 0, 1, 45)],
    ]
    for (const [request, answer] of cases) expect(ask(own, 16, request)).toBe(answer)
  })

  it('that is malformed anywhere is rejected, and writes nothing', async () => {
    const own = await limits()
    const whole = [1, 2, 3].map((n) => specification(1, n, amps(10))).join('')
    const last = specification(1, 3, amps(10)).length
    for (let cut = 0; cut < whole.length; cut += 2) {
      const answer = ask(own, 16, whole.slice(0, cut))
      // Cut between two objects it is a shorter request.
      if (cut > 0 && cut % last === 0) expect(answer).toBe(WRITTEN)
      else expect(answer).toMatch(/^6001/)
      const written = Math.floor(cut / last)
      expect(slots(own)).toEqual([1, 2, 3].map((n) => (n <= written ? real(10) : '00')))
    }
    for (const [request, reason] of [
      [`${whole}00`, '04'],
      [`0c${oid(1, 1)}1e1f`, '05'],
      [specification(1, 1, amps(10, 17)), '06'],
      [specification(1, 1, amps(10, 0)), '06'],
      [`0c${oid(1, 1)}1e0955${'2e'.repeat(40)}`, '04'],
    ] as const)
      expect(ask(own, 16, specification(1, 1, amps(20)) + request)).toBe(`6001${reason}`)
    expect(slots(own)).toEqual([real(10), real(10), '00'])
  })

  it('from an address that may not write is refused at its first write', async () => {
    const own = await limits()
    const stranger = { address: '192.0.2.1', port: 47808 }
    const request = specification(1, 1, amps(10)) + specification(1, 2, amps(10))
    expect(ask(own, 16, request, stranger)).toBe(failed('91029128', 1, 1, 85))
    expect(slots(own)).toEqual(['00', '00', '00'])
  })

  it('says core’s no of the write that it is about', async () => {
    const own = await limits()
    own.downlink.refusal = 'reserved-slot'
    expect(ask(own, 16, specification(1, 2, amps(10, 6)))).toBe(failed('91029128', 1, 2, 85))
  })

  it('takes many writes of one property in one request, the last of which counts', async () => {
    const own = await limits()
    const many = Array.from({ length: 50 }, (_, n) => amps(n)).map((each) => specification(1, 1, each))
    expect(ask(own, 16, many.join(''))).toBe(WRITTEN)
    expect(own.downlink.written).toHaveLength(50)
    expect(slots(own)[0]).toBe(real(49))
  })
})
