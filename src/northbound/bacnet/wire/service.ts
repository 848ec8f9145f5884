/** BACnetConfirmedServiceChoice (clause 21), without the withdrawn ones. */
export const confirmedServices = {
  'acknowledge-alarm': 0,
  'confirmed-cov-notification': 1,
  'confirmed-event-notification': 2,
  'get-alarm-summary': 3,
  'get-enrollment-summary': 4,
  'subscribe-cov': 5,
  'atomic-read-file': 6,
  'atomic-write-file': 7,
  'add-list-element': 8,
  'remove-list-element': 9,
  'create-object': 10,
  'delete-object': 11,
  'read-property': 12,
  'read-property-multiple': 14,
  'write-property': 15,
  'write-property-multiple': 16,
  'device-communication-control': 17,
  'confirmed-private-transfer': 18,
  'confirmed-text-message': 19,
  'reinitialize-device': 20,
  'vt-open': 21,
  'vt-close': 22,
  'vt-data': 23,
  'read-range': 26,
  'life-safety-operation': 27,
  'subscribe-cov-property': 28,
  'get-event-information': 29,
  'subscribe-cov-property-multiple': 30,
  'confirmed-cov-notification-multiple': 31,
} as const

/** BACnetUnconfirmedServiceChoice (clause 21). */
export const unconfirmedServices = {
  'i-am': 0,
  'i-have': 1,
  'unconfirmed-cov-notification': 2,
  'unconfirmed-event-notification': 3,
  'unconfirmed-private-transfer': 4,
  'unconfirmed-text-message': 5,
  'time-synchronization': 6,
  'who-has': 7,
  'who-is': 8,
  'utc-time-synchronization': 9,
  'write-group': 10,
  'unconfirmed-cov-notification-multiple': 11,
} as const

/** Bits of Protocol_Services_Supported (clause 21, BACnetServicesSupported) of the services that somebody may execute here. */
export const servicesSupported = {
  'acknowledge-alarm': 0,
  'get-alarm-summary': 3,
  'get-enrollment-summary': 4,
  'subscribe-cov': 5,
  'add-list-element': 8,
  'remove-list-element': 9,
  'read-property': 12,
  'read-property-multiple': 14,
  'write-property': 15,
  'write-property-multiple': 16,
  'device-communication-control': 17,
  'reinitialize-device': 20,
  'i-am': 26,
  'time-synchronization': 32,
  'who-has': 33,
  'who-is': 34,
  'read-range': 35,
  'utc-time-synchronization': 36,
  'subscribe-cov-property': 38,
  'get-event-information': 39,
} as const
/** How many bits the string has at Protocol_Revision 22. */
export const SERVICES_SUPPORTED_BITS = 47

export type ConfirmedServiceName = keyof typeof servicesSupported & keyof typeof confirmedServices
export type UnconfirmedServiceName = keyof typeof servicesSupported & keyof typeof unconfirmedServices
