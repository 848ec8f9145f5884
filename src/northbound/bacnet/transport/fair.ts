import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'

export interface FairShareParts {
  readonly clock: Clock
  readonly log: Log
  readonly throttle: Throttle
}

const WINDOW_MS = 1_000
/** Datagrams of one address in a second, while others talk too: far more than any client asks. */
export const SHARE = 10_000
/** Addresses that are told apart in one second; further strangers share one share. */
const MAX_TALKING = 1_024
/** Addresses that came again in another second: they keep a share of their own, whoever invents addresses. */
const MAX_KNOWN = 512

/**
 * Keeps one address from starving the others: while it is the only one, it may send what it likes. Sender addresses of UDP
 * can be invented, so all that is remembered has a bound.
 */
export class FairShare {
  readonly #parts: FairShareParts
  #window = 0
  /** Datagrams by address in this second. */
  readonly #talking = new Map<string, number>()
  /** Who talked in the second before: the flood that goes on alone into a new second is still not alone. */
  #last = new Set<string>()
  /** Seen in one second so far. */
  readonly #strangers = new Set<string>()
  /** The one that talked last stands last. */
  readonly #known = new Set<string>()
  #dropped = 0

  constructor(parts: FairShareParts) {
    this.#parts = parts
  }

  /** Whether this datagram is to be looked at. */
  admit(address: string): boolean {
    const window = Math.floor(this.#parts.clock.now() / WINDOW_MS)
    if (window !== this.#window) this.#turn(window)
    const known = this.#talking.get(address)
    const key = known !== undefined || this.#hasPlace(address) ? address : ''
    const count = (known ?? this.#talking.get(key) ?? 0) + 1
    this.#talking.set(key, count)
    if (count <= SHARE || this.#isAlone(key)) return true
    this.#drop(address)
    return false
  }

  #hasPlace(address: string): boolean {
    return this.#talking.size < MAX_TALKING || this.#known.has(address)
  }

  #isAlone(key: string): boolean {
    return (
      key !== '' &&
      this.#talking.size === 1 &&
      (this.#last.size === 0 || (this.#last.size === 1 && this.#last.has(key)))
    )
  }

  /** A new second. */
  #turn(window: number): void {
    const talked = [...this.#talking.keys()]
    this.#last = window === this.#window + 1 ? new Set(talked) : new Set()
    this.#window = window
    this.#talking.clear()
    for (const address of talked) this.#remember(address)
  }

  #remember(address: string): void {
    if (address === '') return
    if (this.#known.delete(address) || this.#strangers.delete(address)) add(this.#known, address, MAX_KNOWN)
    else add(this.#strangers, address, MAX_TALKING)
  }

  #drop(address: string): void {
    this.#dropped += 1
    const { log, throttle } = this.#parts
    if (throttle.pass('bacnet-flood') === undefined) return
    log.warn(
      { from: address, dropped: this.#dropped },
      `bacnet: more than ${SHARE} datagrams a second from one address: the rest is dropped`,
    )
    this.#dropped = 0
  }
}

/** Adds one, and forgets the oldest beyond the bound. */
function add(set: Set<string>, address: string, bound: number): void {
  set.add(address)
  if (set.size <= bound) return
  for (const oldest of set) {
    set.delete(oldest)
    return
  }
}
