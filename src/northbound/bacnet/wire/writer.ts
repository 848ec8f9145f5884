import { type AbortReason, BacnetAbort } from './error-code.ts'
import { applicationTags } from './reader.ts'

const textEncoder = new TextEncoder()

/** Octets at the most, and how a client learns that there are more. */
export interface WriterLimit {
  readonly octets: number
  readonly reason: AbortReason
}

/** Writes octets from front to back into a buffer that grows; `reset` uses it again. */
export class Writer {
  #limit: WriterLimit | undefined
  /** How far the buffer may be filled as it is. */
  #end: number
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(size = 1500) {
    this.#bytes = new Uint8Array(size)
    this.#view = new DataView(this.#bytes.buffer)
    this.#end = size
  }

  /** What goes beyond it throws its abort: a few octets of a request can't ask for gigabytes. */
  set limit(limit: WriterLimit | undefined) {
    this.#limit = limit
    this.#end = Math.min(this.#bytes.length, limit?.octets ?? Number.POSITIVE_INFINITY)
  }

  /** Octets that still fit; infinite without a limit. */
  get left(): number {
    return (this.#limit?.octets ?? Number.POSITIVE_INFINITY) - this.#length
  }

  get length(): number {
    return this.#length
  }

  /** Writes what `write` does, if `octets` more would still have room behind it; false: nothing was written. */
  fits(octets: number, write: () => void): boolean {
    const before = this.#length
    try {
      write()
      if (this.#limit === undefined || this.#length + octets <= this.#limit.octets) return true
    } catch (error) {
      if (!(error instanceof BacnetAbort)) throw error
    }
    this.#length = before
    return false
  }

  /** Forgets everything from `length` on. */
  reset(length = 0): this {
    this.#length = length
    return this
  }

  /** What was written, without a copy: good until the next write. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  uint8(value: number): this {
    const at = this.#room(1)
    this.#bytes[at] = value
    return this
  }

  uint16(value: number): this {
    const at = this.#room(2)
    this.#view.setUint16(at, value)
    return this
  }

  uint24(value: number): this {
    return this.uint8(value >> 16).uint16(value & 0xffff)
  }

  uint32(value: number): this {
    const at = this.#room(4)
    this.#view.setUint32(at, value)
    return this
  }

  /** Writes over two octets that were left open. */
  patchUint16(at: number, value: number): this {
    this.#view.setUint16(at, value)
    return this
  }

  octets(bytes: ArrayLike<number>): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** A tag's header (20.2.1). */
  tag(number: number, context: boolean, length: number): this {
    const head = (context ? 0x08 : 0) | Math.min(length, 5)
    if (number < 15) this.uint8((number << 4) | head)
    else this.uint8(0xf0 | head).uint8(number)
    if (length >= 5) {
      if (length < 254) this.uint8(length)
      else if (length < 65_536) this.uint8(254).uint16(length)
      else this.uint8(255).uint32(length)
    }
    return this
  }

  opening(number: number): this {
    return number < 15 ? this.uint8((number << 4) | 0x0e) : this.uint8(0xfe).uint8(number)
  }

  closing(number: number): this {
    return number < 15 ? this.uint8((number << 4) | 0x0f) : this.uint8(0xff).uint8(number)
  }

  null(): this {
    return this.uint8(0)
  }

  boolean(value: boolean): this {
    return this.uint8(0x10 | (value ? 1 : 0))
  }

  unsigned(value: number): this {
    return this.#integer(applicationTags.unsigned, false, value)
  }

  enumerated(value: number): this {
    return this.#integer(applicationTags.enumerated, false, value)
  }

  signed(value: number): this {
    return this.#signed(applicationTags.signed, false, value)
  }

  real(value: number): this {
    this.uint8(0x44)
    const at = this.#room(4)
    this.#view.setFloat32(at, value)
    return this
  }

  double(value: number): this {
    this.uint8(0x55).uint8(8)
    const at = this.#room(8)
    this.#view.setFloat64(at, value)
    return this
  }

  octetString(bytes: Uint8Array): this {
    return this.tag(applicationTags['octet-string'], false, bytes.length).octets(bytes)
  }

  /** Always UTF-8, character set 0 (20.2.9). */
  characterString(text: string): this {
    const bytes = textEncoder.encode(text)
    return this.tag(applicationTags['character-string'], false, bytes.length + 1)
      .uint8(0)
      .octets(bytes)
  }

  contextCharacterString(number: number, text: string): this {
    const bytes = textEncoder.encode(text)
    return this.tag(number, true, bytes.length + 1)
      .uint8(0)
      .octets(bytes)
  }

  /** Bit 0 is the highest bit of the first octet (20.2.10). */
  bitString(length: number, isSet: (bit: number) => boolean): this {
    return this.#bits(applicationTags['bit-string'], false, length, isSet)
  }

  /** A date or a time as its four octets (20.2.12, 20.2.13). */
  fourOctets(tag: 'date' | 'time', octets: readonly [number, number, number, number]): this {
    return this.tag(applicationTags[tag], false, 4).octets(octets)
  }

  objectId(type: number, instance: number): this {
    return this.uint8(0xc4).uint32(type * 0x40_0000 + instance)
  }

  contextObjectId(number: number, type: number, instance: number): this {
    return this.tag(number, true, 4).uint32(type * 0x40_0000 + instance)
  }

  contextUnsigned(number: number, value: number): this {
    return this.#integer(number, true, value)
  }

  contextBoolean(number: number, value: boolean): this {
    return this.tag(number, true, 1).uint8(value ? 1 : 0)
  }

  contextReal(number: number, value: number): this {
    this.tag(number, true, 4)
    const at = this.#room(4)
    this.#view.setFloat32(at, value)
    return this
  }

  contextSigned(number: number, value: number): this {
    return this.#signed(number, true, value)
  }

  contextDouble(number: number, value: number): this {
    this.tag(number, true, 8)
    const at = this.#room(8)
    this.#view.setFloat64(at, value)
    return this
  }

  contextBitString(number: number, bits: readonly boolean[]): this {
    return this.#bits(number, true, bits.length, (bit) => bits[bit] === true)
  }

  contextFourOctets(number: number, octets: readonly [number, number, number, number]): this {
    return this.tag(number, true, 4).octets(octets)
  }

  #signed(number: number, context: boolean, value: number): this {
    let octets = 1
    while (octets < 8 && (value < -(2 ** (octets * 8 - 1)) || value >= 2 ** (octets * 8 - 1))) octets += 1
    this.tag(number, context, octets)
    for (let n = octets - 1; n >= 0; n -= 1) this.uint8(Math.floor(value / 256 ** n))
    return this
  }

  #bits(number: number, context: boolean, length: number, isSet: (bit: number) => boolean): this {
    const octets = Math.ceil(length / 8)
    this.tag(number, context, octets + 1).uint8(octets * 8 - length)
    for (let octet = 0; octet < octets; octet += 1) {
      let value = 0
      for (let bit = 0; bit < 8; bit += 1) if (octet * 8 + bit < length && isSet(octet * 8 + bit)) value |= 0x80 >> bit
      this.uint8(value)
    }
    return this
  }

