import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../../src/core/finding.ts'
import { keptAtOnce } from '../../../../src/core/keep.ts'
import { modbus } from '../../../../src/northbound/modbus/index.ts'
import { journals } from '../../../support/journal.ts'
import { notebook } from '../../../support/notebook.ts'
import { type BuildingOptions, connectorRows, makePoints, type Row } from './support.ts'

const config = modbus.config.parse({})

function check(building: BuildingOptions = {}): readonly Finding[] {
  const { charger, points } = makePoints(building)
  return modbus.check(modbus.config.parse(building.settings ?? {}), [
    { device: { charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }, points },
  ])
}

const row = (point: string, part: object, extra: Partial<Row> = {}): Row => ({ point, modbus: part, ...extra })
const codes = (rows: readonly Row[], building: BuildingOptions = {}) => [
  ...new Set(check({ chargerRows: [], connectorRows: rows, ...building }).map(({ code }) => code)),
]

describe('What check finds', () => {
  it('nothing in a sound mapping', () => {
    expect(check()).toEqual([])
  })

  it('two points at one address, also when only a half of one is', () => {
    const float = row('power', { table: 'input', address: 10 })
    expect(codes([float, row('status', { table: 'input', address: 11 })])).toEqual(['modbus-collision'])
    expect(codes([float, row('limit', { table: 'holding', address: 10, type: 'uint16' })])).toEqual([
      'modbus-collision',
    ])
    expect(codes([float, row('status', { table: 'input', address: 12 })])).toEqual([])
    expect(codes([float, row('plugged', { table: 'discrete', address: 10 })])).toEqual([])
  })

  it('a value that reaches into the next connector, or beyond the table', () => {
    expect(codes([row('power', { table: 'input', address: 99 })])).toEqual(['modbus-range'])
    expect(codes([row('power', { table: 'input', address: 98 })])).toEqual([])
    expect(codes([row('vendorErrorCode', { table: 'input', address: 10_499, words: 2 })])).toEqual(['modbus-range'])
    expect(codes([row('vendorErrorCode', { table: 'input', address: 65_535, words: 2 })])).toContain('modbus-range')
  })

  it('an address that was copied from a list which counts from 40001', () => {
    const [found] = check({ chargerRows: [], connectorRows: [row('power', { table: 'holding', address: 40_061 })] })
    expect(found?.code).toBe('modbus-range')
    expect(found?.message).toMatch(/40061 .* is 60$/)
    const [other] = check({ chargerRows: [], connectorRows: [row('power', { table: 'input', address: 20_000 })] })
    expect(other?.message).toMatch(/0 to 99, or 10000 to 10499, as on the wire$/)
  })

  it('a writable point on a read-only table', () => {
    expect(codes([row('limit', { table: 'input', address: 0, type: 'uint16' })])).toEqual(['modbus-read-only'])
    expect(codes([row('availability', { table: 'discrete', address: 0 })])).toEqual(['modbus-read-only'])
    expect(codes([row('limit', { table: 'input', address: 0 }, { writable: false })])).toEqual([])
  })

  it('a type that does not fit its point', () => {
    expect(codes([row('info', { table: 'input', address: 0, type: 'uint16' })])).toEqual(['modbus-type'])
    expect(codes([row('power', { table: 'input', address: 0, type: 'string' })])).toEqual(['modbus-type'])
    expect(codes([row('power', { table: 'discrete', address: 0 })])).toEqual(['modbus-type'])
    expect(codes([row('status', { table: 'input', address: 0, scale: 0.1 })])).toEqual(['modbus-type'])
  })

  it('a scale that can not reach the rating', () => {
    const limit = row('limit', { table: 'holding', address: 0, type: 'uint16', scale: 0.0001 })
    expect(codes([limit])).toEqual(['modbus-scale'])
    const dc = { electrical: { kind: 'dc', maxPower: 150_000 } } as const
    const watts = (scale: number) =>
      row('limit', { table: 'holding', address: 0, type: 'uint16', scale }, { unit: 'W' })
    expect(codes([watts(1)], { charger: dc })).toEqual(['modbus-scale'])
    expect(codes([watts(10)], { charger: dc })).toEqual([])
  })

  it('bits of a register that two have, or that a whole value has', () => {
    const bit = (point: string, part: object) => row(point, { table: 'input', address: 50, ...part })
    expect(codes([bit('plugged', { bit: 0 }), bit('charging', { bit: 1 })])).toEqual([])
    expect(codes([bit('plugged', { bit: 1 }), bit('charging', { bit: 1 })])).toEqual(['modbus-collision'])
    expect(codes([bit('status', { bit: 0, bits: 4 }), bit('charging', { bit: 3 })])).toEqual(['modbus-collision'])
    expect(codes([bit('status', { bit: 0, bits: 4 }), bit('charging', { bit: 4 })])).toEqual([])
    expect(codes([bit('status', {}), bit('charging', { bit: 15 })])).toEqual(['modbus-collision'])
    expect(codes([bit('charging', { bit: 15 }), bit('power', { address: 49 })])).toEqual(['modbus-collision'])
    const holding = row('smartCharging.enable', { table: 'holding', address: 50, bit: 15 })
    expect(codes([holding, bit('charging', { bit: 15 })])).toEqual(['modbus-collision'])
    expect(codes([holding, bit('charging', { bit: 14 })])).toEqual([])
    const discrete = row('plugged', { table: 'discrete', address: 50 })
    expect(codes([discrete, bit('plugged', { bit: 0 })])).toEqual([])
  })

  it('bits that their point can not have', () => {
    const bit = (point: string, part: object) => codes([row(point, { table: 'input', address: 50, ...part })])
    expect(bit('status', { bit: 0, bits: 3 })).toEqual(['modbus-type'])
    expect(bit('status', { bit: 0, bits: 4 })).toEqual([])
    expect(bit('plugged', { bit: 0, bits: 2 })).toEqual(['modbus-type'])
    expect(bit('command.sequence', { bit: 0 })).toEqual(['modbus-type'])
    expect(bit('command.sequence', { bit: 0, bits: 2 })).toEqual([])
    expect(bit('plugged', { bits: 1 })).toEqual(['modbus-type'])
    expect(bit('plugged', { table: 'discrete', bit: 0 })).toEqual(['modbus-type'])
    expect(bit('plugged', { bit: 0, type: 'uint16' })).toEqual(['modbus-type'])
    expect(bit('status', { bit: 13, bits: 4 })).toEqual(['modbus-type'])
    expect(bit('power', { bit: 0, bits: 16 })).toEqual(['modbus-type'])
    expect(bit('info', { bit: 0 })).toEqual(['modbus-type'])
    expect(bit('start', { bit: 0, bits: 2 })).toEqual(['modbus-read-only'])
  })

  it('a writable text that is longer than one write can be', () => {
    const key = (part: object) => row('config.ConnectorPhaseRotation', part, { writable: true })
    const found = (part: object) => codes([], { chargerRows: [key(part)] })
    expect(found({ table: 'holding', address: 10_000 })).toEqual(['modbus-range'])
    expect(found({ table: 'holding', address: 10_000, words: 123 })).toEqual([])
  })

  it('two devices with one unit, and a device that gets none', () => {
    const { charger, points } = makePoints()
    const device = (name: string, addresses: Record<string, number>) => ({
      device: { charger, name, number: 300, addresses },
      points,
    })
    const messages = modbus
      .check(config, [device('A', { modbus: 7 }), device('B', { modbus: 7 }), device('C', {})])
      .map(({ message }) => message)
    expect(messages).toHaveLength(2)
    expect(messages[0]).toContain('unit 7')
    expect(messages[1]).toContain('C')
  })
})

