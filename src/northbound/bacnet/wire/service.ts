/** BACnetConfirmedServiceChoice (clause 21). */
export const confirmedServices = {
  'confirmed-cov-notification': 1,
  'subscribe-cov': 5,
  'read-property': 12,
  'read-property-multiple': 14,
  'write-property': 15,
} as const

/** BACnetUnconfirmedServiceChoice (clause 21). */
export const unconfirmedServices = {
  'i-am': 0,
  'i-have': 1,
  'unconfirmed-cov-notification': 2,
  'who-has': 7,
  'who-is': 8,
} as const

/** Bits of Protocol_Services_Supported (clause 21, BACnetServicesSupported): what the bridge executes, and nothing else. */
export const servicesSupported = {
  'subscribe-cov': 5,
  'read-property': 12,
  'read-property-multiple': 14,
  'write-property': 15,
  'who-has': 33,
  'who-is': 34,
} as const
/** How many bits the string has at Protocol_Revision 14: the last is WriteGroup's, number 40. */
export const SERVICES_SUPPORTED_BITS = 41
