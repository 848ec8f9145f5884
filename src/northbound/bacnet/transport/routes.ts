import type { Cancel, Clock } from '../../../lib/clock.ts'
import { Recent } from '../../../lib/recent.ts'
import { IP_MAC_BYTES, type IpAddress, readStation, stationKey } from '../wire/bvlc.ts'
import type { NetworkAddress } from '../wire/npdu.ts'
import { Inquiries } from './inquiries.ts'
import type { Peer } from './peer.ts'

export interface RoutesParts {
  readonly clock: Clock
  /** Broadcasts Who-Is-Router-To-Network. */
  readonly ask: (network: number) => void
  /** Networks that need no router: the virtual one, and the IP network where its number is known. */
  readonly isOwn: (network: number) => boolean
}

/** More networks than a site has; whoever invents more pushes out what was not used for longest, and it is asked for again. */
const MAX_ROUTES = 256

/** Which router of the IP network leads to another network. */
export class Routes {
  readonly #parts: RoutesParts
  readonly #routers = new Recent<number, IpAddress>(MAX_ROUTES)
  readonly #inquiries: Inquiries<IpAddress>

  constructor(parts: RoutesParts) {
    this.#parts = parts
    const { ask, clock } = parts
    this.#inquiries = new Inquiries({ clock, ask, known: (network) => this.find(network) })
  }

  /** The router to a network, if one is known. */
  find(network: number): IpAddress | undefined {
    return this.#routers.use(network)
  }

  /** An I-Am-Router-To-Network: the newest is believed (6.6.3.3). */
  announced(network: number, { address, port }: IpAddress): void {
    if (!isNetwork(network) || this.#parts.isOwn(network)) return
    const router = { address, port }
    this.#routers.set(network, router)
    this.#inquiries.answered(network, router)
  }

  /** Something came from there through a router: it serves where no router has said so itself. */
  seen(network: number, router: IpAddress): void {
    if (this.#routers.peek(network) === undefined) this.announced(network, router)
  }

  /** That router has refused it: another is asked for when it's needed. */
  refused(network: number, router: IpAddress): void {
    const known = this.#routers.peek(network)
    if (known !== undefined && stationKey(known) === stationKey(router)) this.#routers.delete(network)
  }

  /** Tells once where a station is reached, asking for its router if need be; the answer undoes it. */
  want({ network, mac }: NetworkAddress, told: (peer: Peer) => void): Cancel {
    // In a BACnetAddress, network 0 is the one that the message is on (clause 21).
    if (network === 0 || this.#parts.isOwn(network)) {
      if (mac.length === IP_MAC_BYTES) told(readStation(mac))
      return () => {}
    }
    return this.#inquiries.want(network, (router) => told({ ...router, remote: { network, mac } }))
  }

  stop(): void {
    this.#inquiries.stop()
  }
}

function isNetwork(network: number): boolean {
  return network > 0 && network < 0xffff
}
