import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** BACnetPropertyValue (clause 21). `value` is the octets between the tags. */
export interface PropertyValue {
  readonly property: number
  readonly index: number | undefined
  readonly value: Uint8Array
  readonly priority: number | undefined
}

export function readPropertyValue(reader: Reader): PropertyValue {
  const property = reader.unsigned(reader.context(0))
  const index = reader.nextIsContext(1) ? reader.unsigned(reader.context(1)) : undefined
  reader.opening(2)
  const value = reader.span(2)
  const priority = reader.nextIsContext(3) ? reader.unsigned(reader.context(3)) : undefined
  return { property, index, value, priority }
}

export function writePropertyValue(writer: Writer, { property, index, value, priority }: PropertyValue): void {
  writer.contextUnsigned(0, property)
  if (index !== undefined) writer.contextUnsigned(1, index)
  writer.opening(2).octets(value).closing(2)
  if (priority !== undefined) writer.contextUnsigned(3, priority)
}
