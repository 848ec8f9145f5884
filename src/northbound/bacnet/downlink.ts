import { NotKept } from '../../core/not-kept.ts'
import type { Refusal } from '../../core/ports.ts'
import type { Network } from '../../lib/cidr.ts'
import type { Log } from '../../lib/log.ts'
import type { Throttle } from '../../lib/throttle.ts'
import type { Peer } from './transport/peer.ts'
import { BacnetError, type ErrorClass, type ErrorCode } from './wire/error-code.ts'

/** What each refusal of core is on BACnet (clause 18). */
const errors: Record<Refusal, readonly [ErrorClass, ErrorCode]> = {
  'read-only': ['property', 'write-access-denied'],
  'wrong-type': ['property', 'invalid-data-type'],
  'out-of-range': ['property', 'value-out-of-range'],
  'reserved-slot': ['property', 'write-access-denied'],
  offline: ['device', 'service-request-denied'],
  'no-transaction': ['property', 'value-out-of-range'],
  busy: ['device', 'busy'],
}

/** A no that is told already, or one to somebody who may not write at all. */
export class RefusedWrite extends BacnetError {
  readonly by: 'core' | 'rights'

  constructor(by: RefusedWrite['by'], errorClass: ErrorClass, errorCode: ErrorCode) {
    super(errorClass, errorCode)
    this.by = by
  }
}

/** Turns core's no into BACnet's. */
export function refuse(refusal: Refusal | undefined): void {
  if (refusal === undefined) return
  const [errorClass, errorCode] = errors[refusal]
  throw new RefusedWrite('core', errorClass, errorCode)
}

/** What BACnet says where the disk doesn't take a write (18.3.8); any other error as it is. */
export function unlessKept(error: unknown): unknown {
  return error instanceof NotKept ? new BacnetError('resources', 'no-space-to-write-property') : error
}

/** Throws where a peer may not write at all. Anybody can name any origin: whoever forwards has to be allowed as well. */
export function authorize(peer: Peer, allowWrites: readonly Network[], log: Log, throttle: Throttle): void {
  const allowed = (candidate: string) => allowWrites.some((network) => network.contains(candidate))
  const address = peer.relay === undefined || allowed(peer.relay) ? peer.address : peer.relay
  if (allowed(address)) return
  if (throttle.pass(address) !== undefined)
    log.warn({ from: address }, `write from ${address} refused: it is in none of the networks of bacnet.allowWrites`)
  throw new RefusedWrite('rights', 'property', 'write-access-denied')
}