  #integer(number: number, context: boolean, value: number): this {
    const octets = octetsOf(value)
    this.tag(number, context, octets)
    if (octets === 1) return this.uint8(value)
    if (octets === 2) return this.uint16(value)
    if (octets === 3) return this.uint24(value)
    if (octets === 4) return this.uint32(value)
    let rest = value
    const at = this.#room(octets)
    for (let n = octets - 1; n >= 0; n -= 1) {
      this.#bytes[at + n] = rest % 256
      rest = Math.floor(rest / 256)
    }
    return this
  }

  /** Call it first: it may take another buffer. */
  #room(length: number): number {
    const at = this.#length
    this.#length = at + length
    if (this.#length > this.#end) {
      const limit = this.#limit?.octets ?? Number.POSITIVE_INFINITY
      if (this.#limit !== undefined && this.#length > limit) throw new BacnetAbort(this.#limit.reason)
      const bytes = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      bytes.set(this.#bytes)
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer)
      this.#end = Math.min(bytes.length, limit)
    }
    return at
  }
}

function octetsOf(value: number): number {
  if (value < 0x100) return 1
  if (value < 0x1_0000) return 2
  if (value < 0x100_0000) return 3
  let octets = 4
  while (octets < 8 && value >= 256 ** octets) octets += 1
  return octets
}
