import { rating } from '../../core/charger/limit.ts'
import type { Finding } from '../../core/finding.ts'
import type { Point } from '../../core/points/point.ts'
import type { Listing } from '../../core/ports.ts'
import { withArticle } from '../../lib/article.ts'
import { addressOf, bindingOf, formatOf, isBit, SECOND_BLOCK, SECOND_STRIDE, wordsOf } from './binding.ts'
import { largest } from './wire/data-type.ts'

const LAST_ADDRESS = 0xffff
/** Function 16 writes no more at once, and half a text is refused. */
const MAX_WRITE = 123

/** What can't be shown on Modbus as it is mapped. */
export function check(listings: readonly Listing[]): readonly Finding[] {
  const findings: Finding[] = []
  const units = new Map<number, string>()
  for (const { device, points } of listings) {
    const unit = device.addresses.modbus
    if (unit === undefined) {
      findings.push({
        code: 'modbus-unit',
        message: `no unit is left for ${device.name}: Modbus has 247, number ${device.number} is beyond`,
      })
      continue
    }
    const other = units.get(unit)
    if (other !== undefined)
      findings.push({ code: 'modbus-unit', message: `unit ${unit} is used by both ${other} and ${device.name}` })
    units.set(unit, device.name)
    findings.push(...collisions(points))
    for (const point of points) findings.push(...unfit(point))
  }
  return findings
}

function collisions(points: readonly Point[]): readonly Finding[] {
  const registers = new Map<number, Point>()
  const bits = new Map<number, Point>()
  const findings: Finding[] = []
  for (const point of points) {
    const bound = bindingOf(point)
    if (bound === undefined) continue
    const space = isBit(bound.row) ? bits : registers
    const address = addressOf(point, bound)
    const words = wordsOf(point, bound)
    for (let word = address; word < address + words; word += 1) {
      const other = space.get(word)
      if (other !== undefined && other !== point) {
        const why =
          space === registers ? 'functions 3 and 4 read the same registers' : 'functions 1 and 2 read the same bits'
        findings.push({
          code: 'modbus-collision',
          message: `${label(point)} and ${label(other)} share address ${word} (${why})`,
          point,
          rival: other,
        })
        break
      }
      space.set(word, point)
    }
  }
  return findings
}

function unfit(point: Point): readonly Finding[] {
  const bound = bindingOf(point)
  if (bound === undefined) return []
  const { row, stride } = bound
  const findings: Finding[] = []
  const add = (code: string, message: string) => findings.push({ code, message: `${label(point)}: ${message}`, point })
  const second = row.address >= SECOND_BLOCK
  const start = second ? row.address - SECOND_BLOCK : row.address
  const block = second ? SECOND_STRIDE : stride
  const end = addressOf(point, bound) + wordsOf(point, bound)
  if (end - 1 > LAST_ADDRESS) add('modbus-range', 'reaches beyond address 65535')
  else if (start + wordsOf(point, bound) > block)
    add('modbus-range', `reaches across the end of its block of ${block} into the next connector's`)
  else if (!second && end > SECOND_BLOCK)
    add('modbus-range', `reaches into the block of texts at ${SECOND_BLOCK}: make strides.modbus smaller`)
  if (point.writable && (row.table === 'input' || row.table === 'discrete')) {
    add(
      'modbus-read-only',
      `can be written, but table ${row.table} is read-only: use ${row.table === 'input' ? 'holding' : 'coil'}`,
    )
  }
  if (isBit(row)) {
    if (row.type !== undefined || row.scale !== undefined || row.words !== undefined)
      add('modbus-type', 'a bit has no type, scale or words')
    const setpoint = point.definition.write?.kind === 'setpoint'
    if (point.definition.type !== 'boolean' && !setpoint)
      add('modbus-type', `${withArticle(point.definition.type)} is no bit`)
    return findings
  }
  const format = formatOf(point, bound)
  const { type } = format
  if ((type === 'string') !== (point.definition.type === 'text'))
    add('modbus-type', `${withArticle(point.definition.type)} can't be shown as ${type}`)
  if (point.writable && format.words > MAX_WRITE)
    add('modbus-range', `takes ${format.words} registers, and one write has at most ${MAX_WRITE}: give it words`)
  if (type === 'string') return findings
  if (row.words !== undefined) add('modbus-type', `only texts have words: ${type} has its own length`)
  if (row.scale !== undefined && point.definition.type !== 'number' && point.definition.type !== 'integer') {
    add('modbus-type', `${withArticle(point.definition.type)} has no scale`)
  }
  const { charger, connector, definition } = point
  if (definition.write?.kind === 'setpoint' && definition.write.setpoint === 'limit' && charger !== undefined) {
    const most = Number(point.shown(rating(charger, connector)))
    if (most > (largest(format) ?? Number.POSITIVE_INFINITY)) {
      add(
        'modbus-scale',
        `${type} with scale ${row.scale ?? 1} can't reach the rating of ${most} ${point.unit ?? ''}`.trimEnd(),
      )
    }
  }
  return findings
}

function label(point: Point): string {
  return `${point.definition.name} of connector ${point.connector}`
}
