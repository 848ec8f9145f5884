import { describe, expect, it } from 'vitest'
import { alarm, alarmCondition } from '../../../../src/northbound/bacnet/alarm.ts'
import { core } from '../../../support/core.ts'

type Settings = Parameters<typeof core>[0]
const dc: Settings = { charger: { electrical: { kind: 'dc', maxPower: 150_000 } } }

/** What a row's alarm means for a point of a connector. */
function condition(
  row: object,
  name: string,
  {
    connector = 1,
    unit,
    texts,
    settings,
  }: { connector?: number; unit?: string; texts?: string[]; settings?: Settings } = {},
) {
  const point = core(settings).point(name, connector, unit === undefined ? {} : { unit })
  return alarmCondition(point, alarm.parse({ class: 'limits', ...row }), texts ?? point.states)
}

describe('the rating as a limit', () => {
  // Two connectors of 32 A, three phases, 230 V.
  it.each([
    ['power', 1, 'kW', undefined, 22.08],
    ['power', 1, 'W', undefined, 22_080],
    ['power', 0, 'kW', undefined, 44.16],
    ['current.L1', 1, 'A', undefined, 32],
    ['power', 1, 'kW', dc, 150],
    ['power', 0, 'kW', dc, 300],
  ] as const)('of %s of connector %i is in %s', (name, connector, unit, settings, high) => {
    expect(condition({ high: 'rating' }, name, { connector, unit, ...(settings && { settings }) })).toEqual({
      kind: 'range',
      high,
      low: undefined,
    })
  })

  it('is nothing of an energy, nor of a current of direct current', () => {
    expect(condition({ high: 'rating' }, 'energy', { unit: 'kWh' })).toMatchObject({ kind: 'problem' })
    expect(condition({ high: 'rating' }, 'current.L1', { unit: 'A', settings: dc })).toMatchObject({ kind: 'problem' })
  })
})

describe('states that are alarms', () => {
  it('are named as they are published, or as the row shows them', () => {
    expect(condition({ values: ['Faulted'] }, 'status')).toMatchObject({ kind: 'states', states: [expect.any(Number)] })
    const texts = ['on the way', 'there']
    expect(condition({ values: ['there'] }, 'plugged', { texts })).toEqual({ kind: 'states', states: [1] })
    expect(condition({ values: ['inactive'] }, 'plugged', { texts })).toEqual({ kind: 'states', states: [0] })
  })

  it.each([
    ['a state that there is not', { values: ['Broken'] }, 'status', 'Broken is none of its states'],
    ['states of a number', { values: ['1'] }, 'power', 'has no states'],
    ['bounds of states', { high: 1 }, 'status', 'name the states in values'],
    ['both', { high: 1, values: ['Faulted'] }, 'status', 'either values (states) or high and low (bounds)'],
    ['neither', {}, 'status', 'either values (states) or high and low (bounds)'],
    ['bounds the wrong way round', { high: 1, low: 2 }, 'power', 'low 2 is above high 1'],
    ['bounds that leave nothing between', { high: 10, low: 5, deadband: 5 }, 'power', 'the alarm would never end'],
    ['states with a deadband', { values: ['Faulted'], deadband: 1 }, 'status', 'states have no deadband'],
    [
      'a state of other letters',
      { values: ['faulted'] },
      'status',
      'none of its states (did you mean Faulted?): Avail',
    ],
  ])('of %s are a problem', (_name, row, name, message) => {
    expect(condition(row, name)).toEqual({ kind: 'problem', message: expect.stringContaining(message) })
  })
})
