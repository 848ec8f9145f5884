import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { units } from '../../../../src/core/points/unit.ts'
import { exportPoints } from '../../../../src/mapping/export.ts'
import { listPoints } from '../../../../src/mapping/list.ts'
import { engineeringUnit } from '../../../../src/northbound/bacnet/binding.ts'
import { objectTypes } from '../../../../src/northbound/bacnet/wire/object-type.ts'
import { runCommand } from '../../../support/bridge-process.ts'
import { site } from '../../mapping/site.ts'

const AT = Date.UTC(2026, 2, 1, 23, 59)

function drawn(options: { readonly bacnet?: string; readonly name?: string; readonly m?: string } = {}) {
  const { bacnet = 'bacnet: { device: { instance: 4000 }, network: 2000 }', name = 'Bay 01', m } = options
  const mapping = m === undefined ? 'full' : 'm'
  const { problems, listings, parts } = site(
    `site: Tower East
${bacnet}
modbus: {}
chargers:
  - { id: CP-1, name: "${name}", connectors: 2, mapping: ${mapping}, electrical: { maxCurrent: 32 } }
  - { id: CP-2, name: Bay 02, connectors: 1, mapping: standard, electrical: { maxCurrent: 32 } }`,
    m === undefined ? {} : { m },
  )
  expect(problems).toEqual([])
  return { listings, parts }
}

async function files({ listings, parts }: ReturnType<typeof drawn>) {
  const context = { site: 'Tower East', version: '1.2.3', at: AT }
  const made = await exportPoints('ede', listings, parts, context)
  const rows = (name: string) =>
    String(made.get(name))
      .split('\r\n')
      .slice(0, -1)
      .map((line) => line.split(';'))
  return {
    made,
    head: rows('Tower East_EDE.csv').slice(0, 8),
    rows: rows('Tower East_EDE.csv').slice(8),
    states: rows('Tower East_StateTexts.csv'),
    units: rows('Tower East_Units.csv'),
    types: rows('Tower East_ObjTypes.csv'),
  }
}

