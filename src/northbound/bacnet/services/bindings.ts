import type { Cancel, Clock } from '../../../lib/clock.ts'
import { Recent } from '../../../lib/recent.ts'
import { Inquiries } from '../transport/inquiries.ts'
import { type Peer, peerKey } from '../transport/peer.ts'

export interface BindingsParts {
  readonly clock: Clock
  /** Sends Who-Is for one device to all networks. */
  readonly ask: (instance: number) => void
}

/** More recipients than a site has; the one that was not asked for longest is forgotten, and found again. */
const MAX_BINDINGS = 1_024

/** Where the devices are that the bridge sends to of its own accord (DM-DDB-A): only those that were asked for are kept. */
export class Bindings {
  readonly #peers = new Recent<number, Peer>(MAX_BINDINGS)
  readonly #inquiries: Inquiries<Peer>

  constructor({ ask, clock }: BindingsParts) {
    this.#inquiries = new Inquiries({ clock, ask, known: (instance) => this.find(instance) })
  }

  /** Where a device is, if that is known. */
  find(instance: number): Peer | undefined {
    return this.#peers.use(instance)
  }

  /** All that is known. */
  entries(): readonly { readonly instance: number; readonly peer: Peer }[] {
    return this.#peers.entries().map(([instance, peer]) => ({ instance, peer }))
  }

  /** Tells once where a device is, asking for it if need be; the answer undoes it. */
  want(instance: number, told: (peer: Peer) => void): Cancel {
    return this.#inquiries.want(instance, told)
  }

  /** An I-Am: a device that was asked for, or that has moved. */
  heard(instance: number, { address, port, remote }: Peer): void {
    const known = this.#peers.peek(instance)
    const isWanted = this.#inquiries.wanted(instance)
    if (!isWanted && known === undefined) return
    const peer: Peer = {
      address,
      port,
      ...(remote !== undefined && { remote: { ...remote, mac: remote.mac.slice() } }),
    }
    if (known === undefined || peerKey(known) !== peerKey(peer)) this.#peers.set(instance, peer)
    if (isWanted) this.#inquiries.answered(instance, peer)
  }

  /** It did not answer there: the next that wants it asks again. */
  forget(instance: number): void {
    this.#peers.delete(instance)
  }

  stop(): void {
    this.#inquiries.stop()
  }
}
