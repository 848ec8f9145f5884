import { z } from 'zod'
import type { Point } from '../../core/points/point.ts'
import type { RowBinding } from '../../core/ports.ts'
import { type DataType, type Format, wordOrders, wordsOf as wordsOfType } from './wire/data-type.ts'

/** A mapping row's key `modbus`. Addresses are 0-based, as on the wire, within the connector's block. */
export const binding = z.strictObject({
  table: z.enum(['coil', 'discrete', 'input', 'holding']),
  address: z.number().int().min(0).max(65_535),
  type: z.enum(['uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'float32', 'float64', 'string']).optional(),
  scale: z.number().positive().optional(),
  words: z.number().int().min(1).max(123).optional(),
  wordOrder: z.enum(wordOrders).optional(),
  /** Lowest bit of a register that several points share, 0 to 15. */
  bit: z.number().int().min(0).max(15).optional(),
  /** How many bits from there on; 1 when absent. */
  bits: z.number().int().min(1).max(16).optional(),
  /** false: read-only here, whatever other protocols may write. */
  write: z.literal(false).optional(),
})

/** A mapping file's key `modbus`. */
export const mappingOptions = z.strictObject({
  wordOrder: z.enum(wordOrders).default('ABCD'),
  onOffline: z.enum(['hold', 'sentinel', 'exception']).default('hold'),
  gaps: z.enum(['reserved', 'strict']).default('reserved'),
})

export type ModbusRow = z.output<typeof binding>
export type ModbusOptions = z.output<typeof mappingOptions>

/** Units are 1 to 247 (serial line V1.02, 2.2); 0 and 255 are the bridge itself over TCP. */
export const LAST_UNIT = 247

/** Texts and configuration keys stand in a block of their own, so that all that changes is one short read. */
export const SECOND_BLOCK = 10_000
export const SECOND_STRIDE = 500

export function bindingOf(point: Point): RowBinding<ModbusRow, ModbusOptions> | undefined {
  return point.bindings.modbus as RowBinding<ModbusRow, ModbusOptions> | undefined
}

export function isBit(row: ModbusRow): boolean {
  return row.table === 'coil' || row.table === 'discrete'
}

/** The bits of a shared register that a row takes; undefined: it has its registers, coil or discrete to itself. */
export function fieldOf({ bit, bits = 1 }: ModbusRow): { readonly bit: number; readonly bits: number } | undefined {
  return bit === undefined ? undefined : { bit, bits }
}

/** The type that a row gives, or the natural one of its point. */
function dataTypeOf(point: Pick<Point, 'definition'>, row: ModbusRow): DataType {
  if (row.type !== undefined) return row.type
  switch (point.definition.type) {
    case 'text':
      return 'string'
    case 'number':
      return 'float32'
    case 'integer':
      return 'uint32'
    default:
      return 'uint16'
  }
}

/** How a point's value lies in its registers. */
export function formatOf(
  point: Pick<Point, 'definition'>,
  { row, options }: RowBinding<ModbusRow, ModbusOptions>,
): Format {
  const type = dataTypeOf(point, row)
  return {
    type,
    words: type === 'string' && row.words !== undefined ? row.words : wordsOfType(type, point.definition.length ?? 40),
    wordOrder: row.wordOrder ?? options.wordOrder,
    scale: row.scale ?? 1,
  }
}

/** How many registers (or bits) a point takes. */
export function wordsOf(point: Pick<Point, 'definition'>, bound: RowBinding<ModbusRow, ModbusOptions>): number {
  return isBit(bound.row) || bound.row.bit !== undefined ? 1 : formatOf(point, bound).words
}

/** Where a point stands in its unit, as on the wire. */
export function addressOf(point: Point, { row, stride }: RowBinding<ModbusRow, ModbusOptions>): number {
  return row.address + point.connector * (row.address >= SECOND_BLOCK ? SECOND_STRIDE : stride)
}
