import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { pointNames } from '../../src/core/points/catalogue.ts'
import { measurands } from '../../src/core/points/meter-point.ts'
import type { Point } from '../../src/core/points/point.ts'
import { standardKeys } from '../../src/core/points/standard-keys.ts'
import type { RowBinding } from '../../src/core/ports.ts'
import { addressOf, bindingOf, SECOND_BLOCK, wordsOf } from '../../src/northbound/modbus/binding.ts'
import { site } from '../unit/mapping/site.ts'

const folder = join(import.meta.dirname, '../../mappings')
const shipped = readdirSync(folder).flatMap((file) => (file.endsWith('.yaml') ? [basename(file, '.yaml')] : []))
const forChargers = shipped.filter((name) => name !== 'bridge')

/** All points of a charger of two connectors, as a mapping shows them. */
function shown(mapping: string, topology = 'virtual') {
  const electrical = mapping.endsWith('-dc') ? '{ maxPower: 150000 }' : '{ maxCurrent: 32 }'
  const found = site(`bacnet: { device: { instance: 4000 }, network: 2000, topology: ${topology} }
modbus: {}
chargers: [{ id: A, mapping: ${mapping}, connectors: 2, electrical: ${electrical} }]`)
  return { problems: found.problems, points: found.listings[1]?.points ?? [], bridge: found.listings[0]?.points ?? [] }
}

function names(points: readonly Point[], connector: number): readonly string[] {
  return points.filter((point) => point.connector === connector).map(({ definition }) => definition.name)
}

function bacnetRow(point: Point) {
  return (point.bindings.bacnet as RowBinding<Readonly<Record<string, unknown>>, unknown> | undefined)?.row
}

describe('the shipped mappings', () => {
  it.each(
    forChargers.flatMap((name) => [
      [name, 'virtual'],
      [name, 'flat'],
    ]),
  )('%s has no problem in topology %s', (name = '', topology) => {
    const { problems, points } = shown(name, topology)
    expect(problems).toEqual([])
    expect(points.length).toBeGreaterThan(50)
  })

  it.each(shipped)('%s passes the schema for editors', (name) => {
    const schema: unknown = JSON.parse(readFileSync(join(folder, 'mapping.schema.json'), 'utf8'))
    const validate = new Ajv2020({ strict: false }).compile(schema as object)
    const text = readFileSync(join(folder, `${name}.yaml`), 'utf8')
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...(parse(text) as object), connector: [{ point: 'powr' }] })).toBe(false)
    expect(text.startsWith('# yaml-language-server: $schema=./mapping.schema.json\n')).toBe(true)
  })

  it.each(forChargers)('%s changes in one read of at most 100 registers a connector', (name) => {
    const { points } = shown(name)
    const first = points.flatMap((point) => {
      const bound = bindingOf(point)
      return point.connector === 1 && bound && bound.row.address < SECOND_BLOCK
        ? [{ from: addressOf(point, bound), to: addressOf(point, bound) + wordsOf(point, bound) }]
        : []
    })
    expect(Math.max(...first.map(({ to }) => to)) - Math.min(...first.map(({ from }) => from))).toBeLessThanOrEqual(100)
    // The charge point's block of texts is full: the word that it said last is cut short, and read with all that changes.
    const texts = points.filter(
      ({ connector, definition: { name: shownAs, type } }) =>
        type === 'text' && !(connector === 0 && shownAs === 'command.answer'),
    )
    for (const point of texts)
      expect(bindingOf(point)?.row.address ?? SECOND_BLOCK).toBeGreaterThanOrEqual(SECOND_BLOCK)
  })

  it.each(forChargers)('%s shows each point in the same place as the others do', (name) => {
    const standard = shown('full').points
    for (const point of shown(name).points) {
      const row = bacnetRow(point)
      if (row === undefined) continue
      const same = standard
        .filter(({ connector }) => connector === point.connector)
        .find((other) => {
          const candidate = bacnetRow(other)
          return candidate?.object === row?.object && candidate?.instance === row?.instance
        })
      if (same !== undefined) expect(same.definition.name).toBe(point.definition.name)
    }
  })

  it.each(forChargers)('%s makes the limit and the availability commandable', (name) => {
    const { points } = shown(name)
    for (const point of points) {
      const object = bacnetRow(point)?.object
      if (point.definition.name === 'limit') expect(object).toBe('analog-output')
      if (point.definition.name === 'availability') expect(object).toBe('binary-output')
    }
    expect(names(points, 1)).toEqual(expect.arrayContaining(['limit', 'availability', 'limit.applied']))
  })

  it.each(forChargers)('%s names its objects in ASCII that sorts', (name) => {
    for (const point of [...shown(name).points, ...shown(name).bridge]) {
      const row = bacnetRow(point)
      if (row !== undefined) expect(row.name).toMatch(/^[A-Z][A-Za-z0-9 -]*( L\d-L\d)?$/)
    }
  })

  it.each([
    ['power', 0.1],
    ['energy', 0.1],
    ['current.L1', 0.5],
    ['limit', 0.1],
    ['secondsSinceMessage', 60],
  ])('tell a change of %s from %d on', (name, increment) => {
    const rows = shown('standard').points.filter(({ definition }) => definition.name === name)
    expect(rows.length).toBeGreaterThan(0)
    for (const point of rows) expect(bacnetRow(point)?.covIncrement).toBe(increment)
  })
})

