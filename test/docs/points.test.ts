import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { findBridgePoint, findPoint, pointNames } from '../../src/core/points/catalogue.ts'
import { measurands } from '../../src/core/points/meter-point.ts'
import type { PointDefinition, PointScope } from '../../src/core/points/point.ts'

const root = join(import.meta.dirname, '../..')
const file = join(root, 'docs/points.md')

interface Row {
  readonly point: string
  readonly unit?: string
  readonly bacnet?: { readonly object: string; readonly instance: number }
  readonly modbus?: {
    readonly table: string
    readonly address: number
    readonly type?: string
    readonly scale?: number
  }
}

const mappings = Object.fromEntries(
  ['standard', 'full', 'bridge'].map((name) => [
    name,
    parse(readFileSync(join(root, `mappings/${name}.yaml`), 'utf8')) as Partial<Record<PointScope, readonly Row[]>>,
  ]),
)
const rowsOf = (mapping: string, scope: PointScope): readonly Row[] => mappings[mapping]?.[scope] ?? []

const written: Readonly<Record<NonNullable<PointDefinition['write']>['kind'], string>> = {
  setpoint: 'setpoint',
  parameter: 'held value',
  configuration: 'configuration key',
  action: 'action',
  registration: 'held value',
  'authorize-mode': 'held value',
}

const titles: Readonly<Record<PointScope, string>> = {
  charger: 'Of the charge point (`charger:` in a mapping; connector 0)',
  connector: 'Of each connector (`connector:`)',
  bridge: 'Of the bridge itself (`bridge.yaml`)',
}

function line(scope: PointScope, name: string): string {
  const definition = scope === 'bridge' ? findBridgePoint(name) : findPoint(scope, name)
  if (definition === undefined) throw new Error(`no point ${name}`)
  const found = (scope === 'bridge' ? ['bridge'] : ['standard', 'full'])
    .map((mapping) => ({ mapping, row: rowsOf(mapping, scope).find(({ point }) => point === name) }))
    .find(({ row }) => row !== undefined)
  const { bacnet, modbus, unit: shown = definition.unit } = found?.row ?? {}
  const unit = [shown, definition.alternativeUnit].filter((each) => each !== undefined).join(' or ')
  const register = modbus && [modbus.table, modbus.address, modbus.type, modbus.scale && `× ${modbus.scale}`]
  const cells = [
    `\`${name}\``,
    definition.description,
    definition.states?.join(', ') ?? (unit === '' ? definition.type : unit),
    definition.write === undefined ? '' : written[definition.write.kind],
    bacnet === undefined ? '' : `${bacnet.object} ${bacnet.instance}`,
    register?.filter((each) => each !== undefined).join(' ') ?? '',
    found?.mapping ?? '',
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function table(scope: PointScope): string {
  return [
    `## ${titles[scope]}`,
    '',
    '| point | what it is | shown in, type or states | written as | BACnet | Modbus | in |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...pointNames(scope).map((name) => line(scope, name)),
  ].join('\n')
}

function page(): string {
  return `# Points

<!-- Written by test/docs/points.test.ts from the catalogue and the shipped mappings: UPDATE=1 npx vitest run --config .vitest.config.ts test/docs/points.test.ts, then npx biome check --write docs -->

Every point that a mapping can show. "in" is the first shipped mapping that has it: \`standard\`, or else \`full\`; BACnet instances and Modbus addresses are those of
that mapping for connector 0 (charge point) or before n × stride is added (connector n). \`ocpp-bms-bridge points\` prints the sums for your site.

States stand in their published order: the first is 0 on Modbus and 1 on BACnet. What they mean is in [states.md](states.md).
How values are written:

- **setpoint**: has a 16-slot priority array; kept, and applied again after each reboot and reconnection of the charger; may be written while the charger is away.
- **held value**: kept until another is written; no priority array.
- **action**: happens once, when a client's own value goes from Idle (0) to something else; write Idle before the next. Falls back to Idle by itself, and
  is refused while the charger is away. \`<action>.result\` says what became of it.

That a write was taken does not mean that the charger did it: \`command.state\` says what became of the last one of whatever kind ([states.md](states.md)).

${(['charger', 'connector', 'bridge'] as const).map(table).join('\n\n')}

## Meter values

\`meter.<Measurand>[.<Phase>][@<Location>]\` shows any meter value that the charger sends, under \`connector\` or \`charger\`. A phase is
\`L1\`, \`L2\`, \`L3\`, \`L1-L2\`, \`L2-L3\` or \`L3-L1\`; a location is \`Body\`, \`Cable\`, \`EV\` or \`Inlet\` (the outlet is not named). The measurands, and the unit that each is in
unless the row says another:

| measurand | unit |
| --- | --- |
${Object.entries(measurands)
  .map(([name, unit]) => `| \`${name}\` | ${unit ?? ''} |`)
  .join('\n')}

## Configuration keys

\`config.<Key>\`, under \`charger\`: any key, those of vendors included. The standard's are in [configuration-keys.md](configuration-keys.md).
`
}

/** Without what the formatter of the repository does to tables. */
function plain(text: string): string {
  return text.replace(/ *\| */g, '|').replace(/-{3,}/g, '---')
}

it('docs/points.md is what the catalogue says (UPDATE=1 writes it again)', () => {
  const generated = page()
  if (process.env.UPDATE === '1') writeFileSync(file, generated)
  expect(plain(readFileSync(file, 'utf8'))).toBe(plain(generated))
})
