import type { Clock } from '../../../lib/clock.ts'
import { GLOBAL_BROADCAST, type Npdu, networkMessages, networkRejects } from '../wire/npdu.ts'
import { Writer } from '../wire/writer.ts'
import type { NetworkNumber } from './network-number.ts'
import type { Peer } from './peer.ts'
import type { Routes } from './routes.ts'
import { Seldom } from './seldom.ts'

export interface NetworkMessagesParts {
  readonly clock: Clock
  /** The virtual network's number; undefined in the flat topology. */
  readonly network: number | undefined
  readonly number: NetworkNumber
  readonly routes: Routes
  /** Whether the virtual network may be told of: another router may say that it has that number. */
  readonly mayAnnounce: () => boolean
  /** Another router says that it leads to this network. */
  readonly routerHeard: (network: number, from: Peer) => void
  /** Sends to one peer; without one to everybody on the IP network. */
  readonly send: (message: number, data: Writer, to: Peer | undefined) => void
}

/** Messages of the network layer (6.4): the bridge as a router to the virtual network, and what it learns of others. */
export class NetworkMessages {
  readonly #parts: NetworkMessagesParts
  /** One question of a stranger must not become a broadcast each time: one a second answers all. */
  readonly #announcement: Seldom
  readonly #number: Seldom

  constructor(parts: NetworkMessagesParts) {
    this.#parts = parts
    this.#announcement = new Seldom(parts.clock, () => this.#announce(undefined))
    this.#number = new Seldom(parts.clock, () => this.#sayNumber())
  }

  stop(): void {
    this.#announcement.stop()
    this.#number.stop()
  }

  receive(npdu: Npdu, peer: Peer, broadcast: boolean): void {
    const { data } = npdu
    switch (npdu.message) {
      case networkMessages['who-is-router-to-network']:
        this.#whoIsRouter(data, peer, broadcast)
        return
      case networkMessages['i-am-router-to-network']:
        for (let at = 0; at + 2 <= data.length; at += 2) this.#routerHeard(uint16(data, at), peer)
        return
      case networkMessages['reject-message-to-network']: {
        const [reason] = data
        if (reason === networkRejects['not-directly-connected'] && data.length === 3)
          this.#parts.routes.refused(uint16(data, 1), peer)
        return
      }
      // Neither goes through routers (6.4.19, 6.4.20): what did is about another network.
      case networkMessages['what-is-network-number']:
        if (npdu.destination === undefined && npdu.source === undefined) this.#number.run()
        return
      case networkMessages['network-number-is']:
        if (npdu.destination === undefined && npdu.source === undefined && broadcast && data.length === 3)
          // 1 is configured; BACpypes3 says 3.
          this.#parts.number.heard(uint16(data, 0), data[2] !== 0, peer)
        return
      case networkMessages['i-could-be-router-to-network']:
      case networkMessages['router-busy-to-network']:
      case networkMessages['router-available-to-network']:
      case networkMessages['initialize-routing-table-ack']:
        return
      case networkMessages['initialize-routing-table']:
        this.#initializeRoutingTable(data, peer)
        return
      default:
        if (!broadcast && this.#parts.network !== undefined) this.reject(networkRejects['unknown-message'], 0, peer)
    }
  }

  /** Tells the IP network that the virtual one is reached here. */
  announceRouter(): void {
    this.#announcement.run()
  }

  askRouter(network: number): void {
    this.#parts.send(networkMessages['who-is-router-to-network'], new Writer(2).uint16(network), undefined)
  }

  askNumber(): void {
    this.#parts.send(networkMessages['what-is-network-number'], new Writer(1), undefined)
  }

  reject(reason: number, network: number, to: Peer): void {
    this.#parts.send(networkMessages['reject-message-to-network'], new Writer(3).uint8(reason).uint16(network), to)
  }

  #whoIsRouter(data: Uint8Array, peer: Peer, broadcast: boolean): void {
    if (data.length !== 0 && data.length !== 2) return
    if (data.length === 2 && uint16(data, 0) !== this.#parts.network) return
    // Asked by broadcast, answered by broadcast, so that all routers and clients learn of it (6.4.2); a unicast question
    // gets its answer where it came from as well.
    if (broadcast) this.announceRouter()
    this.#announce(peer)
  }

  #announce(to: Peer | undefined): void {
    const { mayAnnounce, network, send } = this.#parts
    if (network === undefined || !mayAnnounce()) return
    send(networkMessages['i-am-router-to-network'], new Writer(2).uint16(network), to)
  }

  #routerHeard(network: number, { address, port }: Peer): void {
    if (network === 0 || network === GLOBAL_BROADCAST) return
    this.#parts.routerHeard(network, { address, port })
    this.#parts.routes.announced(network, { address, port })
  }

  #sayNumber(): void {
    const { number, send } = this.#parts
    if (number.current === undefined) return
    const flag = number.quality === 'configured' ? 1 : 0
    send(networkMessages['network-number-is'], new Writer(3).uint16(number.current).uint8(flag), undefined)
  }

  /** 6.4.8: asked without ports it is a query; there is one port, and it can't be changed. */
  #initializeRoutingTable(data: Uint8Array, peer: Peer): void {
    const { network, send } = this.#parts
    const [count] = data
    if (count === undefined || network === undefined) return
    const table = new Writer(8)
    if (count === 0) table.uint8(1).uint16(network).uint8(1).uint8(0)
    send(networkMessages['initialize-routing-table-ack'], table, peer)
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
