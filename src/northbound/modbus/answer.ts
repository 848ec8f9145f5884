/** Calls back with the PDU once it may leave. */
export type Later = (send: (pdu: Uint8Array) => void) => void

/** The PDU of an answer: at once, or later where it promises what is not on disk yet. */
export type Answer = Uint8Array | Later
