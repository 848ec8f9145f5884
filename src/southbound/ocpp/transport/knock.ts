/** How somebody came to the door. */
interface Approach {
  /** Remote IP address. */
  readonly address: string
  /** Of the request, without query; empty when the peer got no further than TLS. */
  readonly path: string
  readonly tls: boolean
}

/** How a charger came in. */
export interface Knocked extends Approach {
  /** Undefined: none was offered. */
  readonly subprotocol: string | undefined
  /** Common name of the certificate that it proved itself with. */
  readonly certificateName: string | undefined
}

/**
 * Why somebody was not let in. unknown: the identifier is nobody's, and strangers are not wanted. rejected: this
 * charger is not wanted. no-password: none was sent. tls: it came without, or the handshake failed.
 * client-certificate: none, not signed by ours, out of date, or another's. too-many: strangers, sockets or guesses.
 */
export type TurnedAwayReason =
  | 'unknown'
  | 'rejected'
  | 'wrong-password'
  | 'no-password'
  | 'tls'
  | 'client-certificate'
  | 'subprotocol'
  | 'no-identifier'
  | 'too-many'

/** Somebody who was not let in. */
export interface Knock extends Approach {
  /** Undefined when the path holds none. */
  readonly identifier: string | undefined
  /** As offered. */
  readonly subprotocols: readonly string[]
  readonly reason: TurnedAwayReason
  /** The reason in words; never holds a secret. */
  readonly detail: string
}
