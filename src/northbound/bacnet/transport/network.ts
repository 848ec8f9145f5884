import type { Log } from '../../../lib/log.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { bvlcHeader, bvlcNaks, bvlcResult, type IpAddress, parseBvlc } from '../wire/bvlc.ts'
import { BacnetReject } from '../wire/error-code.ts'
import { GLOBAL_BROADCAST, type Npdu, networkMessages, networkRejects, parseNpdu, writeNpdu } from '../wire/npdu.ts'
import { Writer } from '../wire/writer.ts'
import type { Peer } from './peer.ts'

export interface NetworkParts {
  /** The virtual network's number; undefined in the flat topology. */
  readonly network: number | undefined
  readonly bridge: () => DeviceModel | undefined
  /** Devices of the virtual network. */
  readonly virtual: ReadonlyMap<number, DeviceModel>
  readonly send: (datagram: Uint8Array, to: IpAddress) => void
  readonly broadcast: (datagram: Uint8Array) => void
  /** An APDU for one device, or (a broadcast) for several. */
  readonly deliver: (apdu: Uint8Array, from: Peer, to: readonly DeviceModel[], broadcast: boolean) => void
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

  receive(datagram: Uint8Array, from: IpAddress): void {
    const bvlc = parseBvlc(datagram)
    if (bvlc === undefined) return
    if (bvlc.kind === 'other') {
      const nak = bvlcNaks[bvlc.function]
      if (nak !== undefined) this.#parts.send(bvlcResult(nak), from)
      return
    }
    const { origin } = bvlc
    if (origin !== undefined && !isStation(origin)) return
    try {
      const peer: Peer = origin === undefined ? from : { ...origin, relay: from.address }
      this.#route(parseNpdu(bvlc.npdu), peer, bvlc.broadcast)
    } catch (error) {
      if (!(error instanceof BacnetReject)) throw error
      this.#parts.log.debug({ from, reason: error.reason }, 'bacnet: network header not understood')
    }
  }

  /** Sends an APDU from a device to one peer. */
  reply(device: DeviceModel, to: Peer, apdu: Writer, expectingReply: boolean): void {
    const header = { destination: to.remote, source: device.networkAddress, expectingReply }
    writeNpdu(this.#header.reset(), header)
    this.#parts.send(this.#assembled(false, apdu), to)
  }

  /** Sends an APDU from a device to everybody on the IP network. */
  broadcast(device: DeviceModel, apdu: Writer): void {
    writeNpdu(this.#header.reset(), { source: device.networkAddress, expectingReply: false })
    this.#parts.broadcast(this.#assembled(true, apdu))
  }

  /** Tells the IP network that the virtual one is reached here: once at start, and in answer. */
  announceRouter(to?: Peer): void {
    const { network } = this.#parts
    if (network === undefined) return
    const data = new Writer(2).uint16(network)
    if (to === undefined) this.#message(networkMessages['i-am-router-to-network'], data, undefined)
    else this.#message(networkMessages['i-am-router-to-network'], data, to)
  }

  #route(npdu: Npdu, from: Peer, broadcast: boolean): void {
    const peer: Peer = npdu.source === undefined ? from : { ...from, remote: npdu.source }
    const { destination } = npdu
    if (npdu.message !== undefined) {
      if (destination === undefined || destination.network === GLOBAL_BROADCAST)
        this.#networkMessage(npdu, peer, broadcast)
      return
    }
    const { bridge, deliver, network, virtual } = this.#parts
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
    } else if (network !== undefined && !broadcast) {
      this.#reject(networkRejects['not-directly-connected'], destination.network, peer)
    }
  }

  #networkMessage(npdu: Npdu, peer: Peer, broadcast: boolean): void {
    const { network } = this.#parts
    if (network === undefined) return
    switch (npdu.message) {
      case networkMessages['who-is-router-to-network']: {
        if (npdu.data.length !== 0 && npdu.data.length !== 2) return
        const wanted = npdu.data.length === 2 ? ((npdu.data[0] ?? 0) << 8) | (npdu.data[1] ?? 0) : undefined
        // The answer is a broadcast, so that all routers and clients learn of it (6.4.2).
        if (wanted === undefined || wanted === network) this.#answerRouter(peer, broadcast)
        return
      }
      // The IP network's own number is not known here, and that is said by silence (6.4.19).
      case networkMessages['what-is-network-number']:
      case networkMessages['network-number-is']:
      case networkMessages['i-am-router-to-network']:
      case networkMessages['i-could-be-router-to-network']:
      case networkMessages['reject-message-to-network']:
      case networkMessages['router-busy-to-network']:
      case networkMessages['router-available-to-network']:
      case networkMessages['initialize-routing-table-ack']:
        return
      case networkMessages['initialize-routing-table']:
        this.#initializeRoutingTable(npdu, peer)
        return
      default:
        if (!broadcast) this.#reject(networkRejects['unknown-message'], 0, peer)
    }
  }

  /** Asked by broadcast, answered by broadcast; a unicast question gets its answer where it came from as well. */
  #answerRouter(peer: Peer, broadcast: boolean): void {
    if (broadcast) this.announceRouter()
    this.announceRouter(peer)
  }

  /** 6.4.8: asked without ports it is a query; there is one port, and it can't be changed. */
  #initializeRoutingTable(npdu: Npdu, peer: Peer): void {
    const { network } = this.#parts
    const count = npdu.data[0]
    if (count === undefined || network === undefined) return
    const data = new Writer(8)
    if (count === 0) data.uint8(1).uint16(network).uint8(1).uint8(0)
    this.#message(networkMessages['initialize-routing-table-ack'], data, peer)
  }

  #reject(reason: number, network: number, to: Peer): void {
    this.#message(networkMessages['reject-message-to-network'], new Writer(3).uint8(reason).uint16(network), to)
  }

  #message(message: number, data: Writer, to: Peer | undefined): void {
    writeNpdu(this.#header.reset(), { destination: to?.remote, expectingReply: false, message })
    if (to === undefined) this.#parts.broadcast(this.#assembled(true, data))
    else this.#parts.send(this.#assembled(false, data), to)
  }

  /** BVLC, the header that was just written, and what follows it. */
  #assembled(broadcast: boolean, rest: Writer): Uint8Array {
    const header = this.#header.view
    const out = this.#datagram.reset()
    for (const octet of bvlcHeader(broadcast, header.length + rest.length)) out.uint8(octet)
    return out.octets(header).octets(rest.view).finish()
  }
}

/** Whether an answer can go there: not to port 0, to this network, to a group or to everybody. */
function isStation({ address, port }: IpAddress): boolean {
  const first = Number.parseInt(address, 10)
  return port !== 0 && first > 0 && first < 224
}

function instanceOf(mac: Uint8Array): number {
  return ((mac[0] ?? 0) << 16) | ((mac[1] ?? 0) << 8) | (mac[2] ?? 0)
}
