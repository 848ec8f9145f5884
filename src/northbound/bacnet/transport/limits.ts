/** The largest APDU of BACnet/IP (annex J, 20.1.2.5); I-Am and the device object say the same. */
export const MAX_APDU = 1476
export const APDU_TIMEOUT_MS = 3_000
export const APDU_RETRIES = 3
/** How long a segment's acknowledgement is waited for, and how often the segment is sent again. */
export const SEGMENT_TIMEOUT_MS = 2_000
/** Segments that are sent, or taken, without an acknowledgement between them. */
export const WINDOW_SIZE = 16
/** Segments of a request that are taken in any case; more of them, as long as they are smaller. */
export const MAX_SEGMENTS = 64
/** Octets of the longest request and of the longest answer. */
export const MAX_SEGMENTED_OCTETS = MAX_SEGMENTS * MAX_APDU
