import { rating } from '../../core/charger/limit.ts'
import type { Finding } from '../../core/finding.ts'
import type { Point } from '../../core/points/point.ts'
import type { Listing } from '../../core/ports.ts'
import { withArticle } from '../../lib/article.ts'
import { addressOf, bindingOf, fieldOf, formatOf, isBit, SECOND_BLOCK, SECOND_STRIDE, wordsOf } from './binding.ts'
import { checkLayout } from './check-layout.ts'
import type { ModbusConfig } from './config.ts'
import { DIRECTORY } from './registers/directory.ts'
import { largest } from './wire/data-type.ts'

const LAST_ADDRESS = 0xffff
/** Function 16 writes no more at once, and half a text is refused. */
const MAX_WRITE = 123
const REGISTER_BITS = 16
const WHOLE = 0xffff

/** What can't be shown on Modbus as it is mapped and configured. */
export function check(settings: ModbusConfig, listings: readonly Listing[]): readonly Finding[] {
  const findings: Finding[] = [...checkLayout(settings, listings)]
  for (const { device, points } of listings) {
    if (device.addresses.modbus === undefined) continue
    findings.push(...collisions(points))
    for (const point of points) findings.push(...unfit(point))
  }
  return findings
}

function collisions(points: readonly Point[]): readonly Finding[] {
  const registers = new Map<number, { readonly point: Point; readonly mask: number }[]>()
  const bits: typeof registers = new Map()
  const findings: Finding[] = []
  for (const point of points) {
    const bound = bindingOf(point)
    if (bound === undefined) continue
    const space = isBit(bound.row) ? bits : registers
    const field = fieldOf(bound.row)
    const mask = field === undefined || isBit(bound.row) ? WHOLE : ((2 ** field.bits - 1) << field.bit) & WHOLE
    const address = addressOf(point, bound)
    const words = wordsOf(point, bound)
    for (let word = address; word < address + words; word += 1) {
      const there = space.get(word) ?? []
      const other = there.find((each) => (each.mask & mask) !== 0)
      if (other !== undefined) {
        const what = (other.mask | mask) === WHOLE || space === bits ? 'address' : 'bits of address'
        const why =
          space === registers ? 'functions 3 and 4 read the same registers' : 'functions 1 and 2 read the same bits'
        findings.push({
          code: 'modbus-collision',
          message: `${label(point)} and ${label(other.point)} share ${what} ${word} (${why})`,
          point,
          rival: other.point,
        })
        break
      }
      space.set(word, [...there, { point, mask }])
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
  else if (second && start >= SECOND_STRIDE && point.charger !== undefined)
    add(
      'modbus-range',
      `address ${row.address} is beyond both blocks of a connector: ${numbering(row.address, stride)}`,
    )
  else if (start + wordsOf(point, bound) > block)
    add('modbus-range', `reaches across the end of its block of ${block} into the next connector's`)
  else if (!second && end > SECOND_BLOCK)
    add('modbus-range', `reaches into the block of texts at ${SECOND_BLOCK}: make strides.modbus smaller`)
  if (point.charger === undefined && !isBit(row) && end > DIRECTORY)
    add('modbus-collision', `reaches into the list of chargers, which begins at ${DIRECTORY}`)
  if (point.writable && row.write !== false && (row.table === 'input' || row.table === 'discrete')) {
    add(
      'modbus-read-only',
      `can be written, but table ${row.table} is read-only: use ${row.table === 'input' ? 'holding' : 'coil'}, or write: false`,
    )
  }
  const message = row.bit !== undefined || row.bits !== undefined ? unfitField(point, bound.row) : undefined
  if (message !== undefined) add('modbus-type', message)
  if (isBit(row)) {
    if (row.type !== undefined || row.scale !== undefined || row.words !== undefined)
      add('modbus-type', 'a bit has no type, scale or words')
    const setpoint = point.definition.write?.kind === 'setpoint'
    if (point.definition.type !== 'boolean' && !setpoint)
      add('modbus-type', `${withArticle(point.definition.type)} is no bit`)
    return findings
  }
  if (row.bit !== undefined) return findings
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

/** Why a point can't stand in these bits of a register. */
function unfitField({ definition }: Point, row: NonNullable<ReturnType<typeof bindingOf>>['row']): string | undefined {
  const field = fieldOf(row)
  if (field === undefined) return 'bits needs bit, the lowest of them'
  if (isBit(row)) return `table ${row.table} has no bits to share: bit is for input and holding`
  if (row.type !== undefined || row.scale !== undefined || row.words !== undefined || row.wordOrder !== undefined)
    return 'bits have no type, scale, words or wordOrder'
  const { bit, bits } = field
  if (bit + bits > REGISTER_BITS) return `bits ${bit} to ${bit + bits - 1} reach beyond the 16 of a register`
  switch (definition.type) {
    case 'boolean':
      return bits === 1 ? undefined : 'a boolean takes one bit'
    case 'integer':
      return bits > 1 ? undefined : 'an integer takes at least 2 bits: all ones mean "not available"'
    case 'state': {
      const states = definition.states?.length ?? 0
      const needed = Math.ceil(Math.log2(states + 1))
      return bits >= needed ? undefined : `${states} states take bits: ${needed}, as all ones mean "not available"`
    }
    default:
      return `a ${definition.type} has no bits of its own`
  }
}

/** What a number copied from a manual most likely meant. */
function numbering(address: number, stride: number): string {
  const digits = /^[34](\d{4})$/.exec(String(address))?.[1]
  const own = Number(digits ?? 0) - 1
  const hint = own < 0 ? '' : `; ${address} of a list that counts from ${String(address)[0]}0001 is ${own}`
  return `0 to ${stride - 1}, or ${SECOND_BLOCK} to ${SECOND_BLOCK + SECOND_STRIDE - 1}, as on the wire${hint}`
}

function label(point: Point): string {
  return `${point.definition.name} of connector ${point.connector}`
}
