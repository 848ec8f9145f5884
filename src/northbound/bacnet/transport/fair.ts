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
/** Milliseconds of a second that the requests of one address may take while others talk: some cost a thousand times what others do. */
export const SHARE_MS = 600
/** Addresses that are told apart in one second; further strangers share one share. */
const MAX_TALKING = 1_024
/** Addresses that came again in another second: they keep a share of their own, whoever invents addresses. */
const MAX_KNOWN = 512

interface Taken {
  datagrams: number
  ms: number
}

/**
 * Keeps one address from starving the others: while it is the only one, it may send what it likes. Sender addresses of UDP
 * can be invented, so all that is remembered has a bound.
 */
export class FairShare {
  readonly #parts: FairShareParts
  #window = 0
  /** Addresses of this second. */
  readonly #talking = new Map<string, Taken>()
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
    const window = Math.floor(this.#parts.clock.steady() / WINDOW_MS)
    if (window !== this.#window) this.#turn(window)
    const key = this.#keyOf(address)
    const taken = this.#talking.get(key) ?? { datagrams: 0, ms: 0 }
    this.#talking.set(key, taken)
    taken.datagrams += 1
    if ((taken.datagrams <= SHARE && taken.ms <= SHARE_MS) || this.#isAlone(key)) return true
    this.#drop(address)
    return false
  }

  /** So long it took to do what a datagram asks for. */
  spent(address: string, ms: number): void {
    const taken = this.#talking.get(this.#keyOf(address))
    if (taken !== undefined) taken.ms += ms
  }

  #keyOf(address: string): string {
    return this.#talking.has(address) || this.#hasPlace(address) ? address : ''
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
      `bacnet: more from one address than ${SHARE} datagrams or ${SHARE_MS} ms of work a second: the rest is dropped`,
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