describe('Addresses', () => {
  it('are the unit of the config, else the number; the bridge is 0, and after 247 there are none', () => {
    expect(modbus.assign(config, 0, undefined)).toBe(0)
    expect(modbus.assign(config, 12, undefined)).toBe(12)
    expect(modbus.assign(config, 12, { unit: 40 })).toBe(40)
    expect(modbus.assign(config, 248, undefined)).toBeUndefined()
    expect(modbus.chargerConfig.safeParse({ unit: 0 }).success).toBe(false)
    expect(modbus.chargerConfig.safeParse({ unit: 248 }).success).toBe(false)
  })

  it('are described 0-based as on the wire and 1-based as people write them', () => {
    const { charger, points } = makePoints()
    const device = { charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }
    const of = (name: string, connector: number) =>
      modbus.describe(config, device, points.find((p) => p.definition.name === name && p.connector === connector)!)
    expect(of('limit', 2)).toEqual({
      unit: 7,
      table: 'holding',
      address: 200,
      number: 400_201,
      type: 'uint16',
      words: 1,
      wordOrder: 'ABCD',
      scale: 0.1,
    })
    expect(of('power', 1)).toMatchObject({ table: 'input', address: 110, number: 300_111, type: 'float32', words: 2 })
    expect(of('start.idTag', 2)).toMatchObject({ address: 11_000, number: 411_001, type: 'string', words: 10 })
    expect(of('plugged', 1)).toMatchObject({ table: 'discrete', address: 100, number: 100_101 })
  })

  it('of bits say which', () => {
    const rows = [row('status', { table: 'input', address: 50, bit: 8, bits: 4 })]
    const { charger, points } = makePoints({ chargerRows: [], connectorRows: rows })
    const device = { charger, name: 'Tower.Bay 01', number: 7, addresses: { modbus: 7 } }
    expect(modbus.describe(config, device, points[0]!)).toEqual({
      unit: 7,
      table: 'input',
      address: 150,
      number: 300_151,
      type: 'bits',
      words: 1,
      wordOrder: 'ABCD',
      scale: 1,
      bit: 8,
      bits: 4,
    })
  })

  it('are not described for what Modbus does not show', () => {
    const { charger, points } = makePoints({ chargerRows: [row('online', { table: 'discrete', address: 0 })] })
    const hidden = { charger, name: 'x', number: 1, addresses: {} }
    expect(modbus.describe(config, hidden, points[0]!)).toBeUndefined()
  })
})

