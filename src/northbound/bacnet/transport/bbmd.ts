import type { Network } from '../../../lib/cidr.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import {
  type BbmdRequest,
  BVLC_HEADER,
  BVLC_SUCCESS,
  bvlcNaks,
  bvlcResult,
  forwardedNpdu,
  frame,
  type IpAddress,
  stationKey,
  writeDistributionEntry,
} from '../wire/bvlc.ts'
import { Writer } from '../wire/writer.ts'
import { Echoes } from './echoes.ts'
import { type ForeignDeviceEntry, ForeignDeviceTable } from './foreign-device-table.ts'

export interface BbmdParts {
  /** This port, as its peers name it. */
  readonly own: () => IpAddress | undefined
  readonly isOwn: (station: IpAddress) => boolean
  /** The Broadcast Distribution Table without this port. */
  readonly peers: readonly IpAddress[]
  /** Who may register: everybody, nobody, or these networks. */
  readonly foreignDevices: boolean | readonly Network[]
  readonly clock: Clock
  readonly log: Log
  readonly throttle: Throttle
  readonly send: (datagram: Uint8Array, to: IpAddress) => void
  readonly broadcast: (datagram: Uint8Array) => void
}

/**
 * Datagrams a second that are passed on. A burst of 2,000 answers goes to ten places; whoever wants to have a flood
 * made of his own gets no more than a flood of that size.
 */
const COPIES_PER_SECOND = 20_000
/** Tables that are told in a second: each is up to three hundred times as long as the question, which may name anybody as its sender. */
const TABLES_PER_SECOND = 20

/**
 * A BBMD (J.4): broadcasts of this subnet go to its peers, theirs to this subnet, both to foreign devices. What came from a peer
 * goes to no other peer, so that nothing goes round; where other tables make it go round nevertheless, it ends here.
 */
export class Bbmd {
  readonly #parts: BbmdParts
  readonly #peers: ReadonlyMap<string, IpAddress>
  readonly #table: ForeignDeviceTable
  readonly #echoes: Echoes
  #copies = COPIES_PER_SECOND
  /** Told in the second that it is. */
  #tables = { second: 0, told: 0 }
  #refilledAt: number

  constructor(parts: BbmdParts) {
    this.#parts = parts
    this.#peers = new Map(parts.peers.map((peer) => [stationKey(peer), peer]))
    this.#table = new ForeignDeviceTable(parts.clock)
    this.#echoes = new Echoes(parts.clock)
    this.#refilledAt = parts.clock.steady()
  }

  /** What has registered and has not expired. */
  get foreignDevices(): readonly ForeignDeviceEntry[] {
    return this.#table.entries()
  }

  get acceptsForeignDevices(): boolean {
    return this.#parts.foreignDevices !== false
  }

  /** The Broadcast Distribution Table without this port. */
  get peers(): readonly IpAddress[] {
    return this.#others()
  }

  /** An Original-Broadcast-NPDU of this subnet (J.4.5): the bridge's own when it names no other origin. */
  heardHere(npdu: Uint8Array, origin = this.#parts.own()): void {
    if (origin !== undefined) this.#passOn(npdu, origin, { peers: true, subnet: false })
  }

