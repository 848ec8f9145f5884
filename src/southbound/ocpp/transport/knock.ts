import type { TurnedAway } from '../../../core/ports.ts'

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

/** Why somebody was not let in: as core counts it, or because the path holds no identifier to be listed under. */
export type TurnedAwayReason = TurnedAway | 'no-identifier'

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
