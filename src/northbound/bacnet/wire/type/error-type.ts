import { type ErrorClass, type ErrorCode, errorClasses, errorCodes } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** Error (clause 21) as another device told it: any number. */
export interface ErrorType {
  readonly errorClass: number
  readonly errorCode: number
}

export function readErrorType(reader: Reader): ErrorType {
  const errorClass = reader.unsigned(reader.application('enumerated'))
  return { errorClass, errorCode: reader.unsigned(reader.application('enumerated')) }
}

export function writeErrorType(writer: Writer, { errorClass, errorCode }: ErrorType): void {
  writer.enumerated(errorClass).enumerated(errorCode)
}

/** The error in front of what a service's own error adds, in context tag 0. */
export function readErrorTypeFirst(reader: Reader): ErrorType {
  reader.opening(0)
  const error = readErrorType(reader)
  reader.closing(0)
  return error
}

export function writeErrorTypeFirst(writer: Writer, errorClass: ErrorClass, errorCode: ErrorCode): void {
  writer.opening(0).enumerated(errorClasses[errorClass]).enumerated(errorCodes[errorCode]).closing(0)
}
