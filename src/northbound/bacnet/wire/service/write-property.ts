import { BacnetReject } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'

/** WriteProperty (15.9). `value` is the octets between the tags: its type is known only with the property. */
export interface WriteProperty {
  readonly object: ObjectId
  readonly property: number
  readonly index: number | undefined
  readonly value: Uint8Array
  readonly priority: number | undefined
}

export function readWriteProperty(reader: Reader): WriteProperty {
  const object = reader.objectId(reader.context(0))
  const property = reader.unsigned(reader.context(1))
  const index = reader.nextIsContext(2) ? reader.unsigned(reader.context(2)) : undefined
  reader.opening(3)
  const value = reader.span(3)
  const priority = reader.nextIsContext(4) ? reader.unsigned(reader.context(4)) : undefined
  reader.finish()
  if (priority !== undefined && (priority < 1 || priority > 16)) throw new BacnetReject('parameter-out-of-range')
  return { object, property, index, value, priority }
}
