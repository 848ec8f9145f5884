import type { Reader } from '../reader.ts'
import { readExactBits } from '../value.ts'
import type { Writer } from '../writer.ts'

/** The content of BACnetStatusFlags as a number: in-alarm 8, fault 4, overridden 2, out-of-service 1. */
export function readStatusFlags(reader: Reader, length: number): number {
  return readExactBits(reader, length, 4).reduce((flags, bit) => flags * 2 + (bit ? 1 : 0), 0)
}

/** The same with a context tag. */
export function writeContextStatusFlags(writer: Writer, number: number, flags: number): void {
  writer.contextBitString(
    number,
    [8, 4, 2, 1].map((bit) => (flags & bit) !== 0),
  )
}
