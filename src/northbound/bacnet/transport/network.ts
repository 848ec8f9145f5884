import type { Log } from '../../../lib/log.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { IP_MAC_BYTES, type IpAddress, readStation } from '../wire/bvlc.ts'
import { BacnetReject } from '../wire/error-code.ts'
import { GLOBAL_BROADCAST, type NetworkAddress, type Npdu, networkRejects, parseNpdu, writeNpdu } from '../wire/npdu.ts'
import { Writer } from '../wire/writer.ts'
import type { NetworkMessages } from './network-messages.ts'
import type { NetworkNumber } from './network-number.ts'
import type { Peer } from './peer.ts'

export interface NetworkParts {
  /** The virtual network's number; undefined in the flat topology. */
  readonly network: number | undefined
  /** The IP network's own. */
  readonly number: NetworkNumber
  readonly messages: NetworkMessages
  readonly bridge: () => DeviceModel | undefined
  /** Devices of the virtual network. */
  readonly virtual: ReadonlyMap<number, DeviceModel>
  readonly isOwn: (station: IpAddress) => boolean
  /** Both take a datagram with room for the data link's header. */
  readonly send: (datagram: Uint8Array, to: IpAddress) => void
  readonly broadcast: (datagram: Uint8Array) => void
  /** An APDU for one device, or (a broadcast) for several. */
  readonly deliver: (apdu: Uint8Array, from: Peer, to: readonly DeviceModel[], broadcast: boolean) => void
  /** Something came from that network through a router. */
  readonly seen: (network: number, router: IpAddress) => void
  readonly log: Log
}

/** A virtual device's address is its instance in three octets. */
const MAC_BYTES = 3

/** The network layer (clause 6): the bridge's own device on the IP network, and a router to the chargers behind it. */
export class NetworkLayer {
  readonly #parts: NetworkParts
  readonly #header = new Writer(64)
  readonly #datagram = new Writer(2048)

  constructor(parts: NetworkParts) {
    this.#parts = parts
  }

  /** An NPDU as the data link took it from its datagram. */
  receive(npdu: Uint8Array, from: Peer, broadcast: boolean): void {
    try {
      this.#route(parseNpdu(npdu), from, broadcast)
    } catch (error) {
      if (!(error instanceof BacnetReject)) throw error
      this.#parts.log.debug({ from, reason: error.reason }, 'bacnet: network header not understood')
    }
  }

  /** Sends an APDU from a device to one peer, or to everybody on a network behind a router. */
  reply(device: DeviceModel, to: Peer, apdu: Writer, expectingReply: boolean): void {
    const { priority, remote } = to
    writeNpdu(this.#header.reset(), {
      destination: remote,
      source: device.networkAddress,
      expectingReply,
      ...(priority !== undefined && { priority }),
    })
    this.#parts.send(this.#assembled(apdu), to)
  }

  /** Sends an APDU from a device to everybody on the IP network, or on all networks; network priority 0: normal (6.2.2). */
  broadcast(device: DeviceModel, apdu: Writer, everywhere = false, priority = 0): void {
    const destination = everywhere ? { network: GLOBAL_BROADCAST, mac: new Uint8Array() } : undefined
    writeNpdu(this.#header.reset(), { destination, source: device.networkAddress, expectingReply: false, priority })
    this.#parts.broadcast(this.#assembled(apdu))
  }

  /** Sends a message of the network layer to one peer, or to everybody on the IP network. */
  send(message: number, data: Writer, to: Peer | undefined): void {
    const { priority, remote } = to ?? {}
    writeNpdu(this.#header.reset(), {
      destination: remote,
      expectingReply: false,
      message,
      ...(priority !== undefined && { priority }),
    })
    if (to === undefined) this.#parts.broadcast(this.#assembled(data))
    else this.#parts.send(this.#assembled(data), to)
  }

  #route(npdu: Npdu, from: Peer, broadcast: boolean): void {
    const { destination, priority, source } = npdu
    const { bridge, deliver, messages, network, number, seen, virtual } = this.#parts
    if (source !== undefined) seen(source.network, from)
    const peer: Peer = {
      ...from,
      ...(source !== undefined && { remote: source }),
      ...(priority !== 0 && { priority }),
    }
    if (npdu.message !== undefined) {
      if (destination === undefined || destination.network === GLOBAL_BROADCAST) messages.receive(npdu, peer, broadcast)
      return
    }
    const own = bridge()
    if (destination === undefined) {
      if (own !== undefined) deliver(npdu.data, peer, [own], broadcast)
    } else if (destination.network === GLOBAL_BROADCAST) {
      deliver(npdu.data, peer, [...(own === undefined ? [] : [own]), ...virtual.values()], true)
    } else if (network !== undefined && destination.network === network) {
      // The message ends here, so the hop count is not looked at: some clients send 0 to a network next door.
      if (destination.mac.length === 0) deliver(npdu.data, peer, [...virtual.values()], true)
      else {
        const device = destination.mac.length === MAC_BYTES ? virtual.get(instanceOf(destination.mac)) : undefined
        if (device !== undefined) deliver(npdu.data, peer, [device], false)
      }
    } else if (destination.network === number.current) {
      // The IP network by its own number: everybody on it, or one station, which the bridge may be.
      const everybody = destination.mac.length === 0
      if (own !== undefined && (everybody || this.#isHere(destination))) deliver(npdu.data, peer, [own], everybody)
    } else if (network !== undefined && !broadcast) {
      messages.reject(networkRejects['not-directly-connected'], destination.network, peer)
    }
  }

  #isHere({ mac }: NetworkAddress): boolean {
    return mac.length === IP_MAC_BYTES && this.#parts.isOwn(readStation(mac))
  }

  /** Room for the data link's header, the network's that was just written, and what follows it. */
  #assembled(rest: Writer): Uint8Array {
    return this.#datagram.reset().uint32(0).octets(this.#header.view).octets(rest.view).finish()
  }
}

function instanceOf(mac: Uint8Array): number {
  return ((mac[0] ?? 0) << 16) | ((mac[1] ?? 0) << 8) | (mac[2] ?? 0)
}
