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
  'configuration-in-progress': 2,
  busy: 3,
  'dynamic-creation-not-supported': 4,
  'inconsistent-parameters': 7,
  'inconsistent-selection-criterion': 8,
  'invalid-data-type': 9,
  'invalid-parameter-data-type': 13,
  'invalid-time-stamp': 14,
  'missing-required-parameter': 16,
  'no-objects-of-specified-type': 17,
  'no-space-for-object': 18,
  'no-space-to-add-list-element': 19,
  'no-space-to-write-property': 20,
  'property-is-not-a-list': 22,
  'object-deletion-not-permitted': 23,
  'object-identifier-already-exists': 24,
  'operational-problem': 25,
  'password-failure': 26,
  'read-access-denied': 27,
  'service-request-denied': 29,
  timeout: 30,
  'unknown-object': 31,
  'unknown-property': 32,
  'unsupported-object-type': 36,
  'value-out-of-range': 37,
  'write-access-denied': 40,
  'character-set-not-supported': 41,
  'invalid-array-index': 42,
  'cov-subscription-failed': 43,
  'not-cov-property': 44,
  'optional-functionality-not-supported': 45,
  'invalid-configuration-data': 46,
  'datatype-not-supported': 47,
  'duplicate-name': 48,
  'duplicate-object-id': 49,
  'property-is-not-an-array': 50,
  'invalid-tag': 57,
  'unknown-device': 70,
  'value-not-initialized': 72,
  'invalid-event-state': 73,
  'no-alarm-configured': 74,
  'log-buffer-full': 75,
  'logged-value-purged': 76,
  'no-property-specified': 77,
  'not-configured-for-triggered-logging': 78,
  'unknown-subscription': 79,
  'parameter-out-of-range': 80,
  'list-element-not-found': 81,
  'communication-disabled': 83,
  'write-bdt-failed': 116,
  'inconsistent-configuration': 129,
  'inconsistent-object-type': 130,
  'internal-error': 131,
  'not-configured': 132,
  'value-too-long': 134,
  'duplicate-entry': 137,
  'invalid-value-in-this-state': 138,
  'invalid-operation-in-this-state': 139,
  'list-item-not-numbered': 140,
  'list-item-not-timestamped': 141,
  'invalid-data-encoding': 142,
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
