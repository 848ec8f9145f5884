import { describe, expect, it } from 'vitest'
import { formatPoints, listPoints } from '../../../src/mapping/list.ts'
import { header, site } from './site.ts'

const m = `mapping: m
charger:
  - { point: online, modbus: { table: discrete, address: 0 } }
connector:
  - point: limit
    unit: A
    bacnet: { object: analog-output, instance: 1, name: Limit }
    modbus: { table: holding, address: 0, type: uint16, scale: 0.1 }
  - { point: transaction.active, bacnet: { object: binary-input, instance: 2, name: Active, trend: cov } }
  - { point: start, states: ["idle, waiting", 'go | "now"'], modbus: { table: holding, address: 4 } }`

function points() {
  const { problems, listings, parts } = site(
    `site: Tower East\n${header}chargers: [{ id: CP-1, name: Bay 01, mapping: m, electrical: { maxCurrent: 32 } }]`,
    { m },
  )
  expect(problems).toEqual([])
  return listPoints(listings, parts)
}

describe('the list of points', () => {
  it('says of each where the building finds it', () => {
    const own = points().filter(({ charger }) => charger !== null)
    expect(own).toEqual([
      expect.objectContaining({
        charger: 'CP-1',
        connector: 0,
        point: 'online',
        name: 'Tower East.Bay 01.online',
        unit: null,
        writable: false,
        modbus: expect.objectContaining({ unit: 1, table: 'discrete', address: 0, number: 100_001 }),
      }),
      {
        charger: 'CP-1',
        connector: 1,
        point: 'limit',
        name: 'Tower East.Bay 01.1.Limit',
        unit: 'A',
        writable: true,
        bacnet: { device: 4001, network: 2000, object: 'analog-output', type: 1, instance: 101 },
        modbus: {
          unit: 1,
          table: 'holding',
          address: 100,
          number: 400_101,
          type: 'uint16',
          words: 1,
          wordOrder: 'ABCD',
          scale: 0.1,
        },
      },
      expect.objectContaining({
        point: 'transaction.active',
        name: 'Tower East.Bay 01.1.Active',
        bacnet: { device: 4001, network: 2000, object: 'binary-input', type: 3, instance: 102, trend: 102 },
      }),
      expect.objectContaining({ point: 'start', states: ['idle, waiting', 'go | "now"'] }),
    ])
    expect(own[2]).not.toHaveProperty('modbus')
    expect(own[2]).not.toHaveProperty('states')
  })

  it("has the bridge's own points for no charger", () => {
    expect(points().find(({ point }) => point === 'totalPower')).toMatchObject({
      charger: null,
      connector: 0,
      name: 'Tower East.Total Power',
      unit: 'kW',
      modbus: { unit: 0 },
    })
  })

  it('as JSON is the list itself', () => {
    expect(JSON.parse(formatPoints(points(), 'json'))).toEqual(points())
  })

  it('as CSV has one column for each thing to know, quoted where need be', () => {
    const [head = '', ...rows] = formatPoints(points(), 'csv').trimEnd().split('\n')
    expect(head.split(',').slice(0, 9)).toEqual([
      'charger',
      'connector',
      'point',
      'name',
      'unit',
      'writable',
      'states',
      'bacnet.device',
      'bacnet.network',
    ])
    expect(head).toContain('modbus.unit,modbus.table,modbus.address,modbus.number')
    expect(rows.find((row) => row.includes(',limit,'))).toMatch(
      /^CP-1,1,limit,Tower East\.Bay 01\.1\.Limit,A,true,,4001,2000,/,
    )
    expect(rows.find((row) => row.includes(',start,'))).toContain('"idle, waiting; go | ""now"""')
  })

  it('as CSV has no cell that a spreadsheet would take for a formula, and leaves numbers alone', () => {
    const list = ['=1+1', '@SUM(A1)', '+49 30', '-x', '-12.5', '\tx', 'a=1', '5', 'a\rb'].map((name) => ({
      charger: null,
      connector: 0,
      point: name,
      name: '',
      unit: null,
      writable: false,
    }))
    expect(
      formatPoints(list, 'csv')
        .split('\n')
        .map((line) => line.split(',')[2]),
    ).toEqual(['point', "'=1+1", "'@SUM(A1)", "'+49 30", "'-x", '-12.5', "'\tx", 'a=1', '5', '"a\rb"', undefined])
  })

  it('as Markdown is a table whose cells stay cells', () => {
    const lines = formatPoints(points(), 'markdown').trimEnd().split('\n')
    expect(lines[1]).toMatch(/^(\| --- )+\|$/)
    expect(lines.find((line) => line.includes('| start |'))).toContain('go \\| "now"')
  })

  it('as a table is aligned, without the long texts of states', () => {
    const lines = formatPoints(points(), 'table').trimEnd().split('\n')
    const column = lines[0]?.indexOf('modbus.table') ?? 0
    expect(lines.filter((line) => line.slice(column).startsWith('holding'))).toHaveLength(3)
    expect(lines[0]).not.toContain('states')
  })
})
