/** The largest APDU of BACnet/IP (annex J, 20.1.2.5); I-Am and the device object say the same. */
export const MAX_APDU = 1476
export const APDU_TIMEOUT_MS = 3_000
export const APDU_RETRIES = 3
