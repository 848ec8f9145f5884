import type { Writer as Client } from '../../../core/ports.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import type { Peer } from '../transport/peer.ts'
import type { BacnetError } from '../wire/error-code.ts'
import type { Reader } from '../wire/reader.ts'
import type { ConfirmedServiceName, UnconfirmedServiceName } from '../wire/service.ts'
import type { Writer } from '../wire/writer.ts'

/** A confirmed request to one device. */
export interface ServiceRequest {
  readonly device: DeviceModel
  /** The service's parameters. */
  readonly reader: Reader
  readonly peer: Peer
  /** The peer as core knows it. */
  readonly client: Client
  /** The request as it came, in hexadecimal digits; it may hold a password. */
  readonly frame: () => string
  /** Throws BacnetError where the peer may not write. */
  readonly authorize: () => void
}

/** One confirmed service. `execute` throws BacnetError, BacnetReject or BacnetAbort for a no. */
export interface ConfirmedService {
  /** It changes something: it is done only for addresses of `allowWrites`. */
  readonly guarded?: true
  /** It is answered with parameters, which `execute` writes; else by a SimpleACK. */
  readonly complex?: true
  readonly execute: (request: ServiceRequest, answer: Writer) => void
  /** Writes an error's parameters, where they are more than class and code. */
  readonly writeError?: (answer: Writer, error: BacnetError) => void
}

/** One unconfirmed service: `devices` are those that are meant. It may throw what is understood as silence. */
export interface UnconfirmedService {
  readonly guarded?: true
  readonly execute: (devices: readonly DeviceModel[], reader: Reader, peer: Peer) => void
}

/** What the bridge executes; Protocol_Services_Supported tells of these, and of nothing else. */
export interface Services {
  readonly confirmed: ReadonlyMap<ConfirmedServiceName, ConfirmedService>
  readonly unconfirmed: ReadonlyMap<UnconfirmedServiceName, UnconfirmedService>
}
