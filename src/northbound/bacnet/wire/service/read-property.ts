import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** ReadProperty (15.5). */
export interface ReadProperty {
  readonly object: ObjectId
  readonly property: number
  readonly index: number | undefined
}

export function readReadProperty(reader: Reader): ReadProperty {
  const object = reader.objectId(reader.context(0))
  const property = reader.unsigned(reader.context(1))
  const index = reader.nextIsContext(2) ? reader.unsigned(reader.context(2)) : undefined
  reader.finish()
  return { object, property, index }
}

/** Everything of the acknowledgement before the value; `closeValue` comes after it. */
export function openValue(writer: Writer, { object, property, index }: ReadProperty): void {
  writer.contextObjectId(0, object.type, object.instance).contextUnsigned(1, property)
  if (index !== undefined) writer.contextUnsigned(2, index)
  writer.opening(3)
}

export function closeValue(writer: Writer): void {
  writer.closing(3)
}
