/** BACnetErrorClass (clause 18, 21). */
export const errorClasses = {
  device: 0,
  object: 1,
  property: 2,
  resources: 3,
  security: 4,
  services: 5,
  vt: 6,
  communication: 7,
} as const

/** BACnetErrorCode (clause 18, 21), as far as the bridge says them. */
export const errorCodes = {
  other: 0,
  'invalid-data-type': 9,
  'missing-required-parameter': 16,
  'no-space-for-object': 18,
  'object-identifier-already-exists': 24,
  'read-access-denied': 27,
  'service-request-denied': 29,
  timeout: 30,
  'unknown-object': 31,
  'unknown-property': 32,
  'value-out-of-range': 37,
  'write-access-denied': 40,
  'character-set-not-supported': 41,
  'invalid-array-index': 42,
  'cov-subscription-failed': 43,
  'not-cov-property': 44,
  'optional-functionality-not-supported': 45,
  'datatype-not-supported': 47,
  'property-is-not-an-array': 50,
  'no-space-to-write-property': 20,
  busy: 3,
} as const

export type ErrorClass = keyof typeof errorClasses
export type ErrorCode = keyof typeof errorCodes

/** BACnetRejectReason (18.9, 21). */
export const rejectReasons = {
  other: 0,
  'buffer-overflow': 1,
  'inconsistent-parameters': 2,
  'invalid-parameter-data-type': 3,
  'invalid-tag': 4,
  'missing-required-parameter': 5,
  'parameter-out-of-range': 6,
  'too-many-arguments': 7,
  'undefined-enumeration': 8,
  'unrecognized-service': 9,
} as const
export type RejectReason = keyof typeof rejectReasons

/** BACnetAbortReason (18.10, 21). */
export const abortReasons = {
  other: 0,
  'buffer-overflow': 1,
  'invalid-apdu-in-this-state': 2,
  'preempted-by-higher-priority-task': 3,
  'segmentation-not-supported': 4,
} as const
export type AbortReason = keyof typeof abortReasons

/** The request breaks the encoding: the service was not even begun. */
export class BacnetReject extends Error {
  readonly reason: RejectReason

  constructor(reason: RejectReason) {
    super(reason)
    this.reason = reason
  }
}

/** The request was understood and can't be done. */
export class BacnetError extends Error {
  readonly errorClass: ErrorClass
  readonly errorCode: ErrorCode

  constructor(errorClass: ErrorClass, errorCode: ErrorCode) {
    super(`${errorClass}/${errorCode}`)
    this.errorClass = errorClass
    this.errorCode = errorCode
  }
}

/** The answer can't be carried to this client. */
export class BacnetAbort extends Error {
  readonly reason: AbortReason

  constructor(reason: AbortReason) {
    super(reason)
    this.reason = reason
  }
}
