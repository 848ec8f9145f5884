import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FieldCharger, type Registers } from '../support/field-charger.ts'
import { runs } from '../support/runs.ts'

type Step =
  | { readonly kind: 'start'; readonly connector: number }
  | { readonly kind: 'stop'; readonly connector: number }
  | { readonly kind: 'charge'; readonly connector: number; readonly wh: number }
  | { readonly kind: 'connect'; readonly boots: boolean }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'fail' }
  | { readonly kind: 'newsFirst' }
  | { readonly kind: 'flush'; readonly lost: number; readonly forgets: boolean }
  | { readonly kind: 'replay'; readonly pick: number }
  | { readonly kind: 'wait'; readonly seconds: number }

const connector = fc.constantFrom(1, 2)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), connector }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('stop' as const), connector }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('charge' as const), connector, wh: fc.integer({ min: 0, max: 900 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('connect' as const), boots: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('disconnect' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('flush' as const),
      lost: fc.integer({ min: -6, max: 3 }),
      forgets: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replay' as const), pick: fc.nat(50) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 5000 }) }),
  },
)

/** What chance alone rarely brings about: a session while the charger was away is told after the next has begun. */
const tale: fc.Arbitrary<readonly Step[]> = fc
  .record({ connector, boots: fc.boolean(), wh: fc.integer({ min: 0, max: 900 }), goesOn: fc.boolean() })
  .map(({ connector: at, boots, wh, goesOn }) => [
    { kind: 'disconnect' },
    { kind: 'start', connector: at },
    { kind: 'charge', connector: at, wh },
    { kind: 'wait', seconds: 100 },
    { kind: 'stop', connector: at },
    { kind: 'wait', seconds: 1500 },
    { kind: 'start', connector: at },
    { kind: 'charge', connector: at, wh: 100 },
    ...(goesOn ? [] : [{ kind: 'stop', connector: at } as const]),
    { kind: 'newsFirst' },
    { kind: 'connect', boots },
  ])
const life = fc.array(fc.oneof({ weight: 12, arbitrary: step.map((each) => [each]) }, { weight: 1, arbitrary: tale }), {
  maxLength: 40,
})

const moves: { readonly [K in Step['kind']]: (charger: FieldCharger, each: Extract<Step, { kind: K }>) => void } = {
  start: (charger, each) => charger.start(each.connector),
  stop: (charger, each) => charger.stop(each.connector),
  charge: (charger, each) => charger.charge(each.connector, each.wh),
  connect: (charger, each) => charger.connect(each.boots),
  disconnect: (charger) => charger.disconnect(),
  kill: (charger) => charger.restartBridge(),
  fail: (charger) => charger.failPower(),
  newsFirst: (charger) => charger.newsFirst(),
  flush: (charger, each) => charger.flush(each.lost, each.forgets),
  replay: (charger, each) => charger.replay(each.pick),
  wait: (charger, each) => charger.wait(each.seconds * 1000),
}

/** Whatever happens: what the charger made is on record once, and the building's meter shows what flowed. */
function holds(registers: Registers, steps: readonly Step[]): void {
  const charger = new FieldCharger(registers)
  const shown = [0, 0, 0]
  const ids = new Set<number>()
  const look = (): void => {
    for (const number of [1, 2]) {
      const now = charger.energyWh(number)
      expect(now).toBeGreaterThanOrEqual(shown[number] ?? 0)
      expect(now).toBeLessThanOrEqual((charger.lifetimeWh[number] ?? 0) + 1e-6)
      shown[number] = now
    }
  }
  for (const each of steps) {
    moves[each.kind](charger, each as never)
    charger.wait(1000)
    look()
  }
  charger.connect(false)
  charger.flush()
  // Says once more how its connectors are.
  charger.connect(false)
  look()
  for (const made of charger.made) if (made.id !== undefined) ids.add(made.id)
  const stored = charger.stored()
  expect(stored.map(({ connector: at, startedAt, meterStartWh }) => ({ at, startedAt, meterStartWh }))).toEqual(
    charger.made.map(({ connector: at, startedAt, meterStartWh }) => ({ at, startedAt, meterStartWh })),
  )
  charger.made.forEach((made, index) => {
    const row = stored[index]
    if (made.id !== undefined) expect(row?.id).toBe(made.id)
    if (made.meterStopWh !== undefined)
      expect(row).toMatchObject({ meterStopWh: made.meterStopWh, estimated: false, stoppedAt: expect.any(Number) })
    else if (made.dead) expect(row).toMatchObject({ meterStopWh: made.lastSampleWh, estimated: true })
    else expect(row?.stoppedAt).toBeUndefined()
  })
  for (const number of [1, 2]) {
    const counted = charger.made.some((made) => made.connector === number)
    expect(charger.energyWh(number)).toBeCloseTo(counted ? (charger.lifetimeWh[number] ?? 0) : 0, 6)
    const running = charger.running[number]
    const id = charger.bridge.point('transaction.id', number).value
    if (running === undefined) expect(id ?? 0).toBe(0)
    else expect(id).toBe(stored[charger.made.indexOf(running)]?.id)
    if (running === undefined) expect(charger.bridge.point('power', number).value ?? 0).toBe(0)
  }
}

/** Two sessions from which it can be seen what the registers count: from fewer, the same numbers may mean either. */
const known: readonly Step[] = [1, 2].flatMap((at): readonly Step[] => [
  { kind: 'connect', boots: true },
  ...[300, 50].flatMap((wh): readonly Step[] => [
    { kind: 'start', connector: at },
    { kind: 'charge', connector: at, wh },
    { kind: 'stop', connector: at },
    { kind: 'flush', lost: -1, forgets: false },
  ]),
])

describe('transactions of a charger that counts', () => {
  it.each<Registers>(['lifetime', 'session', 'mixed'])(
    '%s registers are each on record once, whatever is lost, repeated, killed or late',
    (registers) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => holds(registers, steps)),
        { numRuns: runs(150) },
      )
    },
  )

  it.each<Registers>(['lifetime', 'session', 'mixed'])(
    '%s registers are each on record once, also when the news is told before what was queued',
    (registers) => {
      fc.assert(
        fc.property(life, (steps) => holds(registers, [...known, ...steps.flat()])),
        { numRuns: runs(150) },
      )
    },
  )
})
