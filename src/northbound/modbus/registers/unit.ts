import type { Point, Value } from '../../../core/points/point.ts'
import type { Downlink } from '../../../core/ports.ts'
import type { Clock } from '../../../lib/clock.ts'
import { bindingOf, SECOND_BLOCK, SECOND_STRIDE } from '../binding.ts'
import { exceptionCodes, ModbusException } from '../wire/exception.ts'
import { encodeBits, type RegisterBytes, registersPdu } from '../wire/pdu.ts'
import { Image } from './image.ts'
import { Slot } from './slot.ts'

const LAST_ADDRESS = 0xffff

/** One value of a write, checked and not yet applied. */
export interface PointWrite {
  readonly point: Point
  readonly value: Value | null
}

export interface UnitParts {
  readonly downlink: Downlink
  readonly clock: Clock
  readonly priority: number
}

/**
 * The registers and bits of one unit. Functions 3 and 4 read the same registers, 1 and 2 the same bits. Values are put
 * in place when points change, so that a read is a copy.
 */
export class Unit {
  readonly #parts: UnitParts
  #slots: Slot[] = []
  readonly #slotsOfPoint = new Map<Point, Slot[]>()
  /** Read afresh on each request: ages, and setpoints, whose slot can change while what wins does not. */
  #live: Slot[] = []
  #first = new Image(0, 2)
  #second = new Image(SECOND_BLOCK, 2)
  #bits = new Image(0, 1)
  #excepting = false

  constructor(parts: UnitParts) {
    this.#parts = parts
  }

