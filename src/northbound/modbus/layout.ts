import type { Device } from '../../core/ports.ts'
import { LAST_UNIT, SECOND_BLOCK } from './binding.ts'
import type { ModbusConfig } from './config.ts'

const ADDRESSES = 65_536

/** Addresses `from` to `from + size` of a charger's own map, and where they begin in a unit. */
export interface Place {
  readonly kind: 'unit' | 'block'
  readonly unit: number
  readonly at: number
  readonly from: number
  readonly size: number
}

export type LayoutSettings = Pick<ModbusConfig, 'layout' | 'blocks'>

/** Where a device is shown: in a unit of its own, or in its block of a shared unit (the texts in another), or both. */
export function placesOf({ layout, blocks }: LayoutSettings, device: Device): readonly Place[] {
  const { number, addresses, charger } = device
  const own = addresses.modbus
  if (own === undefined) return []
  const places: Place[] = []
  if (charger === undefined || layout === 'units' || (layout === 'both' && own <= LAST_UNIT))
    places.push({ kind: 'unit', unit: own, at: 0, from: 0, size: ADDRESSES })
  if (layout === 'units') return places
  places.push({ kind: 'block', ...blockOf(blocks, number), from: 0, size: blocks.size })
  const { texts } = blocks
  if (texts) places.push({ kind: 'block', ...blockOf(texts, number), from: SECOND_BLOCK, size: texts.size })
  return places
}

/** Block n stands n × size behind the first, and goes on in the next unit where a unit is full. The bridge is number 0. */
export function blockOf(
  { unit, size, first }: { readonly unit: number; readonly size: number; readonly first: number },
  number: number,
): { readonly unit: number; readonly at: number } {
  const inUnit = Math.floor((ADDRESSES - first) / size)
  return { unit: unit + Math.floor(number / inUnit), at: first + (number % inUnit) * size }
}

/** Where an address of a charger's own map stands in a place; undefined when a value does not fit it whole. */
export function addressIn({ at, from, size }: Place, own: number, words: number): number | undefined {
  return own < from || own + words > from + size ? undefined : own - from + at
}
