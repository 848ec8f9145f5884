import { BVLC_HEADER, bvlcNaks, bvlcResult, frame, type IpAddress, parseBvlc } from '../wire/bvlc.ts'
import type { Bbmd } from './bbmd.ts'
import type { DatagramPort } from './datagram-port.ts'
import type { ForeignDevice } from './foreign-device.ts'
import type { Peer } from './peer.ts'

export interface LinkParts {
  readonly port: Pick<DatagramPort, 'send' | 'broadcast' | 'isOwn' | 'isEverybody'>
  readonly bbmd: Bbmd | undefined
  readonly foreignDevice: ForeignDevice | undefined
  readonly deliver: (npdu: Uint8Array, from: Peer, broadcast: boolean) => void
}

/** BACnet/IP as the data link of the network layer (annex J). Datagrams come to it with room for its header. */
export class Link {
  readonly #parts: LinkParts

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  send(datagram: Uint8Array, to: IpAddress): void {
    this.#parts.port.send(frame(datagram, 'original-unicast-npdu'), to)
  }

  /**
   * To everybody: on the subnet, and through a BBMD. A foreign device says it to its own subnet, too: there is no BBMD
   * (J.5.1), but there may be others that hear.
   */
  broadcast(datagram: Uint8Array): void {
    const { bbmd, foreignDevice, port } = this.#parts
    bbmd?.heardHere(datagram.subarray(BVLC_HEADER))
    if (foreignDevice?.registered === true)
      port.send(frame(datagram.slice(), 'distribute-broadcast-to-network'), foreignDevice.bbmd)
    port.broadcast(frame(datagram, 'original-broadcast-npdu'))
  }

  receive(datagram: Uint8Array, from: IpAddress, toAll: boolean): void {
    const bvlc = parseBvlc(datagram)
    if (bvlc === undefined) return
    const { bbmd, deliver, foreignDevice, port } = this.#parts
    switch (bvlc.kind) {
      case 'npdu': {
        const { broadcast, npdu, origin } = bvlc
        if (origin === undefined) {
          // Sent to this station alone, it is a stranger's try to reach everybody without being registered.
          if (broadcast && toAll) bbmd?.heardHere(npdu, from)
          deliver(npdu, from, broadcast)
          return
        }
        // Whoever names a broadcast address as its origin would have the answers sent to everybody.
        if (!isStation(origin) || port.isOwn(origin) || port.isEverybody(origin.address)) return
        bbmd?.forwarded(npdu, origin, from, toAll)
        deliver(npdu, { ...origin, relay: from.address }, true)
        return
      }
      case 'result':
        foreignDevice?.result(bvlc.code, from)
        return
      case 'other':
        return
      default:
        // What is asked of everybody would be answered by everybody.
        if (toAll || !isStation(from)) return
        if (bbmd === undefined) port.send(bvlcResult(bvlcNaks[bvlc.kind]), from)
        else if (bbmd.asked(bvlc, from) && bvlc.kind === 'distribute-broadcast-to-network')
          deliver(bvlc.npdu, from, true)
    }
  }
}

/** Whether an answer can go there: not to port 0, to this network, to a group or to everybody. */
function isStation({ address, port }: IpAddress): boolean {
  const first = Number.parseInt(address, 10)
  return port !== 0 && first > 0 && first < 224
}