  get points(): readonly Point[] {
    return [...this.#slotsOfPoint.keys()]
  }

  add(points: readonly Point[]): void {
    for (const point of points) {
      const bound = bindingOf(point)
      if (bound === undefined) continue
      const slot = new Slot(point, bound)
      this.#slots.push(slot)
      const image = this.#imageOf(slot)
      // The whole block of a connector can be read, to its last gap.
      const stride = image === this.#second ? SECOND_STRIDE : bound.stride
      const last = image === this.#first ? SECOND_BLOCK : LAST_ADDRESS + 1
      const blockEnd = Math.min(last, image.base + (point.connector + 1) * stride)
      image.grow(Math.max(blockEnd, slot.address + slot.words))
      image.owners.fill(this.#slots.length, slot.address - image.base, slot.address - image.base + slot.words)
      if (slot.onOffline === 'exception') this.#excepting = true
      if (point.definition.ticking || slot.setpoint) this.#live.push(slot)
      const own = this.#slotsOfPoint.get(point)
      if (own) own.push(slot)
      else this.#slotsOfPoint.set(point, [slot])
      this.#show(slot)
    }
  }

  /** Shows these points no longer: what is left is laid out anew, so that no block outlasts its points. */
  remove(points: readonly Point[]): void {
    const gone = new Set(points)
    const left = this.#slots.map(({ point }) => point).filter((point) => !gone.has(point))
    this.#slots = []
    this.#slotsOfPoint.clear()
    this.#live = []
    this.#first = new Image(0, 2)
    this.#second = new Image(SECOND_BLOCK, 2)
    this.#bits = new Image(0, 1)
    this.#excepting = false
    this.add(left)
  }

  /** Puts a changed value in place. */
  pointChanged(point: Point): void {
    for (const slot of this.#slotsOfPoint.get(point) ?? []) this.#show(slot)
  }

  /** The answer's PDU: function code, byte count and registers. */
  readRegisters(functionCode: number, address: number, quantity: number): Uint8Array {
    const image = this.#found(address, quantity)
    this.#refreshLive(image, address, quantity)
    if (this.#excepting) this.#refuseOffline(image, address, quantity)
    const pdu = registersPdu(functionCode, quantity)
    pdu.set(image.span(address, quantity), 2)
    return pdu
  }

  readBits(functionCode: number, address: number, quantity: number): Uint8Array {
    if (!this.#bits.contains(address, quantity)) throw unmapped(address, quantity)
    this.#refreshLive(this.#bits, address, quantity)
    if (this.#excepting) this.#refuseOffline(this.#bits, address, quantity)
    return encodeBits(functionCode, this.#bits.span(address, quantity))
  }

  /** What a write of registers means, point by point. Half of a value, a gap and a read-only register are refused. */
  understandRegisters({ address, quantity, data }: RegisterBytes): readonly PointWrite[] {
    const image = this.#found(address, quantity)
    return this.#owners(image, address, quantity).map((slot) => {
      if (slot.address < address || slot.address + slot.words > address + quantity) {
        throw new ModbusException(exceptionCodes.illegalDataValue, `part of the value at ${slot.address}`)
      }
      return understood(slot, slot.decode(data, (slot.address - address) * 2))
    })
  }

  understandBits(address: number, values: readonly boolean[]): readonly PointWrite[] {
    if (!this.#bits.contains(address, values.length)) throw unmapped(address, values.length)
    return this.#owners(this.#bits, address, values.length).map((slot) =>
      understood(slot, slot.decodeBit(values[slot.address - address] ?? false)),
    )
  }

  /** The slots behind a run of addresses, each once; every address must belong to one that may be written. */
  #owners(image: Image, address: number, quantity: number): readonly Slot[] {
    const slots: Slot[] = []
    for (let index = 0; index < quantity; index += 1) {
      const slot = this.#slots[image.owner(address + index) - 1]
      if (slot === undefined || !slot.writable) throw unmapped(address + index, 1)
      if (slots.at(-1) !== slot) slots.push(slot)
    }
    return slots
  }

  #found(address: number, quantity: number): Image {
    if (this.#first.contains(address, quantity)) return this.#first
    if (this.#second.contains(address, quantity)) return this.#second
    throw unmapped(address, quantity)
  }

  #imageOf(slot: Slot): Image {
    if (slot.bit) return this.#bits
    return slot.address >= SECOND_BLOCK ? this.#second : this.#first
  }

  #show(slot: Slot): void {
    const { downlink, priority } = this.#parts
    const image = this.#imageOf(slot)
    const at = image.at(slot.address)
    if (slot.bit) image.bytes[at] = slot.encodeBit(downlink, priority) ? 1 : 0
    else slot.encode(image.bytes, at, downlink, priority)
  }

  /**
   * Always put in place, changed or not: another protocol may have refreshed the point a moment ago, and a slot that
   * loses to a higher one changes without the point's value.
   */
  #refreshLive(image: Image, address: number, quantity: number): void {
    const now = this.#parts.clock.now()
    for (const slot of this.#live) {
      if (slot.address >= address + quantity || slot.address + slot.words <= address) continue
      if (this.#imageOf(slot) !== image) continue
      if (slot.point.definition.ticking) slot.point.refresh(now)
      this.#show(slot)
    }
  }

  #refuseOffline(image: Image, address: number, quantity: number): void {
    for (let index = 0; index < quantity; index += 1) {
      const slot = this.#slots[image.owner(address + index) - 1]
      if (slot?.onOffline !== 'exception') continue
      const { quality, charger } = slot.point
      if (quality === 'offline' || (quality === 'never' && charger?.online === false)) {
        throw new ModbusException(exceptionCodes.gatewayTargetFailed, 'the charger is offline')
      }
    }
  }
}

function understood(slot: Slot, decoded: ReturnType<Slot['decode']>): PointWrite {
  if (decoded === undefined)
    throw new ModbusException(exceptionCodes.illegalDataValue, `no value for ${slot.point.definition.name}`)
  return { point: slot.point, value: decoded.value }
}

function unmapped(address: number, quantity: number): ModbusException {
  return new ModbusException(exceptionCodes.illegalDataAddress, `address ${address}, quantity ${quantity}`)
}
