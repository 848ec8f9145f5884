import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RowBinding } from '../../../src/core/ports.ts'
import { rowOf } from '../../../src/mapping/mapping.ts'
import { briefly, header, oneCharger, site } from './site.ts'

function loaded(mappings: Readonly<Record<string, string>>) {
  const found = site(oneCharger, mappings)
  expect(found.problems).toEqual([])
  const mapping = found.loaded.byName.get('m')
  if (mapping === undefined) throw new Error('no mapping m')
  return { mapping, points: found.listings[1]?.points ?? [] }
}

function modbusOf(bindings: Readonly<Record<string, unknown>>) {
  return bindings.modbus as RowBinding<{ readonly address: number }, { readonly wordOrder: string }> | undefined
}

describe('a mapping', () => {
  it('becomes points of the charge point and of each connector', () => {
    const { points } = loaded({
      m: `mapping: m
charger:
  - { point: online, modbus: { table: discrete, address: 0 } }
connector:
  - { point: power, unit: kW, modbus: { table: input, address: 10 } }
  - { point: limit, unit: A, writable: false, modbus: { table: input, address: 0 } }
  - { point: status, states: [a, b, c, d, e, f, g, h, i, j], modbus: { table: input, address: 2 } }`,
    })
    expect(points.map(({ connector, definition, unit }) => [connector, definition.name, unit])).toEqual([
      [0, 'online', undefined],
      [1, 'power', 'kW'],
      [1, 'limit', 'A'],
      [1, 'status', undefined],
      [2, 'power', 'kW'],
      [2, 'limit', 'A'],
      [2, 'status', undefined],
    ])
    expect(points.map(({ id }) => id)).toEqual([...points.keys()].map((n) => n + (points[0]?.id ?? 0)))
    expect(points[2]?.writable).toBe(false)
    expect(points[3]?.states?.join('')).toBe('abcdefghij')
    expect(points[1]?.bindings).toBe(points[4]?.bindings)
    expect(points[1] && rowOf(points[1])?.definition.name).toBe('power')
  })

  it('lets configuration keys be written only where it says so', () => {
    const { points } = loaded({
      m: `mapping: m
charger:
  - { point: config.HeartbeatInterval, modbus: { table: holding, address: 10000 } }
  - { point: config.BlinkRepeat, writable: true, enforce: true, modbus: { table: holding, address: 10002 } }
  - { point: config.acme/Colour, writable: true, modbus: { table: holding, address: 10004, words: 20 } }`,
    })
    expect(points.map(({ writable, enforce }) => [writable, enforce])).toEqual([
      [false, false],
      [true, true],
      [true, false],
    ])
  })

  it('gives its strides and options to each row', () => {
    const { mapping } = loaded({
      m: `mapping: m
strides: { modbus: 50 }
modbus: { wordOrder: CDAB }
connector:
  - { point: power, modbus: { table: input, address: 10 } }`,
    })
    const binding = modbusOf(mapping.connector[0]?.bindings ?? {})
    expect(binding).toMatchObject({ stride: 50, options: { wordOrder: 'CDAB', onOffline: 'hold' } })
  })

  it('may show a point in two places', () => {
    const { points } = loaded({
      m: `mapping: m
connector:
  - { point: energy, unit: kWh, modbus: { table: input, address: 10 } }
  - { point: energy, unit: Wh, modbus: { table: input, address: 12, type: uint64 } }`,
    })
    expect(points.map(({ unit }) => unit)).toEqual(['kWh', 'Wh', 'kWh', 'Wh'])
  })
})

describe('a mapping that extends another', () => {
  const base = `mapping: base
strides: { modbus: 60 }
modbus: { wordOrder: BADC, onOffline: sentinel }
connector:
  - { point: power, unit: W, modbus: { table: input, address: 0 } }
  - { point: energy, unit: kWh, modbus: { table: input, address: 2 } }
  - { point: soc, modbus: { table: input, address: 4 } }`

  it("has the other's rows, and its own in the place of those of the same point and table", () => {
    const { mapping } = loaded({
      base,
      m: `mapping: m
extends: base
modbus: { wordOrder: ABCD }
connector:
  - { point: frequency, modbus: { table: input, address: 20 } }
  - { point: power, unit: kW, modbus: { table: input, address: 30 } }
  - { point: soc, remove: true }`,
    })
    expect(
      mapping.connector.map(({ definition, unit, bindings }) => [
        definition.name,
        unit,
        modbusOf(bindings)?.row.address,
      ]),
    ).toEqual([
      ['power', 'kW', 30],
      ['energy', 'kWh', 2],
      ['frequency', 'Hz', 20],
    ])
    for (const { bindings } of mapping.connector)
      expect(modbusOf(bindings)).toMatchObject({ stride: 60, options: { wordOrder: 'ABCD', onOffline: 'sentinel' } })
  })

  it('adds a row for the same point in another kind of place', () => {
    const { mapping } = loaded({
      base,
      m: `mapping: m
extends: base
connector:
  - { point: energy, unit: Wh, bacnet: { object: large-analog-value, instance: 1, name: Energy Wh } }`,
    })
    expect(mapping.connector.map(({ definition, unit }) => `${definition.name} ${unit}`)).toEqual([
      'power W',
      'energy kWh',
      'soc %',
      'energy Wh',
    ])
  })

  it("may have the name of the package's own and extend that", () => {
    const found = site(`${header}chargers: [{ id: A, electrical: { maxCurrent: 32 } }]`, {
      standard: 'mapping: standard\nextends: standard\nconnector:\n  - { point: soc, remove: true }',
    })
    expect(found.problems).toEqual([])
    const names = found.loaded.byName.get('standard')?.connector.map(({ definition }) => definition.name)
    expect(names).toContain('power')
    expect(names).not.toContain('soc')
  })

  it('in a circle of several is refused at each turn', () => {
    const found = site(oneCharger, { m: 'mapping: m\nextends: n', n: 'mapping: n\nextends: m' })
    expect(briefly(found)).toEqual(['mappings/n.yaml:2:10 extends-circle'])
  })
})

describe('a mapping file', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../mappings/standard.yaml'), 'utf8')

  it('gives points or problems inside it, whatever it holds', () => {
    const pieces = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(': ', '\n', '- ', '&a', '*a', '{', ']', '99999', 'null'),
    )
    const mutated = fc
      .tuple(fc.nat(text.length), fc.nat(20), pieces)
      .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated), (m) => {
        const { problems, folder } = site(oneCharger, { m })
        for (const { file, line, column } of problems) {
          expect(file.startsWith(folder)).toBe(true)
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(m.split('\n').length + 1)
          expect(column).toBeGreaterThanOrEqual(1)
        }
      }),
      { numRuns: 150 },
    )
  })
})
