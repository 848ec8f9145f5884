import type { Point, Value } from '../../../core/points/point.ts'
import type { Downlink } from '../../../core/ports.ts'
import { type bindingOf, fieldOf, formatOf, isBit, wordsOf } from '../binding.ts'
import { decodeValue, encodeValue, type Format } from '../wire/data-type.ts'
import type { Image } from './image.ts'

/** What a client's registers mean for a point: a value, a release, or nothing that a point can take. */
export type Decoded = { readonly value: Value | null } | undefined

/** Bits of a register, the lowest from 0. */
export interface Field {
  readonly bit: number
  /** As many ones as it has bits. */
  readonly ones: number
}

/** All that a mapping row says of its places, the same for every charger. */
interface Shape {
  readonly format: Format
  readonly words: number
  readonly field: Field | undefined
  readonly onOffline: 'hold' | 'sentinel' | 'exception'
  /** In table holding or coil, and not kept read-only. */
  readonly inWritableTable: boolean
}

type Bound = NonNullable<ReturnType<typeof bindingOf>>

const shapes = new WeakMap<Bound, Shape>()

/** One point's place in a unit, and how its value looks there. */
export class Slot {
  readonly point: Point
  readonly image: Image
  readonly address: number
  readonly #shape: Shape

  constructor(point: Point, bound: Bound, image: Image, address: number) {
    this.point = point
    this.image = image
    this.address = address
    this.#shape = shapeOf(point, bound)
  }

  get words(): number {
    return this.#shape.words
  }

  /** A place among the bits of a register. */
  get field(): Field | undefined {
    return this.#shape.field
  }

  get onOffline(): 'hold' | 'sentinel' | 'exception' {
    return this.#shape.onOffline
  }

  get setpoint(): boolean {
    return this.point.definition.write?.kind === 'setpoint'
  }

  /** A table that clients may write to, on a point that may be written. */
  get writable(): boolean {
    return this.point.writable && this.#shape.inWritableTable
  }

  /** Read afresh on each request: ages, and setpoints, whose slot can change while what wins does not. */
  get live(): boolean {
    return this.setpoint || this.point.definition.ticking === true
  }

  /** Puts the point's value in its place. A setpoint shows the slot that Modbus itself wrote. */
  show(downlink: Downlink, priority: number): void {
    const { image, address, field, point } = this
    const at = image.at(address)
    if (image.width === 1) image.bytes[at] = this.#shownBit(downlink, priority) ? 1 : 0
    else if (field !== undefined) {
      const raw = point.definition.type === 'boolean' ? Number(this.#shownBit(downlink, priority)) : this.#state(field)
      const kept = wordAt(image.bytes, at) & ~(field.ones << field.bit)
      const word = kept | (raw << field.bit)
      image.bytes[at] = word >> 8
      image.bytes[at + 1] = word
    } else {
      const value = this.setpoint ? (downlink.slots(point)?.[priority - 1] ?? undefined) : this.#shown()
      encodeValue(this.#shape.format, value, image.bytes, at)
    }
  }

  /** A value from the registers of a request. "Not available" releases a setpoint; a float NaN does not: it is refused. */
  decode(from: Uint8Array, at: number): Decoded {
    const value = decodeValue(this.#shape.format, from, at)
    if (value === undefined) return undefined
    if (value === null)
      return this.setpoint && !this.#shape.format.type.startsWith('float') ? { value: null } : undefined
    if (this.point.definition.type !== 'boolean' || typeof value !== 'number') return { value }
    return value === 0 || value === 1 ? { value: value === 1 } : undefined
  }

  /** Registers that stand for no value of this point, as one reads them. */
  isAbsent(from: Uint8Array, at: number): boolean {
    return decodeValue(this.#shape.format, from, at) === null
  }

  /** A value from the bits of its field. All ones of more than one bit mean "not available", which nobody can write. */
  decodeField({ ones }: Field, raw: number): Decoded {
    if (this.point.definition.type === 'boolean') return { value: raw !== 0 }
    return raw === ones ? undefined : { value: raw }
  }

  /** Switching off releases a number; switching it on has no number to give. */
  decodeBit(bit: boolean): Decoded {
    if (this.point.definition.type === 'boolean') return { value: bit }
    return this.setpoint && !bit ? { value: null } : undefined
  }

  /** A boolean's bit; of a setpoint that is a number: whether Modbus holds its slot. */
  #shownBit(downlink: Downlink, priority: number): boolean {
    if (!this.setpoint) return this.#shown() === true
    const own = downlink.slots(this.point)?.[priority - 1] ?? null
    // A bit can't say "released": a boolean then shows what is in force.
    return this.point.definition.type === 'boolean' ? (own ?? this.point.value) === true : own !== null
  }

  #state({ ones }: Field): number {
    const value = this.#shown()
    return typeof value === 'number' && value >= 0 && value < ones ? Math.floor(value) : ones
  }

  /** Nothing is shown that nobody vouches for: registers have no flag beside the value. */
  #shown(): Value | undefined {
    const { value, quality, outOfService } = this.point
    if (outOfService) return value
    if (quality === 'never' || quality === 'unknown') return undefined
    return quality === 'offline' && this.#shape.onOffline === 'sentinel' ? undefined : value
  }
}

function shapeOf(point: Point, bound: Bound): Shape {
  const known = shapes.get(bound)
  if (known !== undefined) return known
  const { row } = bound
  const field = isBit(row) ? undefined : fieldOf(row)
  const shape: Shape = {
    format: formatOf(point, bound),
    words: wordsOf(point, bound),
    field: field && { bit: field.bit, ones: 2 ** field.bits - 1 },
    onOffline: bound.options.onOffline,
    inWritableTable: (row.table === 'holding' || row.table === 'coil') && row.write !== false,
  }
  shapes.set(bound, shape)
  return shape
}

/** A register's 16 bits. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
