import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from '../../src/core/points/point.ts'
import type { Destination } from '../../src/northbound/bacnet/wire/type/destination.ts'
import { writeDestination } from '../../src/northbound/bacnet/wire/type/destination.ts'
import { Writer } from '../../src/northbound/bacnet/wire/writer.ts'
import { runs } from '../support/runs.ts'
import { told } from '../unit/northbound/bacnet/events-told.ts'
import { ask, context, oid, type PointInit, read, stack, write } from '../unit/northbound/bacnet/support.ts'

type State = 'normal' | 'fault' | 'offnormal' | 'high-limit' | 'low-limit'
const numbers: Record<State, number> = { normal: 0, fault: 1, offnormal: 2, 'high-limit': 3, 'low-limit': 4 }

/** Clause 13.3 as it is written: each condition has a clock of its own, which is looked at every second. */
class Model {
  state: State = 'normal'
  reliability = 0
  value = 0
  delay = 0
  high = 8
  low = -8
  deadband = 0
  limits: readonly [boolean, boolean] = [true, true]
  readonly turns: (readonly [number, number])[] = []
  readonly #states: readonly number[] | undefined
  readonly #since = new Map<State, number>()
  #now = 0
  #known = 0

  constructor(states: readonly number[] | undefined) {
    this.#states = states
  }

  /** Something has changed. */
  look(): void {
    if (this.reliability !== 0) {
      if (this.state !== 'fault' || this.#known !== this.reliability) this.#turn('fault')
      return
    }
    if (this.state === 'fault') this.#turn('normal')
    for (;;) {
      const [to] = this.#conditions().find(([target, isTrue, delay]) => {
        if (!isTrue) this.#since.delete(target)
        else if (!this.#since.has(target)) this.#since.set(target, this.#now)
        return isTrue && this.#now - (this.#since.get(target) ?? 0) >= delay
      }) ?? [undefined]
      if (to === undefined) return
      this.#turn(to)
    }
  }

  wait(seconds: number): void {
    for (let n = 0; n < seconds; n += 1) {
      this.#now += 1
      this.look()
    }
  }

  setDelay(delay: number): void {
    if (delay !== this.delay) this.#since.clear()
    this.delay = delay
  }

  #turn(to: State): void {
    this.turns.push([numbers[this.state], numbers[to]])
    this.state = to
    this.#known = this.reliability
    this.#since.clear()
  }

  #conditions(): readonly (readonly [State, boolean, number])[] {
    const { deadband, delay, high, limits, low, state, value } = this
    if (this.#states !== undefined) {
      const isAlarm = this.#states.includes(value)
      return state === 'normal' ? [['offnormal', isAlarm, delay]] : [['normal', !isAlarm, delay]]
    }
    if (state === 'normal')
      return [
        ['high-limit', limits[1] && value > high, delay],
        ['low-limit', limits[0] && value < low, delay],
      ]
    const isHigh = state === 'high-limit'
    const isInside = isHigh ? value < high - deadband : value > low + deadband
    return limits[isHigh ? 1 : 0] ? [['normal', isInside, delay]] : [['normal', true, 0]]
  }
}

const real = (value: number) => {
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x44
  bytes.writeFloatBE(value, 1)
  return bytes.toString('hex')
}

