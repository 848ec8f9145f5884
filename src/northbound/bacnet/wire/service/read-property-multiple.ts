import { BacnetReject, type ErrorClass, type ErrorCode, errorClasses, errorCodes } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

export interface PropertyReference {
  readonly property: number
  readonly index: number | undefined
}

/** Reads the request (15.7) object by object, as the answer is written. */
export function* readAccessSpecifications(
  reader: Reader,
): Generator<{ readonly object: ObjectId; readonly references: readonly PropertyReference[] }> {
  if (reader.done) throw new BacnetReject('missing-required-parameter')
  while (!reader.done) {
    const object = reader.objectId(reader.context(0))
    reader.opening(1)
    const references: PropertyReference[] = []
    while (!reader.nextIsClosing(1)) {
      const property = reader.unsigned(reader.context(0))
      const index = reader.nextIsContext(1) ? reader.unsigned(reader.context(1)) : undefined
      references.push({ property, index })
    }
    if (references.length === 0) throw new BacnetReject('missing-required-parameter')
    reader.closing(1)
    yield { object, references }
  }
}

/** One object's results: begin, then each property with its value or its error, then end. */
export function beginObject(writer: Writer, object: ObjectId): void {
  writer.contextObjectId(0, object.type, object.instance).opening(1)
}

export function beginProperty(writer: Writer, { property, index }: PropertyReference): void {
  writer.contextUnsigned(2, property)
  if (index !== undefined) writer.contextUnsigned(3, index)
}

export function beginPropertyValue(writer: Writer): void {
  writer.opening(4)
}

export function endPropertyValue(writer: Writer): void {
  writer.closing(4)
}

export function propertyError(writer: Writer, errorClass: ErrorClass, errorCode: ErrorCode): void {
  writer.opening(5).enumerated(errorClasses[errorClass]).enumerated(errorCodes[errorCode]).closing(5)
}

export function endObject(writer: Writer): void {
  writer.closing(1)
}
