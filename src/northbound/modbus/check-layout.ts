import type { Finding } from '../../core/finding.ts'
import type { Point } from '../../core/points/point.ts'
import type { Listing } from '../../core/ports.ts'
import { addressOf, bindingOf, LAST_UNIT, SECOND_BLOCK, wordsOf } from './binding.ts'
import { config, type ModbusConfig } from './config.ts'
import { type Place, placesOf } from './layout.ts'

/** What doesn't go together in the units and blocks of a site. */
export function checkLayout(settings: ModbusConfig, listings: readonly Listing[]): readonly Finding[] {
  return [...unused(settings), ...units(settings, listings), ...sizes(settings, listings)]
}

/** Blocks that somebody described and nobody will see. */
function unused({ layout, blocks }: ModbusConfig): readonly Finding[] {
  if (layout !== 'units' || JSON.stringify(blocks) === JSON.stringify(config.parse({}).blocks)) return []
  const message = 'blocks means nothing with layout: units, the default: write layout: blocks, or both'
  return [{ code: 'no-effect', message, key: ['modbus', 'blocks'], warning: true }]
}

/** Units that run out, or that two have. */
function units(settings: ModbusConfig, listings: readonly Listing[]): readonly Finding[] {
  const { layout, unit: further } = settings
  const findings: Finding[] = []
  const told = new Set<string>()
  const add = (message: string, key: readonly string[], warning = false) => {
    if (told.has(message)) return
    told.add(message)
    findings.push({ code: 'modbus-unit', message, key: ['modbus', ...key], ...(warning && { warning: true }) })
  }
  const holders = new Map<number, Holder>()
  if (further !== undefined) holders.set(further, { name: 'the bridge (modbus.unit)', key: ['unit'] })
  for (const { device } of listings) {
    const { charger, name, number, addresses } = device
    const places = placesOf(settings, device)
    if (addresses.modbus === undefined)
      add(`no unit is left for ${name}: Modbus has 247, number ${number} is beyond`, [])
    else if (charger !== undefined && layout === 'both' && places.every(({ kind }) => kind === 'block'))
      add(`${name} is number ${number}: it has a block, and no unit of its own`, ['layout'], true)
    else if (charger !== undefined && layout === 'blocks' && addresses.modbus !== number)
      add(`${name} has unit ${addresses.modbus}, which means nothing with layout: blocks`, ['layout'], true)
    for (const place of places) {
      const own = holderOf(place, name)
      const other = holders.get(place.unit)
      if (place.kind === 'block' && place.unit > LAST_UNIT)
        add(`${own.name} would go on in unit ${place.unit}: a lower unit here, or smaller blocks`, own.key)
      else if (other !== undefined && (place.kind === 'unit' || other.name !== own.name))
        add(
          `unit ${place.unit} is used by both ${other.name} and ${own.name}: choose another for one of them`,
          other.key.length > own.key.length ? other.key : own.key,
        )
      else holders.set(place.unit, own)
    }
  }
  return findings
}

/** Who has a unit, and the key that says so. */
interface Holder {
  readonly name: string
  readonly key: readonly string[]
}

function holderOf({ kind, from }: Place, device: string): Holder {
  if (kind === 'unit') return { name: device, key: [] }
  return from === SECOND_BLOCK
    ? { name: 'texts in blocks (modbus.blocks.texts.unit)', key: ['blocks', 'texts', 'unit'] }
    : { name: 'blocks (modbus.blocks.unit)', key: ['blocks', 'unit'] }
}

/** Blocks that are too small for what is mapped. */
function sizes(settings: ModbusConfig, listings: readonly Listing[]): readonly Finding[] {
  if (settings.layout === 'units') return []
  const { size, texts } = settings.blocks
  const findings: Finding[] = []
  for (const run of [{ from: 0, size }, ...(texts ? [{ from: SECOND_BLOCK, size: texts.size }] : [])]) {
    const isTexts = run.from === SECOND_BLOCK
    const ends = listings.flatMap(({ device, points }) =>
      points.flatMap((point) => {
        const bound = bindingOf(point)
        if (bound === undefined || bound.row.address >= SECOND_BLOCK !== isTexts) return []
        return [{ device, point, end: addressOf(point, bound) - run.from + wordsOf(point, bound) }]
      }),
    )
    const needed = ends.reduce((most, { end }) => Math.max(most, end), 0)
    const outside = ends.filter(({ end }) => end > run.size)
    const mistake = outside.find(({ point }) => !isTold(point))
    const first = mistake ?? outside[0]
    if (first === undefined) continue
    const { device, point } = first
    const rest = mistake === undefined ? '; what lies beyond is not shown' : ''
    findings.push({
      code: 'modbus-range',
      message: `${point.definition.name} of connector ${point.connector} of ${device.name} does not fit its block of ${run.size} registers: ${needed} fit all${rest}`,
      key: ['modbus', 'blocks', ...(isTexts ? ['texts'] : []), 'size'],
      ...(mistake === undefined && { warning: true }),
    })
  }
  return findings
}

/** On a connector that nobody wrote down: a bridge that ran when the charger told of it must start again, too. */
function isTold({ charger, connector }: Point): boolean {
  return charger !== undefined && charger.settings.connectors === undefined && connector > 1
}
