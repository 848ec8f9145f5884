import { describe, expect, it } from 'vitest'
import { briefly, header, oneCharger, site } from './site.ts'

const ok = '  - { point: online, bacnet: { object: binary-input, instance: 1, name: Online } }'

function mapping(rows: string, top = ''): string {
  return `mapping: m\n${top}charger:\n${ok}\nconnector:\n${rows}\n`
}

function at(place: string): string {
  return `mappings/m.yaml:${place}`
}

describe('a mistake in a mapping', () => {
  it.each([
    [
      'an unknown point',
      '  - { point: powr, modbus: { table: input, address: 0 } }',
      '5:14 unknown-point',
      'did you mean power?',
    ],
    [
      'a point of the charger',
      '  - { point: vendor, modbus: { table: input, address: 0 } }',
      '5:14 unknown-point',
      'list it under charger',
    ],
    [
      'a measurand that is none',
      '  - { point: meter.Curent.Import, modbus: { table: input, address: 0 } }',
      '5:14 unknown-point',
      'did you mean Current.Import?',
    ],
    [
      'a phase that is none',
      '  - { point: meter.Voltage.L4, modbus: { table: input, address: 0 } }',
      '5:14 unknown-point',
      '',
    ],
    [
      'a configuration key of a connector',
      '  - { point: config.HeartbeatInterval, modbus: { table: holding, address: 10000 } }',
      '5:14 unknown-point',
      'under charger',
    ],
    [
      'an unknown unit',
      '  - { point: power, unit: kw, modbus: { table: input, address: 0 } }',
      '5:27 invalid-value',
      'did you mean kW?',
    ],
    [
      'a unit that does not convert',
      '  - { point: power, unit: A, modbus: { table: input, address: 0 } }',
      '5:27 unit',
      "doesn't convert to A",
    ],
    [
      'a unit of what has none',
      '  - { point: status, unit: A, modbus: { table: input, address: 0 } }',
      '5:28 unit',
      'has no unit',
    ],
    [
      'writable on what only tells',
      '  - { point: power, writable: true, modbus: { table: holding, address: 0 } }',
      '5:31 not-writable',
      '',
    ],
    [
      'enforce without a configuration key',
      '  - { point: limit, enforce: true, modbus: { table: holding, address: 0, scale: 0.1, type: uint16 } }',
      '5:30 enforce',
      '',
    ],
    [
      'too few labels',
      '  - { point: status, states: [free, busy], modbus: { table: input, address: 0 } }',
      '5:30 states',
      '10 states',
    ],
    [
      'labels of a number',
      '  - { point: power, states: [free, busy], modbus: { table: input, address: 0 } }',
      '5:29 states',
      'no states',
    ],
    ['a row for no protocol', '  - { point: power, unit: kW }', '5:5 no-protocol', 'bacnet or modbus'],
    ['an unknown key', '  - { point: power, scales: 2, modbus: { table: input, address: 0 } }', '5:21 unknown-key', ''],
    [
      'an unknown key of a protocol',
      '  - { point: power, modbus: { table: input, address: 0, wordorder: CDAB } }',
      '5:57 unknown-key',
      'did you mean wordOrder?',
    ],
    [
      'an unknown table',
      '  - { point: power, modbus: { table: inputs, address: 0 } }',
      '5:38 invalid-value',
      'did you mean input?',
    ],
    [
      'an unknown object',
      '  - { point: power, bacnet: { object: analog-inptu, instance: 1, name: P } }',
      '5:39 invalid-value',
      'did you mean analog-input?',
    ],
    [
      'an address beyond the end',
      '  - { point: power, modbus: { table: input, address: 65536 } }',
      '5:54 out-of-range',
      '65535',
    ],
    [
      'a row twice',
      `  - { point: power, modbus: { table: input, address: 0 } }\n  - { point: power, modbus: { table: input, address: 0 } }`,
      '6:21 duplicate-row',
      '',
    ],
    [
      'two points in one register',
      `  - { point: power, modbus: { table: input, address: 0 } }\n  - { point: energy, modbus: { table: input, address: 1 } }`,
      '6:22 modbus-collision',
      'share address 101',
    ],
    [
      'two points in one object',
      `  - { point: power, bacnet: { object: analog-input, instance: 1, name: P } }\n  - { point: energy, bacnet: { object: analog-input, instance: 1, name: E } }`,
      '6:22 bacnet-collision',
      '',
    ],
    [
      'two trend logs in one instance',
      `  - { point: power, bacnet: { object: analog-input, instance: 1, name: P, trend: 15m } }\n  - { point: energy, bacnet: { object: analog-value, instance: 1, name: E, trend: 90s } }`,
      '6:22 bacnet-collision',
      'trend-log 101 is that of power of connector 1 already: write trend: { every: 90s, instance: … } with one that is free',
    ],
    [
      'a trend log in the next connector',
      '  - { point: power, bacnet: { object: analog-input, instance: 1, name: P, trend: { every: cov, instance: 100 } } }',
      '5:21 bacnet-range',
      'instance 100 reaches into the next connector',
    ],
    [
      'a trend log with the name of an object',
      `  - { point: power, bacnet: { object: analog-input, instance: 1, name: P Trend } }\n  - { point: energy, bacnet: { object: analog-input, instance: 2, name: P, trend: 1h } }`,
      '6:22 bacnet-name',
      'the name P Trend is that of power',
    ],
    [
      'a trend without a duration',
      '  - { point: power, bacnet: { object: analog-input, instance: 1, name: P, trend: often } }',
      '5:82 invalid-value',
      'such as 30s, 15m or 1h, or cov',
    ],
    [
      'a trend more often than once a second',
      '  - { point: power, bacnet: { object: analog-input, instance: 1, name: P, trend: { every: 500ms } } }',
      '5:91 invalid-value',
      'such as 30s, 15m or 1h, or cov',
    ],
    [
      'two objects of one name',
      `  - { point: power, bacnet: { object: analog-input, instance: 1, name: P } }\n  - { point: energy, bacnet: { object: analog-input, instance: 2, name: P } }`,
      '6:22 bacnet-name',
      '',
    ],
    [
      'the name of a structured view',
      '  - { point: power, bacnet: { object: analog-input, instance: 1, name: View } }',
      '5:21 bacnet-name',
      'the structured view',
    ],
    [
      'a bound in quotes',
      '  - { point: power, bacnet: { object: analog-input, instance: 1, name: P, alarm: { class: limits, high: "7" } } }',
      '5:105 invalid-value',
      'high: write a number without quotes, or rating',
    ],
    [
      'an alarm that is no set of keys',
      '  - { point: power, bacnet: { object: analog-input, instance: 1, name: P, alarm: limits } }',
      '5:82 wrong-type',
      'not limits: write { class: charger, values: [Faulted] }',
    ],
    [
      'a delay of less than a second',
      '  - { point: power, bacnet: { object: analog-input, instance: 1, name: P, alarm: { class: limits, high: 7, delay: 500ms } } }',
      '5:115 invalid-value',
      'write whole seconds',
    ],
    [
      'a state that a binary without texts does not have',
      '  - { point: plugged, bacnet: { object: binary-input, instance: 2, name: P, alarm: { class: charger, values: [plugged] } } }',
      '5:23 bacnet-alarm',
      'plugged is none of its states: inactive, active',
    ],
    [
      'an alarm of a counter',
      '  - { point: energy, bacnet: { object: accumulator, instance: 1, name: E, alarm: { class: limits, high: 7 } } }',
      '5:22 bacnet-alarm',
      'an accumulator tells no alarms',
    ],
    [
      'a counter to subscribe to',
      '  - { point: energy, bacnet: { object: accumulator, instance: 1, name: E, covInterval: 5s } }',
      '5:22 bacnet-type',
      'an accumulator has no covInterval: nobody can subscribe to it',
    ],
    [
      'a writable point on a read-only table',
      '  - { point: limit, modbus: { table: input, address: 0, type: uint16, scale: 0.1 } }',
      '5:21 modbus-read-only',
      '',
    ],
    [
      'a scale that cannot reach the rating',
      '  - { point: limit, modbus: { table: holding, address: 0, type: uint16, scale: 0.0001 } }',
      '5:21 modbus-scale',
      'rating of 32 A',
    ],
    [
      "32 bits across a block's end",
      '  - { point: power, modbus: { table: input, address: 99, type: float32 } }',
      '5:21 modbus-range',
      '',
    ],
    [
      "32 bits across the table's end",
      '  - { point: power, modbus: { table: input, address: 65535, type: float32 } }',
      '5:21 modbus-range',
      '65535',
    ],
    [
      'a number as a multi-state',
      '  - { point: power, bacnet: { object: multi-state-input, instance: 1, name: P } }',
      '5:21 bacnet-type',
      '',
    ],
  ])('is found at its place: %s', (_, rows, place, words) => {
    const found = site(oneCharger, { m: mapping(rows) })
    expect(briefly(found)).toEqual([at(place)])
    expect(found.problems[0]?.message).toContain(words)
  })

  it.each([
    ['another name than its file', 'mapping: n\nconnector: []', '1:10 mapping-name'],
    ['no name', 'connector: []', '1:1 missing'],
    ['an unknown key', 'mapping: m\nconnectors: []', '2:1 unknown-key'],
    ['no list', 'mapping: m\nconnector: {}', '2:12 wrong-type'],
    ['an impossible stride', 'mapping: m\nstrides: { modbus: 0 }', '2:20 out-of-range'],
    ['an unknown word order', 'mapping: m\nmodbus: { wordOrder: ACDB }', '2:22 invalid-value'],
    ['an unknown parent', 'mapping: m\nextends: standrad', '2:10 unknown-mapping'],
    ['itself for a parent', 'mapping: m\nextends: m', '2:10 extends-circle'],
    [
      "the bridge's own points",
      'mapping: m\nbridge:\n  - { point: totalPower, modbus: { table: input, address: 0 } }',
      '3:5 misplaced',
    ],
    [
      'something taken away that is not there',
      'mapping: m\nextends: standard\nconnector:\n  - { point: frequency, remove: true }',
      '4:5 nothing-to-remove',
    ],
    ['bad YAML', 'mapping: m\nconnector: [', '2:13 yaml-syntax'],
  ])('is found at its place: a file with %s', (_, text, place) => {
    expect(briefly(site(oneCharger, { m: text }))).toEqual([at(place)])
  })

  it.each([
    ['bacnet: { object: multi-state-input, instance: 2, name: State }', '4:22 bacnet-collision'],
    ['bacnet: { object: multi-state-input, instance: 1, name: Error Code }', '4:22 bacnet-name'],
    ['modbus: { table: input, address: 29, type: uint16 }', '4:22 modbus-collision'],
  ])(
    'is found at the row that can be changed, not at the one of the package that it is in the way of: %s',
    (row, place) => {
      const own = `mapping: m\nextends: standard\nconnector:\n  - { point: status, ${row} }`
      expect(briefly(site(oneCharger, { m: own }))).toEqual([at(place)])
    },
  )

  it.each([
    ['{ device: 4000 }', '1:92', 'device 4000 is the bridge itself: name the device of the BMS'],
    ['{ device: 4001 }', '1:92', 'device 4001 is Site.A itself: name the device of the BMS'],
    ['{ network: 2000, mac: 000fa1 }', '1:93', 'network 2000 is that of the chargers behind the bridge'],
  ])('is found where alarms would be told to nobody else: %s', (recipient, place, words) => {
    const config = oneCharger.replace('network: 2000 }', `network: 2000, recipients: [{ device: 1 }, ${recipient}] }`)
    const found = site(config, { m: mapping('  - { point: power, modbus: { table: input, address: 0 } }') })
    expect(briefly(found)).toEqual([`config.yaml:${place} bacnet-recipient`])
    expect(found.problems[0]?.message).toContain(words)
  })

  it('is found where limits of one mapping are in amperes and in watts', () => {
    const rows = `  - { point: limit, unit: A, modbus: { table: holding, address: 0, type: uint16, scale: 0.1 } }
  - { point: limit.applied, unit: kW, modbus: { table: input, address: 1, type: uint16, scale: 0.1 } }`
    expect(briefly(site(oneCharger, { m: mapping(rows) }))).toEqual([at('6:29 limit-unit')])
  })

  it('is found once, however many chargers and connectors the row is for', () => {
    const chargers = Array.from(
      { length: 20 },
      (_, n) => `  - { id: C${n}, mapping: m, connectors: 4, electrical: { maxCurrent: 32 } }`,
    )
    const found = site(`${header}chargers:\n${chargers.join('\n')}\n`, {
      m: mapping('  - { point: limit, modbus: { table: input, address: 0, type: uint16, scale: 0.1 } }'),
    })
    expect(briefly(found)).toEqual([at('5:21 modbus-read-only')])
  })

  it('in a file that two mappings extend is found once', () => {
    const config = `${header}chargers:
  - { id: A, mapping: m, electrical: { maxCurrent: 32 } }
  - { id: B, mapping: n, electrical: { maxCurrent: 32 } }
`
    const base = 'mapping: base\nconnector:\n  - { point: powr, modbus: { table: input, address: 0 } }'
    const found = site(config, { base, m: 'mapping: m\nextends: base', n: 'mapping: n\nextends: base' })
    expect(briefly(found)).toEqual(['mappings/base.yaml:3:14 unknown-point'])
  })

  it('never hides the others, in the mapping or in the config', () => {
    const config = `site: a/b
${oneCharger}  - { id: B, mapping: standrad, electrical: { maxCurrent: 32 } }
  - { id: D, mapping: standard, electrical: { maxPower: 50000 } }
  - { id: E, mapping: standard, electrical: { maxCurrent: 32 }, modbus: { unit: 7 } }
  - { id: F, mapping: standard, electrical: { maxCurrent: 32 }, modbus: { unit: 7 } }
`
    const rows = `  - { point: powr, modbus: { table: input, address: 0 } }
  - { point: energy, unit: A, modbus: { table: input, address: 2 } }
  - { point: current.L1, modbus: { table: input, address: 4, scal: 1 } }
  - { point: limit, modbus: { table: input, address: 6, type: uint16, scale: 0.1 } }
  - { point: soc }`
    expect(briefly(site(config, { m: mapping(rows) }))).toEqual([
      'config.yaml:1:7 invalid-value',
      'config.yaml:6:23 unknown-mapping',
      'config.yaml:7:23 dc-in-amperes',
      'config.yaml:9:73 address-taken',
      at('5:14 unknown-point'),
      at('6:28 unit'),
      at('7:62 unknown-key'),
      at('8:21 modbus-read-only'),
      at('9:5 no-protocol'),
    ])
  })
})

describe('passwords', () => {
  it('are never points', () => {
    const row = '  - { point: config.AuthorizationKey, modbus: { table: holding, address: 10000 } }'
    const found = site(oneCharger, { m: `mapping: m\ncharger:\n${row}` })
    expect(briefly(found)).toEqual([at('3:14 unknown-point')])
    expect(found.problems[0]?.message).toContain('never a point')
  })
})
