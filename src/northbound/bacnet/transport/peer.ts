import type { IpAddress } from '../wire/bvlc.ts'
import type { NetworkAddress } from '../wire/npdu.ts'

/** Where an answer goes: an IP address and, behind a router there, a station on another network. */
export interface Peer extends IpAddress {
  readonly remote?: NetworkAddress
  /** The IP address that a Forwarded-NPDU came from; `address` and `port` are then what it claims as its origin. */
  readonly relay?: string
  /** Network priority of what came from it, which its answer has as well (6.2.2); none: normal. */
  readonly priority?: number
}

/** One text for one station, so that it can be a key. */
export function peerKey({ address, port, remote }: Peer): string {
  return remote === undefined ? `${address}:${port}` : `${address}:${port}/${remote.network}/${remote.mac.join('.')}`
}

/** One text for one request to one device: invoke ids are each client's own, and each device's behind the bridge. */
export function transactionKey(peer: Peer, device: { readonly instance: number }, invokeId: number): string {
  return `${peerKey(peer)} ${device.instance} ${invokeId}`
}
