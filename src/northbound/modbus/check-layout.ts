import type { Finding, Listing } from '../../core/ports.ts'
import { addressOf, bindingOf, LAST_UNIT, SECOND_BLOCK, wordsOf } from './binding.ts'
import type { ModbusConfig } from './config.ts'
import { placesOf } from './layout.ts'

/** What doesn't go together in the units and blocks of a site. */
export function checkLayout(settings: ModbusConfig, listings: readonly Listing[]): readonly Finding[] {
  return [...units(settings, listings), ...sizes(settings, listings)]
}

/** Units that run out, or that two have. */
function units(settings: ModbusConfig, listings: readonly Listing[]): readonly Finding[] {
  const findings: Finding[] = []
  const add = (message: string, key: readonly string[] = [], warning = false) =>
    findings.push({ code: 'modbus-unit', message, key: ['modbus', ...key], ...(warning && { warning: true }) })
  const holders = new Map<number, string>()
  if (settings.unit !== undefined) holders.set(settings.unit, "the bridge's, by modbus.unit")
  const told = new Set<string>()
  for (const { device } of listings) {
    const places = placesOf(settings, device)
    if (device.addresses.modbus === undefined)
      add(`no unit is left for ${device.name}: Modbus has 247, number ${device.number} is beyond`)
    else if (places.every(({ kind }) => kind === 'block') && settings.layout === 'both')
      add(`${device.name} is number ${device.number}: it has a block, and no unit of its own`, ['layout'], true)
    for (const { kind, unit, from } of places) {
      const texts = from === SECOND_BLOCK
      const key = kind === 'unit' ? [] : ['blocks', ...(texts ? ['texts'] : []), 'unit']
      const holder = kind === 'unit' ? device.name : texts ? 'texts in blocks' : 'blocks'
      const other = holders.get(unit)
      if (kind === 'block' && unit > LAST_UNIT) {
        if (!told.has(holder))
          add(`the block of ${device.name} would stand in unit ${unit}: a lower unit here, or smaller blocks`, key)
        told.add(holder)
      } else if (other !== undefined && (kind === 'unit' || other !== holder)) {
        const message = `unit ${unit} is used by both ${other} and ${holder}`
        if (!told.has(message)) add(message, other.startsWith('the bridge') ? ['unit'] : key)
        told.add(message)
      } else holders.set(unit, holder)
    }
  }
  return findings
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
    const outside = ends.find(({ end }) => end > run.size)
    if (outside === undefined) continue
    const { device, point } = outside
    findings.push({
      code: 'modbus-range',
      message: `${point.definition.name} of connector ${point.connector} of ${device.name} does not fit its block of ${run.size} registers: ${needed} fit all`,
      key: ['modbus', 'blocks', ...(isTexts ? ['texts'] : []), 'size'],
    })
  }
  return findings
}
