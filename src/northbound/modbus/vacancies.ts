import type { Point } from '../../core/points/point.ts'
import type { Newcomer, RowBinding, Vacancies } from '../../core/ports.ts'
import { isBit, type ModbusOptions, type ModbusRow, SECOND_BLOCK, SECOND_STRIDE, wordsOf } from './binding.ts'
import { wordsOf as wordsOfType } from './wire/data-type.ts'

const DEFAULT_STRIDE = 100
/** A text gets room to grow, but no more than one request writes. */
const SHORTEST_TEXT = 16
const LONGEST_TEXT = 120

interface Placed {
  readonly definition: Point['definition']
  readonly binding: RowBinding<unknown, unknown>
}

/** Registers from `from` up to and without `to`. */
interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Free registers of one connector, first in the block of texts and keys, then in the one that is read all the time:
 * beyond the last that is taken, or in a gap where there is no room beyond.
 */
export function vacancies(rows: readonly Placed[]): Vacancies {
  const bound = rows.map(({ definition, binding }) => ({
    definition,
    own: binding as RowBinding<ModbusRow, ModbusOptions>,
  }))
  const stride = bound[0]?.own.stride ?? DEFAULT_STRIDE
  const taken: Span[] = bound
    .filter(({ own }) => !isBit(own.row))
    .map(({ definition, own }) => ({ from: own.row.address, to: own.row.address + wordsOf({ definition }, own) }))
  const blocks: readonly Span[] = [
    { from: SECOND_BLOCK, to: SECOND_BLOCK + SECOND_STRIDE },
    { from: 0, to: stride },
  ]
  return (newcomer) => {
    const format = formatFor(newcomer)
    const words = format.words ?? wordsOfType(format.type, 0)
    for (const block of blocks) {
      const address = free(block, taken, words)
      if (address === undefined) continue
      taken.push({ from: address, to: address + words })
      const table = newcomer.definition.write === undefined ? 'input' : 'holding'
      return { table, address, ...format }
    }
    return undefined
  }
}

function formatFor({ definition, unit, negative, length }: Newcomer): {
  readonly type: NonNullable<ModbusRow['type']>
  readonly scale?: number
  readonly words?: number
} {
  switch (definition.type) {
    case 'boolean':
    case 'state':
      return { type: 'uint16' }
    case 'integer':
      return { type: negative ? 'int32' : 'uint32' }
    case 'number':
      // Energy is counted in Wh, exactly: a float32 loses them from 16 MWh on.
      return (unit === 'kWh' || unit === 'kvarh') && !negative ? { type: 'uint32', scale: 0.001 } : { type: 'float32' }
    case 'text':
      return { type: 'string', words: Math.min(LONGEST_TEXT, Math.max(SHORTEST_TEXT, Math.ceil(length / 16) * 8)) }
  }
}

function free(block: Span, taken: readonly Span[], words: number): number | undefined {
  const own = taken.filter(({ from, to }) => to > block.from && from < block.to)
  const ends = own.map(({ to }) => to)
  const fits = (from: number) =>
    from + words <= block.to && own.every((other) => from >= other.to || from + words <= other.from)
  return [Math.max(block.from, ...ends), block.from, ...ends.sort((a, b) => a - b)].find(fits)
}