describe('points --format ede', () => {
  it('makes the four files of layout 2.3', async () => {
    const { head, made, states, types, units: unitRows } = await files(drawn())
    expect([...made.keys()]).toEqual(['EDE', 'StateTexts', 'Units', 'ObjTypes'].map((name) => `Tower East_${name}.csv`))
    expect(head.map((cells) => cells.join(';'))).toEqual([
      '#Engineering-Data-Exchange - B.I.G.-EU',
      'PROJECT_NAME;Tower East',
      'VERSION_OF_REFERENCEFILE;1',
      'TIMESTAMP_OF_LAST_CHANGE;2026-03-01',
      'AUTHOR_OF_LAST_CHANGE;ocpp-bms-bridge 1.2.3',
      'VERSION_OF_LAYOUT;2.3',
      `#mandatory${';mandatory'.repeat(4)}${';optional'.repeat(12)}`,
      '# keyname;device obj.-instance;object-name;object-type;object-instance;description;present-value-default;min-present-value;max-present-value;settable;supports COV;hi-limit;low-limit;state-text-reference;unit-code;vendor-specific-address;notification-class',
    ])
    expect(states.slice(0, 2).map((cells) => cells.slice(0, 4).join(';'))).toEqual([
      '#State Text Reference',
      '#Reference Number;Text 1 or Inactive-Text;Text 2 or Active-Text;Text 3',
    ])
    expect(unitRows.slice(0, 3).map((cells) => cells.join(';'))).toEqual([
      '#Encoding of BACnet Engineering Units',
      '#Code;Unit Text',
      '2;milliamperes',
    ])
    expect(types.slice(0, 3).map((cells) => cells.join(';'))).toEqual([
      '#Encoding of BACnet Object Types',
      '#Code;Object Type',
      '0;Analog Input',
    ])
  })

  it.each(['virtual', 'flat'])(
    'has every point in topology %s under the place and name that the list says',
    async (topology) => {
      const own = drawn({ bacnet: `bacnet: { device: { instance: 4000 }, network: 2000, topology: ${topology} }` })
      const { rows } = await files(own)
      const found = new Map(
        rows.map(([, device, name, type, instance, , , , , settable]) => [
          `${device} ${type} ${instance}`,
          `${name} ${settable}`,
        ]),
      )
      const listed = listPoints(own.listings, own.parts).flatMap(({ name, writable, bacnet }) => {
        const place = bacnet as { device: number; type: number; instance: number } | undefined
        return place === undefined
          ? []
          : [[`${place.device} ${place.type} ${place.instance}`, `${name} ${writable ? 'Y' : 'N'}`]]
      })
      expect(listed.length).toBeGreaterThan(300)
      for (const [place = '', row] of listed) expect({ place, row: place && found.get(place) }).toEqual({ place, row })
    },
  )

  it('has the objects beside points, and each key, identifier and name once', async () => {
    const { rows } = await files(drawn())
    const of = (...wanted: number[]) => rows.filter(([, , , type]) => wanted.includes(Number(type))).map(([key]) => key)
    expect(of(objectTypes.device)).toEqual(['4000.device.4000', '4001.device.4001', '4002.device.4002'])
    // The bridge is a router, with a port to each network.
    expect(of(objectTypes['network-port'])).toHaveLength(4)
    expect(of(objectTypes['structured-view']).slice(0, 4)).toEqual([
      '4000.structured-view.1',
      '4001.structured-view.1',
      '4001.structured-view.101',
      '4001.structured-view.201',
    ])
    expect(new Set(rows.map(([key]) => key)).size).toBe(rows.length)
    expect(new Set(rows.map(([, device, name]) => `${device} ${name}`)).size).toBe(rows.length)
  })

  it('refers to nothing that the other files do not explain', async () => {
    const { rows, states, types, units: unitRows } = await files(drawn())
    const explained = (table: readonly (readonly string[])[]) => new Set(table.slice(2).map(([code]) => code))
    const used = (column: number) => new Set(rows.map((cells) => cells[column]).filter((cell) => cell !== ''))
    expect([...used(13)].filter((code) => !explained(states).has(code))).toEqual([])
    expect([...used(14)].filter((code) => !explained(unitRows).has(code))).toEqual([])
    expect([...used(3)].filter((code) => !explained(types).has(code))).toEqual([])
    expect(used(13).size).toBeGreaterThan(5)
    for (const unit of Object.keys(units))
      expect(explained(unitRows)).toContain(String(engineeringUnit(unit as keyof typeof units)))
    const online = rows.find(([, device, name]) => device === '4001' && name?.endsWith('Online'))
    expect(states.find(([reference]) => reference === online?.[13])).toEqual([online?.[13], 'offline', 'online'])
  })

  it('says what can be set, subscribed to, and where a value comes from', async () => {
    const { rows } = await files(drawn())
    const of = (name: string) => rows.find((cells) => cells[2] === `Tower East.Bay 01.${name}`)?.slice(7)
    // min, max, settable, COV, high, low, states, unit, address, notification class
    expect(of('1.Limit')?.filter((_, column) => [2, 3, 7, 8].includes(column))).toEqual(['Y', 'Y', '3', 'CP-1/1/limit'])
    expect(of('1.Energy Counter')?.slice(0, 4)).toEqual(['', '4294967295', 'N', 'N'])
    expect(of('1.Power')?.slice(2, 4)).toEqual(['N', 'Y'])
    // Alarms: the bounds and the class of each.
    expect(of('1.Power')?.filter((_, column) => [4, 9].includes(column))).toEqual(['22.08', '1'])
    expect(of('1.Status')?.slice(9)).toEqual(['2'])
  })

  it('is the same each time', async () => {
    expect((await files(drawn())).made).toEqual((await files(drawn())).made)
  })

  it('has nothing in a cell that would end it, and only ASCII', async () => {
    const m = `mapping: m
charger:
  - { point: power, bacnet: { object: analog-input, instance: 1, name: "a;b\\"c", description: "Wärme;\\n5 °C \\"x\\" 中" } }
`
    const { made, rows } = await files(drawn({ m, name: 'Bay;01' }))
    for (const text of made.values()) expect(text).toMatch(/^[\x20-\x7e\r\n]*$/)
    for (const cells of rows) expect(cells).toHaveLength(17)
    const row = rows.find(([key]) => key === '4001.analog-input.1')
    expect([row?.[2], row?.[5]]).toEqual(["Tower East.Bay,01.a,b'c", "Warme, 5 deg C 'x' ?"])
  })

  it('is refused where the configuration has no BACnet', async () => {
    const own = drawn({ bacnet: '' })
    await expect(files(own)).rejects.toThrow('ede is a format of bacnet, which the configuration does not have')
  })

  it('asks on the command line where to write, and writes there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ede-'))
    const config = join(folder, 'config.yaml')
    writeFileSync(
      config,
      `site: A & B
bacnet: { device: { instance: 4000 }, network: 2000 }
store: "sqlite::memory:"
chargers: [{ id: A, electrical: { maxCurrent: 32 } }]
`,
    )
    const without = await runCommand(['points', '--config', config, '--format', 'ede'])
    expect(without.code).toBe(1)
    expect(without.errors).toContain('--out')
    expect(without.out).toBe('')
    const out = join(folder, 'out')
    expect((await runCommand(['points', '--config', config, '--format', 'ede', '--out', out])).code).toBe(0)
    expect(readdirSync(out).sort()).toEqual(
      ['EDE', 'ObjTypes', 'StateTexts', 'Units'].map((each) => `A _ B_${each}.csv`),
    )
  }, 30_000)
})
