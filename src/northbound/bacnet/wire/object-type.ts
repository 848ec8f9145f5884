/** BACnetObjectType (135-2016 clause 21), as far as the bridge has them. */
export const objectTypes = {
  'analog-input': 0,
  'analog-output': 1,
  'analog-value': 2,
  'binary-input': 3,
  'binary-output': 4,
  'binary-value': 5,
  device: 8,
  'multi-state-input': 13,
  'multi-state-output': 14,
  'notification-class': 15,
  'multi-state-value': 19,
  'trend-log': 20,
  accumulator: 23,
  'structured-view': 29,
  'characterstring-value': 40,
  'large-analog-value': 46,
  'positive-integer-value': 48,
  'network-port': 56,
} as const

/** Bits of Protocol_Object_Types_Supported at Protocol_Revision 22. */
export const OBJECT_TYPES_SUPPORTED_BITS = 63

/** An object identifier is ten bits of type and twenty-two of instance (20.2.14). */
export const MAX_INSTANCE = 4_194_302
/** The instance that means "whichever device reads this". */
export const UNSPECIFIED_INSTANCE = 4_194_303

export interface ObjectId {
  readonly type: number
  readonly instance: number
}

export function objectKey(type: number, instance: number): number {
  return type * 0x40_0000 + instance
}
