import type { ErrorClass, ErrorCode } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { type ErrorType, readErrorTypeFirst, writeErrorTypeFirst } from '../type/error-type.ts'
import type { Writer } from '../writer.ts'

/** AddListElement (15.1) and RemoveListElement (15.2). `elements` is the octets of all of them. */
export interface ListElements {
  readonly object: ObjectId
  readonly property: number
  readonly index: number | undefined
  readonly elements: Uint8Array
}

export function readListElements(reader: Reader): ListElements {
  const object = reader.objectId(reader.context(0))
  const property = reader.unsigned(reader.context(1))
  const index = reader.nextIsContext(2) ? reader.unsigned(reader.context(2)) : undefined
  reader.opening(3)
  const elements = reader.span(3)
  reader.finish()
  return { object, property, index, elements }
}

export function writeListElements(writer: Writer, { object, property, index, elements }: ListElements): void {
  writer.contextObjectId(0, object.type, object.instance).contextUnsigned(1, property)
  if (index !== undefined) writer.contextUnsigned(2, index)
  writer.opening(3).octets(elements).closing(3)
}

/** ChangeList-Error (clause 21), behind the header of the error. Elements count from 1; 0: none of them is to blame. */
export function writeChangeListError(
  writer: Writer,
  errorClass: ErrorClass,
  errorCode: ErrorCode,
  firstFailedElementNumber: number,
): void {
  writeErrorTypeFirst(writer, errorClass, errorCode)
  writer.contextUnsigned(1, firstFailedElementNumber)
}

export function readChangeListError(reader: Reader): ErrorType & { readonly firstFailedElementNumber: number } {
  const error = readErrorTypeFirst(reader)
  const firstFailedElementNumber = reader.unsigned(reader.context(1))
  reader.finish()
  return { ...error, firstFailedElementNumber }
}
