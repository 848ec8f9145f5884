import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LimitedCharger, type Taste } from '../support/limited-charger.ts'

const anyConnector = fc.constantFrom(0, 1, 2)
const connector = fc.constantFrom(1, 2)

function move<const K extends string, T>(kind: K, rest: { [P in keyof T]: fc.Arbitrary<T[P]> }) {
  return fc.record({ kind: fc.constant(kind), ...rest }) as fc.Arbitrary<{ readonly kind: K } & T>
}

/** A written choice by the building: the name of the point and a value that it may have. */
const choice = fc.oneof(
  fc.record({ name: fc.constant('smartCharging.unit'), value: fc.constantFrom(0, 1, 2) }),
  fc.record({ name: fc.constant('smartCharging.purpose'), value: fc.constantFrom(0, 2, 3) }),
  fc.record({ name: fc.constant('smartCharging.stackLevel'), value: fc.constantFrom(-1, 0, 1, 2) }),
  fc.record({ name: fc.constant('smartCharging.profileId'), value: fc.constantFrom(-1, 5) }),
  fc.record({ name: fc.constant('smartCharging.enable'), value: fc.boolean() }),
)

const configured = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { 'smartCharging.profileId': '77' },
  { 'smartCharging.stackLevel': '2' },
  { 'smartCharging.purpose': 'TxDefaultProfile' },
)

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: move('limit', { connector: anyConnector, value: fc.constantFrom(null, 0, 6, 7, 10, 16, 32) }),
  },
  { weight: 10, arbitrary: move('answer', { most: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 4, arbitrary: move('start', { connector }) },
  { weight: 4, arbitrary: move('stop', { connector }) },
  { weight: 3, arbitrary: move('wait', { seconds: fc.constantFrom(1, 5, 11, 31, 90) }) },
  { weight: 2, arbitrary: move('choose', { connector, choice }) },
  { weight: 1, arbitrary: move('configure', { parameters: configured }) },
  { weight: 2, arbitrary: move('delay', { done: fc.boolean() }) },
  { weight: 1, arbitrary: move('answerLate', {}) },
  { weight: 1, arbitrary: move('measure', {}) },
  { weight: 1, arbitrary: move('connect', { boots: fc.boolean(), forgets: fc.boolean() }) },
  { weight: 1, arbitrary: move('disconnect', {}) },
  { weight: 1, arbitrary: move('boot', {}) },
  { weight: 1, arbitrary: move('kill', {}) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const taste: fc.Arbitrary<Taste> = fc.record({
  lowestLevel: fc.constantFrom(0, 0, 1),
  units: fc.constantFrom(['A', 'W'], ['A'], ['W']),
  kinds: fc.constantFrom(['Absolute', 'Relative'], ['Relative'], ['Absolute']),
  txProfiles: fc.boolean(),
  maxProfiles: fc.boolean(),
  lowestLimit: fc.constantFrom(0, 0, 7),
})

function go(charger: LimitedCharger, each: Step): void {
  switch (each.kind) {
    case 'limit':
      charger.write(each.connector, 'limit', each.value)
      break
    case 'choose':
      charger.write(each.connector, each.choice.name, each.choice.value)
      break
    case 'configure':
      charger.configure(each.parameters)
      break
    case 'answer':
      charger.answer(each.most)
      break
    case 'delay':
      charger.delay(each.done)
      break
    case 'connect':
      charger.connect(each)
      break
    case 'start':
    case 'stop':
      charger[each.kind](each.connector)
      break
    case 'wait':
      charger.wait(each.seconds * 1000)
      break
    case 'kill':
      charger.restartBridge()
      break
    case 'answerLate':
    case 'measure':
    case 'disconnect':
    case 'boot':
      charger[each.kind]()
      break
  }
}

it('a limit is never shown as in force that the charger does not keep, and in the end it keeps what is wanted', () => {
  fc.assert(
    fc.property(taste, fc.array(step, { maxLength: 30 }), (own, steps) => {
      const charger = new LimitedCharger(own)
      charger.connect({ boots: true, forgets: false })
      for (const each of steps) {
        charger.history.push(JSON.stringify(each))
        go(charger, each)
        expect(charger.lies(), charger.history.join('\n')).toEqual([])
      }
      charger.settle()
      expect([...charger.lies(), ...charger.leftovers()], charger.history.join('\n')).toEqual([])
    }),
    { numRuns: Number(process.env.RUNS ?? 200), ...(process.env.SEED && { seed: Number(process.env.SEED) }) },
  )
}, 600_000)
