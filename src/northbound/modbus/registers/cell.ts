import type { Point, Value } from '../../../core/points/point.ts'
import { exceptionCodes, ModbusException } from '../wire/exception.ts'
import { type Decoded, type Field, type Slot, wordAt } from './slot.ts'

/** One value of a write, checked and not yet applied. */
export interface PointWrite {
  readonly point: Point
  readonly value: Value | null
}

/** What is written as one: the registers of a value, one bit, or a register whose bits several points share. */
export class Cell {
  readonly address: number
  readonly words: number
  readonly slots: Slot[]

  constructor(slot: Slot) {
    this.address = slot.address
    this.words = slot.words
    this.slots = [slot]
  }

  /** One more point in the bits of this register. */
  share(slot: Slot): void {
    this.slots.push(slot)
  }

  /** May be written as a whole: with any of a register's bits read-only, only function 22 writes the others. */
  get writable(): boolean {
    return this.slots.every((slot) => slot.writable)
  }

  /** What a bit of a request means. Throws 3. */
  understandBit(bit: boolean): readonly PointWrite[] {
    return this.slots.map((slot) => understood(slot, slot.decodeBit(bit)))
  }

  /** What all its registers, from byte `at` on, mean. Bits that are nobody's must be 0. Throws 3. */
  understand(data: Uint8Array, at: number): readonly PointWrite[] {
    const fields = this.#fields()
    if (fields === undefined) return this.slots.map((slot) => understood(slot, slot.decode(data, at)))
    const word = wordAt(data, at)
    if ((word & ~masksOf(fields)) !== 0) throw illegalValue(`bits of register ${this.address} that are nobody's`)
    return fields.map(({ slot, field }) => understood(slot, slot.decodeField(field, (word >> field.bit) & field.ones)))
  }

  /**
   * What (current AND `and`) OR (`or` AND NOT `and`) means; a mask that touches no bit means nothing. Throws 2 where
   * nothing may be written, 3 where the outcome is no value, or would be made of bits that stand for none.
   */
  understandMask(current: Uint8Array, at: number, and: number, or: number): readonly PointWrite[] {
    const touched = ~and & 0xffff
    const word = wordAt(current, at)
    const result = (word & and) | (or & touched)
    const fields = this.#fields()
    if (fields !== undefined) return this.#maskFields(fields, word, touched, result)
    const [slot] = this.slots
    if (slot === undefined || !slot.writable) throw readOnly(this.address)
    if (this.words !== 1) throw illegalValue(`part of the value at ${this.address}`)
    if (touched === 0) return []
    // A released setpoint reads 0xFFFF: bits of that are bits of no value.
    if (and !== 0 && slot.isAbsent(current, at)) throw illegalValue(`a mask on no value at ${this.address}`)
    const outcome = understood(slot, slot.decode(Uint8Array.of(result >> 8, result), 0))
    // A release lets a limit go: whoever sets some bits of a number hardly means that.
    if (and !== 0 && outcome.value === null) throw illegalValue(`a mask that leaves no value at ${this.address}`)
    return [outcome]
  }

  #maskFields(
    fields: readonly { readonly slot: Slot; readonly field: Field }[],
    word: number,
    touched: number,
    result: number,
  ): readonly PointWrite[] {
    const writable = fields.filter(({ slot }) => slot.writable)
    if (writable.length === 0) throw readOnly(this.address)
    if ((touched & ~masksOf(writable)) !== 0) throw illegalValue(`bits of register ${this.address} that are read-only`)
    return writable.flatMap(({ slot, field }) => {
      const own = (touched >> field.bit) & field.ones
      if (own === 0) return []
      const before = (word >> field.bit) & field.ones
      if (field.ones > 1 && before === field.ones && own !== field.ones)
        throw illegalValue(`a mask on no value in register ${this.address}`)
      return [understood(slot, slot.decodeField(field, (result >> field.bit) & field.ones))]
    })
  }

  #fields(): readonly { readonly slot: Slot; readonly field: Field }[] | undefined {
    if (this.slots[0]?.field === undefined) return undefined
    return this.slots.flatMap((slot) => (slot.field === undefined ? [] : [{ slot, field: slot.field }]))
  }
}

function masksOf(fields: readonly { readonly field: Field }[]): number {
  return fields.reduce((mask, { field }) => mask | (field.ones << field.bit), 0)
}

function understood(slot: Slot, decoded: Decoded): PointWrite {
  if (decoded === undefined) throw illegalValue(`no value for ${slot.point.definition.name}`)
  return { point: slot.point, value: decoded.value }
}

function illegalValue(what: string): ModbusException {
  return new ModbusException(exceptionCodes.illegalDataValue, what)
}

function readOnly(address: number): ModbusException {
  return new ModbusException(exceptionCodes.illegalDataAddress, `address ${address} is read-only`)
}
