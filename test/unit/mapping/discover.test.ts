import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { applyConfiguration, applyReading } from '../../../src/core/charger/apply-event.ts'
import { Charger } from '../../../src/core/charger/charger.ts'
import type { ConfigurationKey, Sample } from '../../../src/core/charger/event.ts'
import { formatProblem } from '../../../src/lib/problem.ts'
import { discover } from '../../../src/mapping/discover.ts'
import { briefly, site } from './site.ts'

interface Shown {
  readonly keys?: readonly (readonly [key: string, value: string | undefined, readonly?: boolean])[]
  readonly samples?: Readonly<Record<number, readonly (Sample | string)[]>>
}

const everyPhase = ['L1', 'L2', 'L3'].flatMap((phase) => [
  { measurand: 'Current.Import', phase, value: 16 },
  { measurand: 'Voltage', phase, value: 231.4 },
  { measurand: 'Power.Active.Import', phase, value: 3700 },
])

/** What a talkative charger says. */
const talkative: Shown = {
  keys: [
    ['HeartbeatInterval', '300'],
    ['numberofconnectors', '2', true],
    ['AuthorizationKey', 'x7secret7x'],
    ['SupportedFeatureProfiles', 'Core,SmartCharging', true],
    ['ReserveConnectorZeroSupported', 'false'],
    ['AuthorizeRemoteTxRequests', 'true', true],
    ['LightIntensity', '80'],
    ['AcmeDisplayOn', 'True'],
    ['Acme.Retries', '3'],
    ['acme/Offset', '-2'],
    ['AcmeFactor', '0.95'],
    ['AcmeNegative', '-0.25'],
    ['AcmeModes', 'fast,slow', true],
    ['AcmePhone', '0049301234567'],
    ['AcmeBig', '4294967296'],
    ['AcmeEmpty', ''],
    ['AcmeNothing', undefined, true],
    ['AcmeLong', 'x'.repeat(500)],
    ['AcmeWifiPassword', 'x7secret7x'],
    ['Acmé', '1'],
    ['Acme\n  - point: evil', '1'],
  ],
  samples: {
    0: ['Power.Active.Import', 'Energy.Active.Import.Register'],
    1: [...everyPhase, 'Power.Active.Import', 'Energy.Active.Import.Register', 'SoC', 'Temperature', 'Power.Factor'],
    2: [
      { measurand: 'Temperature', location: 'Body', value: 31 },
      { measurand: 'Voltage', phase: 'L1-L2', value: 400 },
      { measurand: 'Power.Reactive.Import', value: -120 },
      { measurand: 'AcmeHumidity', value: 40 },
      'Temperature',
      'Frequency',
    ],
  },
}

function told(electrical: string, { keys = [], samples = {} }: Shown, mapping: string, config = '', mappings = {}) {
  const text = `bacnet: { device: { instance: 4000 }, network: 2000${config} }
modbus: {}
chargers: [{ id: CP-1, name: Bay 01, mapping: ${mapping}, connectors: 2, electrical: ${electrical} }]`
  const own = site(text, mappings)
  const listed = own.listings[1]?.device.charger
  if (listed === undefined) throw new Error(own.problems.map(formatProblem).join('\n'))
  const charger = new Charger(listed.settings, { guest: false, connectors: 2, limits: listed.limits })
  const said: ConfigurationKey[] = keys.map(([key, value, readonly = false]) => ({ key, value, readonly }))
  applyConfiguration(charger, { kind: 'configuration', keys: said, unknown: [] })
  for (const [connector, list] of Object.entries(samples)) {
    const all = list.map((each) => (typeof each === 'string' ? { measurand: each, value: 1 } : each))
    applyReading(charger, Number(connector), { stream: 'periodic', samples: all }, 0, { live: true })
  }
  const found = own.loaded.byName.get(mapping)
  if (found === undefined) throw new Error(`no mapping ${mapping}`)
  return { text, rows: discover(charger, found, own.parts) }
}

const ac = '{ maxCurrent: 32 }'

/** Every row of both scopes. */
function parsed(rows: string) {
  const value = (parse(rows) ?? {}) as Record<string, readonly Record<string, unknown>[] | undefined>
  return { charger: value.charger ?? [], connector: value.connector ?? [] }
}

