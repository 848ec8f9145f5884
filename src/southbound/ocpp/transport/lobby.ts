import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { Throttle } from '../../../lib/throttle.ts'
import { network } from './guesses.ts'

/** Until then a socket must have become a charger's: TLS, request and password. */
const MAX_STAY_MS = 15_000
/** Sockets of one address that may take as long as that; those beyond them have less time. */
const MAX_SLOW_OF_ADDRESS = 100
/** Enough for a thousand chargers that come back at once through one router or proxy. */
const CROWDED_STAY_MS = 10_000
/** Sockets at a time that are nobody's yet. */
const MAX_OF_ALL = 2_000

/** A socket that is nobody's yet. */
export interface Visit {
  /** It may stay for so many milliseconds from now on. */
  stay(ms: number): void
  /** It has become a charger's, or is gone. */
  leave(): void
}

interface Guest {
  readonly from: string
  readonly cut: () => void
  cancel: Cancel
}

/**
 * Where sockets wait until it is known whose they are. Where there are too many, the one that has waited for longest
 * makes room, of the newcomer's own address if that is crowded: whoever holds sockets open for nothing keeps no charger
 * out.
 */
export class Lobby {
  readonly #clock: Clock
  readonly #log: Log
  readonly #throttle: Throttle
  readonly #all = new Set<Guest>()
  readonly #byAddress = new Map<string, Set<Guest>>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#throttle = new Throttle(clock)
  }

  get size(): number {
    return this.#all.size
  }

  enter(address: string, cut: () => void): Visit {
    const from = network(address)
    const guest: Guest = { from, cut, cancel: () => {} }
    const own = this.#byAddress.get(from) ?? new Set()
    this.#byAddress.set(from, own.add(guest))
    this.#all.add(guest)
    const crowded = own.size > MAX_SLOW_OF_ADDRESS
    this.#stay(guest, crowded ? CROWDED_STAY_MS : MAX_STAY_MS)
    if (this.#all.size > MAX_OF_ALL) this.#makeRoom(crowded ? own : this.#all, address)
    return { stay: (ms) => this.#stay(guest, ms), leave: () => this.#leave(guest) }
  }

  #stay(guest: Guest, ms: number): void {
    guest.cancel()
    if (this.#all.has(guest)) guest.cancel = this.#clock.after(ms, () => this.#cut(guest))
  }

  #leave(guest: Guest): void {
    guest.cancel()
    this.#all.delete(guest)
    const own = this.#byAddress.get(guest.from)
    if (own?.delete(guest) && own.size === 0) this.#byAddress.delete(guest.from)
  }

  #cut(guest: Guest): void {
    this.#leave(guest)
    guest.cut()
  }

  #makeRoom(among: ReadonlySet<Guest>, address: string): void {
    const missed = this.#throttle.pass('room')
    if (missed !== undefined)
      this.#log.warn({ from: address, missed }, 'too many sockets that never became a charger: the oldest are cut')
    for (const oldest of among) {
      this.#cut(oldest)
      return
    }
  }
}
