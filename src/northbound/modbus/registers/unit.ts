import type { Point } from '../../../core/points/point.ts'
import type { Downlink } from '../../../core/ports.ts'
import type { Clock } from '../../../lib/clock.ts'
import { addressOf, bindingOf, isBit, SECOND_BLOCK, SECOND_STRIDE, wordsOf } from '../binding.ts'
import { addressIn, type Place } from '../layout.ts'
import { exceptionCodes, ModbusException } from '../wire/exception.ts'
import { encodeBits, type RegisterBytes, registersPdu } from '../wire/pdu.ts'
import { Cell, type PointWrite } from './cell.ts'
import { FIRST_CELL, Image } from './image.ts'
import { Slot } from './slot.ts'
import { Watched } from './watched.ts'

const LAST_ADDRESS = 0xffff

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
  /** Where its runs of registers begin, in ascending order. */
  readonly #bases: readonly number[]
  /** Runs that somebody else fills. */
  readonly #foreign: Image[] = []
  /** By the number that images know them by; a charger that left its block leaves holes. */
  #cells: (Cell | undefined)[] = []
  #holes: number[] = []
  /** Of these cells; made anew when they have changed. */
  #watched: Watched | undefined
  readonly #slotsOfPoint = new Map<Point, Slot | readonly Slot[]>()
  #registers: readonly Image[]
  #bits: readonly Image[]
  /** What is shown where: one place in a unit of its own, one a charger in a unit of blocks. */
  readonly #shown = new Map<string, { readonly place: Place; points: Point[] }>()

  constructor(parts: UnitParts, bases: readonly number[] = [0, SECOND_BLOCK]) {
    this.#parts = parts
    this.#bases = bases
    this.#registers = bases.map((base) => new Image(base, 2))
    this.#bits = [new Image(bases[0] ?? 0, 1)]
  }

  /** The points that are shown at a place. */
  pointsAt(place: Place): readonly Point[] {
    return this.#shown.get(keyOf(place))?.points ?? []
  }

  get isEmpty(): boolean {
    return this.#shown.size === 0
  }

  /** Lets a run of registers be read that somebody else fills. */
  include(image: Image): void {
    this.#foreign.push(image)
  }

  /** Shows points at a place; those that do not fit it are left out. */
  add(points: readonly Point[], place: Place): void {
    const before = this.#shown.get(keyOf(place))
    this.#shown.set(keyOf(place), { place, points: [...(before?.points ?? []), ...points] })
    /** How far each run reads as 0 where it is nobody's. */
    const ends = new Map<Image, number>()
    for (const point of points) {
      const bound = bindingOf(point)
      const address = bound && addressIn(place, addressOf(point, bound), wordsOf(point, bound))
      if (bound === undefined || address === undefined) continue
      const image = imageAt(isBit(bound.row) ? this.#bits : this.#registers, address)
      const slot = new Slot(point, bound, image, address)
      this.#give(slot)
      const slots = this.#slotsOfPoint.get(point)
      this.#slotsOfPoint.set(point, slots === undefined ? slot : [slots, slot].flat())
      this.#show(slot)
      if (bound.options.gaps === 'strict') continue
      const end = place.kind === 'block' ? place.at + place.size : blockEnd(image, point.connector, bound.stride)
      ends.set(image, Math.max(end, ends.get(image) ?? 0))
    }
    for (const [image, end] of ends) image.reserve(place.kind === 'block' ? place.at : image.base, end)
  }

  /** Shows these points no longer: what is left is laid out anew, so that no block outlasts its points. */
  remove(points: readonly Point[], from: Place): void {
    const gone = new Set(points)
    const before = this.#shown.get(keyOf(from))?.points ?? []
    const left = before.filter((point) => !gone.has(point))
    this.#shown.delete(keyOf(from))
    this.#watched = undefined
    if (from.kind === 'block') {
      // The other chargers of the unit, hundreds maybe, stay as they are.
      for (const image of [...this.#registers, ...this.#bits]) this.#clear(image, from)
      for (const point of before) this.#forget(point, from)
    } else {
      this.#cells = []
      this.#holes = []
      this.#slotsOfPoint.clear()
      this.#registers = this.#bases.map((base) => new Image(base, 2))
      this.#bits = [new Image(this.#bases[0] ?? 0, 1)]
    }
    if (left.length > 0) this.add(left, from)
  }

  /** Puts a changed value in place. */
  pointChanged(point: Point): void {
    const slots = this.#slotsOfPoint.get(point)
    if (slots instanceof Slot) this.#show(slots)
    else for (const slot of slots ?? []) this.#show(slot)
  }

  /** The answer's PDU: function code, byte count and registers. */
  readRegisters(functionCode: number, address: number, quantity: number): Uint8Array {
    const image = this.#found(address, quantity)
    this.#look(image, address, quantity)
    const pdu = registersPdu(functionCode, quantity)
    pdu.set(image.span(address, quantity), 2)
    return pdu
  }

  readBits(functionCode: number, address: number, quantity: number): Uint8Array {
    const image = this.#foundBits(address, quantity)
    this.#look(image, address, quantity)
    return encodeBits(functionCode, image.span(address, quantity))
  }

  /** What a write of registers means, point by point. Half of a value, a gap and a read-only register are refused. */
  understandRegisters({ address, quantity, data }: RegisterBytes): readonly PointWrite[] {
    const image = this.#found(address, quantity)
    return this.#cellsOf(image, address, quantity).flatMap((cell) => {
      if (cell.address < address || cell.address + cell.words > address + quantity) {
        throw new ModbusException(exceptionCodes.illegalDataValue, `part of the value at ${cell.address}`)
      }
      return cell.understand(data, (cell.address - address) * 2)
    })
  }

  /** What a write of a register through a mask means. */
  understandMask(address: number, and: number, or: number): readonly PointWrite[] {
    const image = this.#found(address, 1)
    const cell = this.#cells[image.owner(address) - FIRST_CELL]
    if (cell === undefined) throw unmapped(address, 1)
    for (const slot of cell.slots) this.#refresh(slot)
    return cell.understandMask(image.bytes, image.at(address), and, or)
  }

  understandBits(address: number, values: readonly boolean[]): readonly PointWrite[] {
    const image = this.#foundBits(address, values.length)
    return this.#cellsOf(image, address, values.length).flatMap((cell) =>
      cell.understandBit(values[cell.address - address] ?? false),
    )
  }

  /** Whose registers or bits these are, as far as they are anybody's. */
  pointsIn(table: 'registers' | 'bits', address: number, quantity: number): readonly Point[] {
    const images = table === 'bits' ? this.#bits : this.#registers
    const points = new Set<Point>()
    for (let at = address; at < address + quantity; at += 1) {
      const image = images.find((each) => each.contains(at, 1))
      const cell = image && this.#cells[image.owner(at) - FIRST_CELL]
      for (const { point } of cell?.slots ?? []) points.add(point)
    }
    return [...points]
  }

  /** Gives a point its registers: the cell of those who share its bits, or one of its own. */
  #give(slot: Slot): void {
    const { image, address, words } = slot
    this.#watched = undefined
    const there = this.#cells[image.owner(address) - FIRST_CELL]
    if (slot.field !== undefined && there?.slots[0]?.field !== undefined) {
      there.share(slot)
      return
    }
    const number = this.#holes.pop() ?? this.#cells.length
    this.#cells[number] = new Cell(slot)
    image.give(address, words, number + FIRST_CELL)
  }

  /** Nothing stands in a block any more. */
  #clear(image: Image, { at, size }: Place): void {
    for (const owner of image.clear(at, at + size)) {
      const number = owner - FIRST_CELL
      if (this.#cells[number] !== undefined) this.#holes.push(number)
      this.#cells[number] = undefined
    }
  }

  #forget(point: Point, { at, size }: Place): void {
    const left = [this.#slotsOfPoint.get(point) ?? []]
      .flat()
      .filter(({ address }) => address < at || address >= at + size)
    const [only] = left
    if (only === undefined) this.#slotsOfPoint.delete(point)
    else this.#slotsOfPoint.set(point, left.length === 1 ? only : left)
  }

  /** The cells behind a run of addresses, each once; every address must belong to one that may be written. */
  #cellsOf(image: Image, address: number, quantity: number): readonly Cell[] {
    const cells: Cell[] = []
    for (let index = 0; index < quantity; index += 1) {
      const cell = this.#cells[image.owner(address + index) - FIRST_CELL]
      if (cell === undefined || !cell.writable) throw unmapped(address + index, 1)
      if (cells.at(-1) !== cell) cells.push(cell)
    }
    return cells
  }

  #found(address: number, quantity: number): Image {
    const image =
      this.#registers.find((each) => each.contains(address, quantity)) ??
      this.#foreign.find((each) => each.contains(address, quantity))
    if (image === undefined) throw unmapped(address, quantity)
    return image
  }

  #foundBits(address: number, quantity: number): Image {
    const image = this.#bits.find((each) => each.contains(address, quantity))
    if (image === undefined) throw unmapped(address, quantity)
    return image
  }

  #show(slot: Slot): void {
    slot.show(this.#parts.downlink, this.#parts.priority)
  }

  /**
   * Always put in place, changed or not: another protocol may have refreshed the point a moment ago, and a slot that
   * loses to a higher one changes without the point's value.
   */
  #refresh(slot: Slot): void {
    if (!slot.live) return
    if (slot.point.definition.ticking) slot.point.refresh(this.#parts.clock.now())
    this.#show(slot)
  }

  /** Before a run of addresses is read: that each may be, and that what changes by itself is up to date. */
  #look(image: Image, address: number, quantity: number): void {
    const outside = image.outside(address, quantity)
    if (outside !== undefined) throw unmapped(outside, 1)
    this.#watched ??= new Watched(this.#cells.flatMap((cell) => cell?.slots ?? []))
    for (const slot of this.#watched.in(image, address, quantity)) {
      if (slot.onOffline === 'exception' && isAway(slot.point)) {
        throw new ModbusException(exceptionCodes.gatewayTargetFailed, 'the charger is offline')
      }
      this.#refresh(slot)
    }
  }
}

function keyOf({ at, from }: Place): string {
  return `${at} ${from}`
}

function imageAt(images: readonly Image[], address: number): Image {
  const image = images.findLast(({ base }) => base <= address) ?? images[0]
  if (image === undefined) throw new Error(`no registers at ${address}`)
  return image
}

/** The whole block of a connector can be read, to its last gap. */
function blockEnd(image: Image, connector: number, stride: number): number {
  const second = image.base === SECOND_BLOCK
  const last = image.width === 2 && !second ? SECOND_BLOCK : LAST_ADDRESS + 1
  return Math.min(last, image.base + (connector + 1) * (second ? SECOND_STRIDE : stride))
}

function isAway({ quality, charger }: Point): boolean {
  return quality === 'offline' || (quality === 'never' && charger?.online === false)
}

function unmapped(address: number, quantity: number): ModbusException {
  return new ModbusException(exceptionCodes.illegalDataAddress, `address ${address}, quantity ${quantity}`)
}
