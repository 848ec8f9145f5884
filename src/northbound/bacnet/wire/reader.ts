import { BacnetReject } from './error-code.ts'
import type { ObjectId } from './object-type.ts'

/** One tag's header (20.2.1): number, class, and length or boolean value. */
export interface Tag {
  readonly number: number
  readonly context: boolean
  readonly opening: boolean
  readonly closing: boolean
  /** Content octets; for an application boolean the value itself. */
  readonly length: number
}

/** Application tag numbers (20.2.1.4). */
export const applicationTags = {
  null: 0,
  boolean: 1,
  unsigned: 2,
  signed: 3,
  real: 4,
  double: 5,
  'octet-string': 6,
  'character-string': 7,
  'bit-string': 8,
  enumerated: 9,
  date: 10,
  time: 11,
  'object-identifier': 12,
} as const

const MAX_NESTING = 16

/** Reads octets from front to back: always advances, never past the end; what breaks the encoding is a BacnetReject. */
export class Reader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get done(): boolean {
    return this.at >= this.end
  }

  get left(): number {
    return this.end - this.at
  }

  uint8(): number {
    return this.bytes[this.#take(1)] ?? 0
  }

  uint16(): number {
    const at = this.#take(2)
    return ((this.bytes[at] ?? 0) << 8) | (this.bytes[at + 1] ?? 0)
  }

  uint24(): number {
    return (this.uint16() << 8) | this.uint8()
  }

  uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16()
  }

  float32(): number {
    return this.#view(4).getFloat32(0)
  }

  float64(): number {
    return this.#view(8).getFloat64(0)
  }

  octets(length: number): Uint8Array {
    const at = this.#take(length)
    return this.bytes.subarray(at, at + length)
  }

  tag(): Tag {
    const first = this.uint8()
    const number = first >> 4 === 15 ? this.uint8() : first >> 4
    if (number === 255) throw new BacnetReject('invalid-tag')
    const context = (first & 0x08) !== 0
    const small = first & 0x07
    if (context && small === 6) return { number, context, opening: true, closing: false, length: 0 }
    if (context && small === 7) return { number, context, opening: false, closing: true, length: 0 }
    if (!context && small > 5) throw new BacnetReject('invalid-tag')
    let length = small
    if (small === 5) {
      length = this.uint8()
      if (length === 254) length = this.uint16()
      else if (length === 255) length = this.uint32()
    }
    // A boolean's value stands in the place of its length (20.2.3).
    const octets = !context && number === applicationTags.boolean ? 0 : length
    if (octets > this.left) throw new BacnetReject('invalid-tag')
    return { number, context, opening: false, closing: false, length }
  }

  /** The next tag without taking it; undefined at the end. */
  peek(): Tag | undefined {
    if (this.done) return undefined
    const at = this.at
    const tag = this.tag()
    this.at = at
    return tag
  }

  /** True when the next tag is a primitive one of this context number. */
  nextIsContext(number: number): boolean {
    const tag = this.peek()
    if (tag === undefined || tag.opening || tag.closing) return false
    return tag.context && tag.number === number
  }

  nextIsOpening(number: number): boolean {
    const tag = this.peek()
    return tag?.opening === true && tag.number === number
  }

  nextIsClosing(number: number): boolean {
    const tag = this.peek()
    return tag?.closing === true && tag.number === number
  }

  /** Takes a primitive context tag and answers its length. */
  context(number: number): number {
    if (this.done) throw new BacnetReject('missing-required-parameter')
    const tag = this.tag()
    if (!tag.context || tag.number !== number || tag.opening || tag.closing) throw new BacnetReject('invalid-tag')
    return tag.length
  }

  /** Takes an application tag of this type and answers its length, or the value of a boolean. */
  application(type: keyof typeof applicationTags): number {
    if (this.done) throw new BacnetReject('missing-required-parameter')
    const tag = this.tag()
    if (tag.context || tag.number !== applicationTags[type]) throw new BacnetReject('invalid-tag')
    return tag.length
  }

  opening(number: number): void {
    if (this.done) throw new BacnetReject('missing-required-parameter')
    const tag = this.tag()
    if (!tag.opening || tag.number !== number) throw new BacnetReject('invalid-tag')
  }

  closing(number: number): void {
    if (this.done) throw new BacnetReject('missing-required-parameter')
    const tag = this.tag()
    if (!tag.closing || tag.number !== number) throw new BacnetReject('invalid-tag')
  }

  /** An unsigned number of 1 to 8 octets; exact to 2^53. */
  unsigned(length: number): number {
    if (length < 1 || length > 8) throw new BacnetReject('invalid-tag')
    let value = 0
    for (let n = 0; n < length; n += 1) value = value * 256 + this.uint8()
    return value
  }

  signed(length: number): number {
    if (length < 1 || length > 8) throw new BacnetReject('invalid-tag')
    let value = (this.uint8() ^ 0x80) - 0x80
    for (let n = 1; n < length; n += 1) value = value * 256 + this.uint8()
    return value
  }

  objectId(length: number): ObjectId {
    if (length !== 4) throw new BacnetReject('invalid-tag')
    const value = this.uint32()
    return { type: value >>> 22, instance: value & 0x3f_ffff }
  }

  boolean(length: number): boolean {
    if (length !== 1) throw new BacnetReject('invalid-tag')
    return this.uint8() !== 0
  }

  /** Everything up to the closing tag that matches an opening one just taken; that tag is taken as well. */
  span(number: number): Uint8Array {
    const from = this.at
    let depth = 1
    for (;;) {
      if (this.done) throw new BacnetReject('missing-required-parameter')
      const before = this.at
      const tag = this.tag()
      if (tag.opening) {
        depth += 1
        if (depth > MAX_NESTING) throw new BacnetReject('invalid-tag')
      } else if (tag.closing) {
        depth -= 1
        if (depth === 0) {
          if (tag.number !== number) throw new BacnetReject('invalid-tag')
          return this.bytes.subarray(from, before)
        }
      } else if (tag.context || tag.number !== applicationTags.boolean) this.octets(tag.length)
    }
  }

  /** Nothing may follow. */
  finish(): void {
    if (!this.done) throw new BacnetReject('too-many-arguments')
  }

  /** Made only for floats: a view costs more than the few octets of everything else. */
  #view(length: number): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + this.#take(length), length)
  }

  #take(length: number): number {
    const at = this.at
    if (at + length > this.end) throw new BacnetReject('missing-required-parameter')
    this.at = at + length
    return at
  }
}