const qualities = { good: 0, offline: 12, unknown: 7 } as const
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('value' as const), value: fc.integer({ min: -12, max: 12 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('quality' as const),
      quality: fc.constantFrom('good' as const, 'good' as const, 'offline' as const, 'unknown' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delay' as const), seconds: fc.constantFrom(0, 1, 5, 10) }),
  },
  fc.record({ kind: fc.constant('high' as const), value: fc.integer({ min: 0, max: 10 }) }),
  fc.record({ kind: fc.constant('low' as const), value: fc.integer({ min: -10, max: 0 }) }),
  fc.record({ kind: fc.constant('deadband' as const), value: fc.integer({ min: 0, max: 15 }) }),
  fc.record({ kind: fc.constant('limits' as const), low: fc.boolean(), high: fc.boolean() }),
)

const range: PointInit = {
  object: 'analog-input',
  instance: 1,
  type: 'number',
  alarm: { class: 'limits', high: 8, low: -8 },
}
const states: PointInit = {
  object: 'multi-state-input',
  instance: 1,
  type: 'state',
  states: Array.from({ length: 61 }, (_, n) => `S${n}`),
  alarm: { class: 'charger', values: ['S20', 'S30', 'S31', 'S42'] },
}

describe.each([
  ['OUT_OF_RANGE', range, 0, undefined],
  ['CHANGE_OF_STATE', states, 13, [20, 30, 31, 42]],
] as const)('%s', (_name, init, type, alarms) => {
  it('goes the way of the plain algorithm, whatever happens', async () => {
    const own = await stack({ recipients: [{ address: '127.0.0.20', confirmed: false }] })
    let instance = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        instance += 1
        const at = [type, instance] as const
        const set = (property: number, value: string) => expect(write(own, at, property, value)).toBe('20010f')
        const [point] = own.attach([{ ...init, instance }], 0)
        if (point === undefined) throw new Error('no point')
        set(35, '8205e0')
        const model = new Model(alarms)
        const show = (value: number) => (alarms === undefined ? value : value + 30)
        model.value = 0
        let quality: keyof typeof qualities = 'good'
        const events: (readonly [number | undefined, number])[] = []
        // What an earlier point had to say may still be on its way.
        const keep = () => {
          for (const { event } of told(own))
            if (event.object.instance === instance) events.push([event.fromState, event.toState])
        }
        for (const each of steps) {
          if (alarms !== undefined && !['value', 'wait', 'quality', 'delay'].includes(each.kind)) continue
          apply(each)
        }
        // Less than a second, in which nothing falls due: what was told leaves in portions.
        own.clock.advance(500)
        keep()
        expect(events).toEqual(model.turns)
        expect(read(own, ...at, 36)).toBe(`910${numbers[model.state]}`)
        own.north.detach({ charger: undefined, name: 'Site', number: 0, addresses: { bacnet: 4000 } }, [point])

        function apply(each: (typeof steps)[number]): void {
          switch (each.kind) {
            case 'value':
              model.value = show(each.value)
              own.set(point as Point, model.value, quality)
              break
            case 'quality':
              quality = each.quality
              model.reliability = qualities[quality]
              own.set(point as Point, model.value, quality)
              break
            case 'wait':
              own.clock.advance(each.seconds * 1_000)
              keep()
              model.wait(each.seconds)
              break
            case 'delay':
              set(113, `21${each.seconds.toString(16).padStart(2, '0')}`)
              model.setDelay(each.seconds)
              break
            case 'high':
            case 'low':
            case 'deadband':
              set({ high: 45, low: 59, deadband: 25 }[each.kind], real(each.value))
              model[each.kind] = each.value
              break
            case 'limits':
              set(52, `8206${((each.low ? 0x80 : 0) | (each.high ? 0x40 : 0)).toString(16).padStart(2, '0')}`)
              model.limits = [each.low, each.high]
          }
          model.look()
        }
      }),
      { numRuns: runs(500) },
    )
  })
})

describe('Recipient_List', () => {
  const octetsOf = (number: number): string => {
    const writer = new Writer(64)
    const destination: Destination = {
      validDays: [true, true, true, true, true, true, true],
      fromTime: [0, 0, 0, 0],
      toTime: [23, 59, 59, 99],
      recipient: { kind: 'device', instance: number },
      process: 0,
      confirmed: false,
      transitions: [true, true, true],
    }
    writeDestination(writer, destination)
    return Buffer.from(writer.view).toString('hex')
  }
  const change = fc.record({
    how: fc.constantFrom('add' as const, 'add' as const, 'remove' as const, 'write' as const),
    elements: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 36 }),
  })

  it('is what a plain list would be, whatever is added, taken away and written', async () => {
    const pages = new Map<string, string>()
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        pages.clear()
        const own = await stack({}, undefined, { pages })
        own.attach([])
        let model: number[] = []
        for (const { elements, how } of changes) {
          const encoded = elements.map(octetsOf).join('')
          const service = { add: 8, remove: 9, write: 15 }[how]
          const answer = ask(own, service, `0c${oid(15, 1)}${context(1, 102)}3e${encoded}3f`)
          const { after, failed } = changed(model, how, elements)
          expect(answer).toBe(
            failed === undefined
              ? `2001${service.toString(16).padStart(2, '0')}`
              : how === 'write'
                ? '50010f91039114'
                : `5001${service.toString(16).padStart(2, '0')}0e91${how === 'add' ? '039113' : '059151'}0f19${failed.toString(16).padStart(2, '0')}`,
          )
          model = after
          expect(read(own, 15, 1, 102)).toBe(model.map(octetsOf).join(''))
        }
        const next = await stack({}, undefined, { pages })
        next.attach([])
        expect(read(next, 15, 1, 102)).toBe(model.map(octetsOf).join(''))
      }),
      { numRuns: runs(200) },
    )
  })

  /** What a list is afterwards, and the number of the first element that was not taken. */
  function changed(before: number[], how: 'add' | 'remove' | 'write', elements: readonly number[]) {
    const after = how === 'write' ? [] : [...before]
    for (const [index, element] of elements.entries()) {
      const place = after.indexOf(element)
      if (how === 'remove') {
        if (place < 0) return { after: before, failed: index + 1 }
        after.splice(place, 1)
      } else if (place < 0) {
        after.push(element)
        if (after.length > 32) return { after: before, failed: index + 1 }
      }
    }
    return { after, failed: undefined }
  }
})
