import type { Point, Value } from '../../../core/points/point.ts'
import type { Downlink } from '../../../core/ports.ts'
import { addressOf, type bindingOf, formatOf, isBit } from '../binding.ts'
import { decodeValue, encodeValue, type Format } from '../wire/data-type.ts'

/** What a client's registers mean for a point: a value, a release, or nothing that a point can take. */
export type Decoded = { readonly value: Value | null } | undefined

/** One point's place among a unit's registers or bits, and how its value looks there. */
export class Slot {
  readonly point: Point
  readonly address: number
  readonly words: number
  readonly bit: boolean
  readonly onOffline: 'hold' | 'sentinel' | 'exception'
  /** In table holding or coil. */
  readonly #inWritableTable: boolean
  readonly #format: Format

  constructor(point: Point, bound: NonNullable<ReturnType<typeof bindingOf>>) {
    this.point = point
    this.address = addressOf(point, bound)
    this.bit = isBit(bound.row)
    this.#format = formatOf(point, bound)
    this.words = this.bit ? 1 : this.#format.words
    this.onOffline = bound.options.onOffline
    this.#inWritableTable = bound.row.table === 'holding' || bound.row.table === 'coil'
  }

  get setpoint(): boolean {
    return this.point.definition.write?.kind === 'setpoint'
  }

  /** A table that clients may write to, on a point that may be written. */
  get writable(): boolean {
    return this.point.writable && this.#inWritableTable
  }

  /** Puts the point's value into registers. A setpoint shows the slot that Modbus itself wrote. */
  encode(into: Uint8Array, at: number, downlink: Downlink, priority: number): void {
    const value = this.setpoint ? (downlink.slots(this.point)?.[priority - 1] ?? undefined) : this.#shown()
    encodeValue(this.#format, value, into, at)
  }

  /** A boolean's bit; of a setpoint that is a number: whether Modbus holds its slot. */
  encodeBit(downlink: Downlink, priority: number): boolean {
    if (!this.setpoint) return this.#shown() === true
    const own = downlink.slots(this.point)?.[priority - 1] ?? null
    // A coil can't say "released": a boolean then shows what is in force.
    return this.point.definition.type === 'boolean' ? (own ?? this.point.value) === true : own !== null
  }

  /** A value from the registers of a request. "Not available" releases a setpoint; a float NaN does not: it is refused. */
  decode(from: Uint8Array, at: number): Decoded {
    const value = decodeValue(this.#format, from, at)
    if (value === undefined) return undefined
    if (value === null) return this.setpoint && !this.#format.type.startsWith('float') ? { value: null } : undefined
    if (this.point.definition.type !== 'boolean' || typeof value !== 'number') return { value }
    return value === 0 || value === 1 ? { value: value === 1 } : undefined
  }

  /** Switching off releases a number; switching it on has no number to give. */
  decodeBit(bit: boolean): Decoded {
    if (this.point.definition.type === 'boolean') return { value: bit }
    return this.setpoint && !bit ? { value: null } : undefined
  }

  /** Nothing is shown that nobody vouches for: registers have no flag beside the value. */
  #shown(): Value | undefined {
    const { value, quality, outOfService } = this.point
    if (outOfService) return value
    if (quality === 'never' || quality === 'unknown') return undefined
    return quality === 'offline' && this.onOffline === 'sentinel' ? undefined : value
  }
}
