import { BacnetError, BacnetReject } from './error-code.ts'
import type { ObjectId } from './object-type.ts'
import { applicationTags, type Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** A date or a time as its octets. */
export type Four = readonly [number, number, number, number]

/** A primitive value with its application tag (20.2). Dates and times are their four octets, wildcards (255) included. */
export type ApplicationValue =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'unsigned' | 'signed' | 'real' | 'double' | 'enumerated'; readonly value: number }
  | { readonly type: 'octet-string'; readonly value: Uint8Array }
  | { readonly type: 'character-string'; readonly value: string }
  | { readonly type: 'bit-string'; readonly value: readonly boolean[] }
  | { readonly type: 'date' | 'time'; readonly value: Four }
  | { readonly type: 'object-identifier'; readonly value: ObjectId }

/** One application-tagged value. A character set that isn't spoken here is a BacnetError, everything else a reject. */
export function readApplication(reader: Reader): ApplicationValue {
  const tag = reader.tag()
  if (tag.context) throw new BacnetReject('invalid-tag')
  const { number, length } = tag
  switch (number) {
    case applicationTags.null:
      if (length !== 0) throw new BacnetReject('invalid-tag')
      return { type: 'null' }
    case applicationTags.boolean:
      if (length > 1) throw new BacnetReject('invalid-tag')
      return { type: 'boolean', value: length === 1 }
    case applicationTags.unsigned:
      return { type: 'unsigned', value: reader.unsigned(length) }
    case applicationTags.signed:
      return { type: 'signed', value: reader.signed(length) }
    case applicationTags.real:
      return { type: 'real', value: readReal(reader, length) }
    case applicationTags.double:
      if (length !== 8) throw new BacnetReject('invalid-tag')
      return { type: 'double', value: reader.float64() }
    case applicationTags['octet-string']:
      return { type: 'octet-string', value: reader.octets(length).slice() }
    case applicationTags['character-string']:
      return { type: 'character-string', value: readText(reader, length) }
    case applicationTags['bit-string']:
      return { type: 'bit-string', value: readBits(reader, length) }
    case applicationTags.enumerated:
      return { type: 'enumerated', value: reader.unsigned(length) }
    case applicationTags.date:
      return { type: 'date', value: readFour(reader, length) }
    case applicationTags.time:
      return { type: 'time', value: readFour(reader, length) }
    case applicationTags['object-identifier']:
      return { type: 'object-identifier', value: reader.objectId(length) }
    default:
      throw new BacnetReject('invalid-tag')
  }
}

export function writeApplication(writer: Writer, value: ApplicationValue): void {
  switch (value.type) {
    case 'null':
      writer.null()
      break
    case 'boolean':
      writer.boolean(value.value)
      break
    case 'octet-string':
      writer.octetString(value.value)
      break
    case 'character-string':
      writer.characterString(value.value)
      break
    case 'bit-string':
      writer.bitString(value.value.length, (bit) => value.value[bit] === true)
      break
    case 'date':
    case 'time':
      writer.fourOctets(value.type, value.value)
      break
    case 'object-identifier':
      writer.objectId(value.value.type, value.value.instance)
      break
    default:
      writer[value.type](value.value)
  }
}

/** Character sets of 20.2.9: UTF-8, UCS-4, UCS-2 and ISO 8859-1. */
export function readText(reader: Reader, length: number): string {
  if (length < 1) throw new BacnetReject('invalid-tag')
  const set = reader.uint8()
  const bytes = reader.octets(length - 1)
  switch (set) {
    case 0:
      return utf8.decode(bytes)
    case 3:
      return codePoints(bytes, 4)
    case 4:
      return codePoints(bytes, 2)
    case 5:
      return latin1.decode(bytes)
    default:
      throw new BacnetError('property', 'character-set-not-supported')
  }
}

const utf8 = new TextDecoder('utf-8')
const latin1 = new TextDecoder('latin1')

function codePoints(bytes: Uint8Array, width: 2 | 4): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at + width <= bytes.length; at += width) {
    const point = width === 2 ? view.getUint16(at) : view.getUint32(at)
    text += width === 2 ? String.fromCharCode(point) : point <= 0x10_ffff ? String.fromCodePoint(point) : '\ufffd'
  }
  return text
}

/** The content of a bit string, its highest bit first (20.2.10). */
export function readBits(reader: Reader, length: number): readonly boolean[] {
  if (length < 1) throw new BacnetReject('invalid-tag')
  const unused = reader.uint8()
  const bytes = reader.octets(length - 1)
  if (unused > 7 || (bytes.length === 0 && unused > 0)) throw new BacnetReject('invalid-tag')
  return Array.from(
    { length: bytes.length * 8 - unused },
    (_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0,
  )
}

/** A bit string that has a fixed number of bits. */
export function readExactBits(reader: Reader, length: number, count: number): readonly boolean[] {
  // Before it is read: a long one isn't worth its bits.
  if (length !== 1 + Math.ceil(count / 8)) throw new BacnetReject('parameter-out-of-range')
  const bits = readBits(reader, length)
  if (bits.length !== count) throw new BacnetReject('parameter-out-of-range')
  return bits
}

/** An application-tagged boolean, whose value is in its tag (20.2.3). */
export function readBoolean(reader: Reader): boolean {
  const value = reader.application('boolean')
  if (value > 1) throw new BacnetReject('invalid-tag')
  return value === 1
}

export function readReal(reader: Reader, length: number): number {
  if (length !== 4) throw new BacnetReject('invalid-tag')
  return reader.float32()
}

/** The content of a date or a time (20.2.12, 20.2.13). */
export function readFour(reader: Reader, length: number): Four {
  if (length !== 4) throw new BacnetReject('invalid-tag')
  return [reader.uint8(), reader.uint8(), reader.uint8(), reader.uint8()]
}