describe('The config', () => {
  it('has the defaults of the contract', () => {
    expect(config.tcp).toEqual({ listen: { host: '0.0.0.0', port: 502 }, maxConnections: 32, idleTimeout: 60_000 })
    expect(config.allowWrites.map(({ text }) => text)).toEqual(['127.0.0.0/8'])
    expect(config.priority).toBe(10)
  })

  it('refuses the reserved priority 6', () => {
    expect(modbus.config.safeParse({ priority: 6 }).success).toBe(false)
  })

  it('refuses keys that do not exist', () => {
    expect(modbus.config.safeParse({ tcp: { port: 502 } }).success).toBe(false)
    expect(modbus.binding.safeParse({ table: 'holding', address: 0, typ: 'uint16' }).success).toBe(false)
  })
})

describe('The registers of a site', () => {
  it('of 2,000 chargers with two connectors of 25 points stay under 60 MB', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const held = () => {
      collect()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return (heapUsed + arrayBuffers) / 2 ** 20
    }
    const more = ['current.L2', 'current.L3', 'voltage.L1', 'voltage.L2', 'voltage.L3', 'soc', 'temperature']
    const rows = [...connectorRows, ...more.map((point, n) => row(point, { table: 'input', address: 40 + 2 * n }))]
    const { clock, log, downlink, charger, points } = makePoints({ connectorRows: rows })
    const server = modbus.create(config, {
      clock,
      log,
      downlink,
      keeping: keptAtOnce,
      notebook: notebook(),
      journal: journals(),
      site: 'Tower',
      version: '1',
    })
    const before = held()
    // The same points under other units: what is measured is Modbus's own part.
    for (let number = 1; number <= 2_000; number += 1) {
      server.attach({ charger, name: `T.${number}`, number, addresses: { modbus: number } }, points)
    }
    const taken = held() - before
    expect(taken).toBeGreaterThan(1)
    expect(taken).toBeLessThan(60)
    server.pointChanged(points[0]!)
  })
})
