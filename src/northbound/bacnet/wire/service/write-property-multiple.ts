import { BacnetReject, type ErrorClass, type ErrorCode } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { type ErrorType, readErrorTypeFirst, writeErrorTypeFirst } from '../type/error-type.ts'
import { type PropertyValue, readPropertyValue, writePropertyValue } from '../type/property-value.ts'
import type { Writer } from '../writer.ts'
import type { WriteProperty } from './write-property.ts'

/**
 * Reads the request (15.10) write by write, so that those before a failing or malformed one can be done.
 * The writes of one specification have the same `object`, not an equal one.
 */
export function* readWriteAccessSpecifications(reader: Reader): Generator<WriteProperty> {
  if (reader.done) throw new BacnetReject('missing-required-parameter')
  while (!reader.done) {
    const object = reader.objectId(reader.context(0))
    reader.opening(1)
    if (reader.nextIsClosing(1)) throw new BacnetReject('missing-required-parameter')
    while (!reader.nextIsClosing(1)) {
      const value = readPropertyValue(reader)
      const { priority } = value
      if (priority !== undefined && (priority < 1 || priority > 16)) throw new BacnetReject('parameter-out-of-range')
      yield { object, ...value }
    }
    reader.closing(1)
  }
}

/** One object and what is written to it. */
export function writeWriteAccessSpecification(writer: Writer, object: ObjectId, values: Iterable<PropertyValue>): void {
  writer.contextObjectId(0, object.type, object.instance).opening(1)
  for (const value of values) writePropertyValue(writer, value)
  writer.closing(1)
}

/** Where writing ended (clause 21, BACnetObjectPropertyReference). */
export interface FailedWrite {
  readonly object: ObjectId
  readonly property: number
  readonly index: number | undefined
}

/** WritePropertyMultiple-Error (clause 21), behind the header of the error. */
export function writeWritePropertyMultipleError(
  writer: Writer,
  errorClass: ErrorClass,
  errorCode: ErrorCode,
  { object, property, index }: FailedWrite,
): void {
  writeErrorTypeFirst(writer, errorClass, errorCode)
  writer.opening(1).contextObjectId(0, object.type, object.instance).contextUnsigned(1, property)
  if (index !== undefined) writer.contextUnsigned(2, index)
  writer.closing(1)
}

export function readWritePropertyMultipleError(reader: Reader): ErrorType & FailedWrite {
  const error = readErrorTypeFirst(reader)
  reader.opening(1)
  const object = reader.objectId(reader.context(0))
  const property = reader.unsigned(reader.context(1))
  const index = reader.nextIsContext(2) ? reader.unsigned(reader.context(2)) : undefined
  reader.closing(1)
  reader.finish()
  return { ...error, object, property, index }
}