describe('standard', () => {
  it('has at most 25 BACnet objects a connector: licences count those', () => {
    const objects = (mapping: string) => shown(mapping).points.filter((point) => bacnetRow(point) !== undefined)
    expect(names(objects('standard'), 1).length).toBeLessThanOrEqual(25)
    expect(names(objects('standard-dc'), 1).length).toBeLessThanOrEqual(25)
  })

  it.each(forChargers)('as %s says in bit n of the status word what discrete input n says', (mapping) => {
    const rows = shown(mapping).points.flatMap((point) => {
      const bound = bindingOf(point)
      return bound === undefined ? [] : [{ connector: point.connector, name: point.definition.name, row: bound.row }]
    })
    const bits = rows.filter(({ row }) => row.bit !== undefined)
    expect(bits.length).toBeGreaterThan(4)
    for (const { connector, name, row } of bits) {
      expect(row.address).toBe(connector === 0 ? 16 : 9)
      const discrete = rows.find(
        (each) => each.connector === connector && each.name === name && each.row.table === 'discrete',
      )
      expect(discrete?.row.address, name).toBe(row.bit)
    }
  })

  it('has every action and setpoint of a connector on both protocols', () => {
    const { points } = shown('standard')
    for (const name of ['limit', 'availability', 'start', 'stop', 'unlock']) {
      const point = points.find(({ connector, definition }) => connector === 1 && definition.name === name)
      expect(Object.keys(point?.bindings ?? {})).toEqual(['bacnet', 'modbus'])
    }
  })
})

describe('full', () => {
  const { points, bridge } = shown('full')

  it.each([
    ['charger', names(points, 0)],
    ['connector', names(points, 1)],
    ['bridge', names(bridge, 0)],
  ] as const)('with bridge has every point of the catalogue of a %s', (scope, there) => {
    expect(pointNames(scope).filter((name) => !there.includes(name))).toEqual([])
  })

  it('has all 22 measurands of OCPP 1.6, and the phases of those that have any', () => {
    const there = names(points, 1)
    expect(Object.keys(measurands)).toHaveLength(22)
    expect(Object.keys(measurands).filter((name) => !there.includes(`meter.${name}`))).toEqual([])
    for (const name of [
      'Current.Import',
      'Power.Active.Import',
      'Energy.Active.Import.Register',
      'Voltage',
      'Power.Factor',
    ])
      expect(there).toEqual(expect.arrayContaining(['L1', 'L2', 'L3'].map((phase) => `meter.${name}.${phase}`)))
  })

  it('has every standard configuration key', () => {
    const there = names(points, 0)
    expect(Object.keys(standardKeys).filter((key) => !there.includes(`config.${key}`))).toEqual([])
  })

  it('adds the exact energy in Wh', () => {
    const exact = points.filter((point) => bacnetRow(point)?.object === 'large-analog-value' && point.connector === 1)
    expect(exact.map(({ definition, unit }) => `${definition.name} ${unit}`)).toEqual([
      'energy Wh',
      'transaction.energy Wh',
    ])
  })
})