  /** A Forwarded-NPDU: passed on only when it is a peer's, and to the subnet only when it wasn't said to all there. */
  forwarded(npdu: Uint8Array, origin: IpAddress, from: IpAddress, toAll: boolean): void {
    if (!this.#peers.has(stationKey(from)) || this.#isRoundabout(npdu, origin, from)) return
    this.#passOn(npdu, origin, { peers: false, subnet: !toAll })
  }

  /** Does what is asked of a BBMD; answers whether its broadcast is to be heard by the bridge itself, too. */
  asked(request: BbmdRequest, from: IpAddress): boolean {
    switch (request.kind) {
      case 'read-broadcast-distribution-table':
        if (this.#mayTellTable()) this.#parts.send(this.#distributionTable(), from)
        return false
      case 'register-foreign-device':
        this.#answer(request.kind, from, this.#mayRegister(from) && this.#table.register(from, request.ttlSeconds))
        return false
      case 'read-foreign-device-table':
        if (this.#parts.foreignDevices === false) this.#answer(request.kind, from, false)
        else if (this.#mayTellTable()) this.#parts.send(this.#table.acknowledgement(), from)
        return false
      case 'delete-foreign-device-table-entry':
        this.#answer(request.kind, from, this.#mayRegister(from) && this.#table.delete(request.entry))
        return false
      case 'distribute-broadcast-to-network':
        if (!this.#table.has(from)) {
          this.#answer(request.kind, from, false)
          return false
        }
        this.#passOn(request.npdu, from, { peers: true, subnet: true })
        return true
      // The table is config.yaml's.
      case 'write-broadcast-distribution-table':
        this.#answer(request.kind, from, false)
        return false
    }
  }

  #answer(asked: BbmdRequest['kind'], to: IpAddress, done: boolean): void {
    this.#parts.send(bvlcResult(done ? BVLC_SUCCESS : bvlcNaks[asked]), to)
  }

  /** A peer has its broadcasts already; as a foreign device, too, it could send them round in a circle. */
  #mayRegister(from: IpAddress): boolean {
    const { foreignDevices } = this.#parts
    if (this.#peers.has(stationKey(from))) return false
    if (typeof foreignDevices === 'boolean') return foreignDevices
    return foreignDevices.some((network) => network.contains(from.address))
  }

  #isRoundabout(npdu: Uint8Array, origin: IpAddress, from: IpAddress): boolean {
    if (!this.#echoes.isEcho(origin, npdu)) return false
    const missed = this.#parts.throttle.pass('bbmd-round')
    if (missed !== undefined)
      this.#parts.log.warn(
        { from, origin },
        'bacnet: a broadcast goes round: look for a BBMD that is a foreign device, too, or for two on one subnet',
      )
    return true
  }

  #passOn(npdu: Uint8Array, origin: IpAddress, to: { readonly peers: boolean; readonly subnet: boolean }): void {
    const originKey = stationKey(origin)
    const foreign = this.#table.stations().filter((station) => stationKey(station) !== originKey)
    const peers = to.peers ? this.#others() : []
    if (!this.#mayCopy(foreign.length + peers.length + (to.subnet ? 1 : 0), origin)) return
    const datagram = forwardedNpdu(origin, npdu)
    if (to.subnet) this.#parts.broadcast(datagram)
    for (const station of [...peers, ...foreign]) this.#parts.send(datagram, station)
  }

  /** The table may list the bridge itself, as those of BBMDs do. */
  #others(): readonly IpAddress[] {
    return [...this.#peers.values()].filter((peer) => !this.#parts.isOwn(peer))
  }

  #mayCopy(copies: number, origin: IpAddress): boolean {
    const { clock, log, throttle } = this.#parts
    const now = clock.steady()
    const refill = ((now - this.#refilledAt) * COPIES_PER_SECOND) / 1000
    this.#copies = Math.min(COPIES_PER_SECOND, this.#copies + refill)
    this.#refilledAt = now
    if (copies <= this.#copies) {
      this.#copies -= copies
      return true
    }
    const missed = throttle.pass('bbmd-flood')
    if (missed !== undefined)
      log.warn({ origin, missed }, 'bacnet: more broadcasts than a BBMD passes on in a second: the rest was dropped')
    return false
  }

  #mayTellTable(): boolean {
    const second = Math.floor(this.#parts.clock.steady() / 1000)
    if (second !== this.#tables.second) this.#tables = { second, told: 0 }
    this.#tables.told += 1
    return this.#tables.told <= TABLES_PER_SECOND
  }

  #distributionTable(): Uint8Array {
    const writer = new Writer(256).octets(new Uint8Array(BVLC_HEADER))
    const own = this.#parts.own()
    if (own !== undefined) writeDistributionEntry(writer, own)
    for (const peer of this.#others()) writeDistributionEntry(writer, peer)
    return frame(writer.finish(), 'read-broadcast-distribution-table-ack')
  }
}
