const BOOLEAN = 1
const UNSIGNED = 2
const BIT_STRING = 8
const TIME = 11
/** No tag of the standard: both clients' own. */
const TIMESTAMP = 104

/** All three transitions, as both clients write a bit string. */
export const allTransitions = { type: BIT_STRING, value: { value: [0x07], bitsUsed: 3 } }

/**
 * A BACnetDestination, at all times and for all transitions, of a device with an instance below 100. Neither client can
 * encode a BACnetRecipient. Their context-tagged time (tag 0, four octets) is, octet for octet, its choice [0] with a
 * device's identifier: type 8 in the upper ten bits is hour 2, the instance its hundredths.
 */
export function destination(instance: number, process: number): readonly object[] {
  return [
    { type: BIT_STRING, value: { value: [0x7f], bitsUsed: 7 } },
    { type: TIME, value: new Date(2000, 0, 1, 0, 0, 0) },
    { type: TIME, value: new Date(2000, 0, 1, 23, 59, 59, 990) },
    { type: TIMESTAMP, value: { type: 0, value: new Date(2000, 0, 1, 2, 0, 0, instance * 10) } },
    { type: UNSIGNED, value: process },
    { type: BOOLEAN, value: true },
    allTransitions,
  ]
}
