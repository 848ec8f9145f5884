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
  busy: 3,
  'invalid-data-type': 9,
  'invalid-time-stamp': 14,
  'missing-required-parameter': 16,
  'no-space-to-add-list-element': 19,
  'no-space-to-write-property': 20,
  'property-is-not-a-list': 22,
  'password-failure': 26,
  'read-access-denied': 27,
  'service-request-denied': 29,
  'unknown-object': 31,
  'unknown-property': 32,
  'value-out-of-range': 37,
  'write-access-denied': 40,
  'character-set-not-supported': 41,
  'invalid-array-index': 42,
  'not-cov-property': 44,
  'optional-functionality-not-supported': 45,
  'property-is-not-an-array': 50,
  'invalid-tag': 57,
  'value-not-initialized': 72,
  'invalid-event-state': 73,
  'no-alarm-configured': 74,
  'log-buffer-full': 75,
  'not-configured-for-triggered-logging': 78,
  'parameter-out-of-range': 80,
  'list-element-not-found': 81,
  'list-item-not-numbered': 140,
  'list-item-not-timestamped': 141,
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
  'security-error': 5,
  'insufficient-security': 6,
  'window-size-out-of-range': 7,
  'application-exceeded-reply-time': 8,
  'out-of-resources': 9,
  'tsm-timeout': 10,
  'apdu-too-long': 11,
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