describe('what a charger has shown', () => {
  const { rows } = told(ac, talkative, 'standard')
  const { charger, connector } = parsed(rows)
  const row = (point: string) => [...charger, ...connector].find((each) => each.point === point)

  it('becomes rows beyond those of its mapping', () => {
    expect(row('config.HeartbeatInterval')).toEqual({
      point: 'config.HeartbeatInterval',
      unit: 's',
      writable: true,
      bacnet: { object: 'positive-integer-value', instance: 32, name: 'Config HeartbeatInterval' },
      modbus: { table: 'holding', address: 10_192, type: 'uint32' },
    })
    expect(connector.find(({ point }) => point === 'meter.Voltage.L1')).toEqual({
      point: 'meter.Voltage.L1',
      unit: 'V',
      bacnet: { object: 'analog-input', instance: 10, name: 'Meter Voltage L1', covIncrement: 1 },
      modbus: { table: 'input', address: 10_000, type: 'float32' },
    })
  })

  it.each([
    ['config.NumberOfConnectors', undefined, undefined, 'positive-integer-value', 'uint32'],
    ['config.SupportedFeatureProfiles', undefined, undefined, 'characterstring-value', 'string'],
    // The charger says that it can be written; the standard says that it can't.
    ['config.ReserveConnectorZeroSupported', undefined, undefined, 'binary-value', 'uint16'],
    ['config.AuthorizeRemoteTxRequests', undefined, undefined, 'binary-value', 'uint16'],
    ['config.LightIntensity', undefined, true, 'positive-integer-value', 'uint32'],
    ['config.AcmeDisplayOn', 'boolean', true, 'binary-value', 'uint16'],
    ['config.Acme.Retries', 'integer', true, 'positive-integer-value', 'uint32'],
    ['config.acme/Offset', 'integer', true, 'analog-value', 'int32'],
    ['config.AcmeFactor', 'number', true, 'analog-value', 'float32'],
    ['config.AcmeNegative', 'number', true, 'analog-value', 'float32'],
    ['config.AcmeModes', undefined, undefined, 'characterstring-value', 'string'],
    ['config.AcmePhone', undefined, true, 'characterstring-value', 'string'],
    ['config.AcmeBig', undefined, true, 'characterstring-value', 'string'],
    ['config.AcmeEmpty', undefined, true, 'characterstring-value', 'string'],
    ['config.AcmeNothing', undefined, undefined, 'characterstring-value', 'string'],
  ])('%s has type %s, writable %s, and is a %s', (point, type, writable, object, register) => {
    expect(row(point)).toMatchObject({ bacnet: { object }, modbus: { type: register } })
    expect([row(point)?.type, row(point)?.writable]).toEqual([type, writable])
  })

  it('keeps the decimals that it was shown with', () => {
    expect(row('config.AcmeFactor')?.bacnet).toMatchObject({ covIncrement: 0.01 })
    expect(row('meter.Energy.Active.Import.Register')).toMatchObject({ unit: 'kWh', modbus: { scale: 0.001 } })
    expect(row('meter.Power.Reactive.Import')).toMatchObject({ unit: 'kvar', modbus: { type: 'float32' } })
  })

  it('says what can be no point, and what is shown by another name', () => {
    expect(rows).toMatch(/^ {2}# meter\.Power\.Active\.Import: shown as power$/m)
    expect(rows).toMatch(/^ {2}# meter\.Current\.Import\.L1: shown as current\.L1$/m)
    expect(rows).toMatch(/^ {2}# meter\.AcmeHumidity: no measurand/m)
    expect(rows).toMatch(/^ {2}# config\.Acm\?: its name has characters/m)
    expect(rows).toMatch(/^ {2}# config\.Acme\? {2}- point: evil: its name/m)
    expect(rows).toMatch(/^ {2}- point: meter\.Temperature # connectors 1, 2$/m)
    expect(rows).toMatch(/^ {2}- point: meter\.Temperature@Body # connector 2$/m)
  })

  it('has no password among it, and no value at all', () => {
    expect(rows).not.toMatch(/AuthorizationKey|x7secret7x/)
    expect(rows).toMatch(/^ {2}# config\.AcmeWifiPassword: looks like a password$/m)
    expect(row('config.AcmeWifiPassword')).toBeUndefined()
  })

  it('has nothing that the mapping shows already', () => {
    expect(told(ac, { keys: [['METERVALUESAMPLEINTERVAL', '60']] }, 'standard').rows).toBe(
      '# CP-1 has shown nothing that its mapping standard does not show.\n',
    )
    const full = parsed(told(ac, talkative, 'full').rows)
    expect(full.charger.map(({ point }) => point)).not.toContain('config.HeartbeatInterval')
    expect(full.connector.map(({ point }) => point)).toEqual(['meter.Temperature@Body'])
  })
})

/** More of everything than there is room for. */
const endless: Shown = {
  keys: Array.from({ length: 300 }, (_, n) => [`Acme${n}`, ['true', '7', '-7', '1.5', 'text'][n % 5]] as const),
  samples: {
    1: ['Current.Import', 'Voltage', 'Power.Active.Import', 'Energy.Active.Export.Interval', 'Power.Factor'].flatMap(
      (measurand) =>
        ['L1', 'L2', 'L3', 'L1-L2', 'L2-L3', 'L3-L1'].flatMap((phase) =>
          ['Body', 'Cable', 'EV', 'Inlet'].map((location) => ({ measurand, phase, location, value: 1 })),
        ),
    ),
  },
}

describe('pasted rows', () => {
  const all = [
    ['standard', ac, ''],
    ['standard', ac, ', topology: flat'],
    ['full', ac, ''],
    ['full', ac, ', topology: flat'],
    ['standard-dc', '{ maxPower: 150000 }', ''],
  ] as const
  const cases = all.flatMap(([mapping, electrical, config]) => [
    { mapping, electrical, config, what: 'a talkative charger', shown: talkative },
    { mapping, electrical, config, what: 'a charger beyond all bounds', shown: endless },
  ])

  it.each(cases)(
    'of $what with mapping $mapping$config pass check as they are',
    ({ mapping, electrical, config, shown }) => {
      const { rows, text } = told(electrical, shown, mapping, config)
      const before = parsed(rows)
      expect(before.charger.length + before.connector.length).toBeGreaterThan(5)
      const pasted = `mapping: mine\nextends: ${mapping}\n${rows}`
      const checked = site(text.replace(`mapping: ${mapping}`, 'mapping: mine'), { mine: pasted })
      expect(checked.problems.map(formatProblem)).toEqual([])
      const points = checked.listings[1]?.points.map(({ definition }) => definition.name) ?? []
      for (const { point } of [...before.charger, ...before.connector]) expect(points).toContain(point)
    },
  )

  it('are found to be there the next time', () => {
    const first = told(ac, talkative, 'standard').rows
    const mine = `mapping: mine\nextends: standard\n${first}`
    const second = told(ac, talkative, 'mine', '', { mine }).rows
    expect(parsed(second)).toEqual({ charger: [], connector: [] })
  })

  it('stay within the strides of their mapping', () => {
    const mappings = { small: 'mapping: small\nextends: standard\nstrides: { bacnet: 40, modbus: 40 }\n' }
    const { rows, text } = told(ac, endless, 'small', '', mappings)
    const mine = `mapping: mine\nextends: small\n${rows}`
    expect(briefly(site(text.replace('mapping: small', 'mapping: mine'), { ...mappings, mine }))).toEqual([])
  })

  it("give a vendor's key its type, and no other", () => {
    const m = (row: string) =>
      site(
        `bacnet: { device: { instance: 4000 }, network: 2000 }\nmodbus: {}\nchargers: [{ id: A, mapping: m, electrical: ${ac} }]`,
        { m: `mapping: m\ncharger:\n  - ${row}\n` },
      )
    const bacnet = 'bacnet: { object: positive-integer-value, instance: 1, name: X }'
    expect(briefly(m(`{ point: config.AcmeX, type: integer, ${bacnet} }`))).toEqual([])
    expect(briefly(m(`{ point: config.AcmeX, ${bacnet} }`))).toEqual(['mappings/m.yaml:3:28 bacnet-type'])
    expect(briefly(m(`{ point: config.BlinkRepeat, type: text, ${bacnet} }`))).toEqual(['mappings/m.yaml:3:40 type'])
    expect(briefly(m(`{ point: online, type: integer, ${bacnet} }`))).toEqual(['mappings/m.yaml:3:28 type'])
  })
})
