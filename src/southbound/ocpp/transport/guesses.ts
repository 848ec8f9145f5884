import { isIPv6 } from 'node:net'
import type { Clock } from '../../../lib/clock.ts'

const FIRST_DELAY_MS = 1_000
/** Chargers wait half a minute or longer for their handshake: one that shares an address with a guesser still gets in. */
const LONGEST_DELAY_MS = 10_000
const FORGOTTEN_AFTER_MS = 15 * 60_000
/** More addresses and identifiers than this push out the oldest. */
const MAX_REMEMBERED = 10_000
/** Answers that may be waited for at a time: by one address for one charger, and by it for all (it may be a proxy's). */
const MAX_WAITING_OF_PAIR = 10
const MAX_WAITING_OF_ADDRESS = 100

interface Failures {
  count: number
  at: number
}

/** How often passwords were wrong, by address and by identifier: each time the answer takes longer. */
export class Guesses {
  readonly #clock: Clock
  readonly #failures = new Map<string, Failures>()
  /** Whence each charger last came with the right password: the guesses of others don't delay it there. */
  readonly #known = new Map<string, string>()
  readonly #waiting = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True when so many answers are waited for already that no further password is looked at. */
  busy(address: string, identifier: string): boolean {
    const own = keys(address, identifier)
    const { from, pair } = own
    if ((this.#waiting.get(pair) ?? 0) >= MAX_WAITING_OF_PAIR) return true
    return !this.#isKnown(own) && (this.#waiting.get(from) ?? 0) >= MAX_WAITING_OF_ADDRESS
  }

  /** Counts a wrong password; answers with the milliseconds until the peer may know. */
  failed(address: string, identifier: string): number {
    const own = keys(address, identifier)
    const { from, who, pair } = own
    for (const key of [from, who, pair]) this.#count(key)
    return this.#delayOf(this.#isKnown(own) ? [pair] : [from, who])
  }

  /**
   * Takes a right password; answers with the milliseconds to wait all the same, so that to guess many at once gains
   * nothing. What others of the address got wrong doesn't count: behind a proxy all chargers have one.
   */
  succeeded(address: string, identifier: string): number {
    const own = keys(address, identifier)
    const delay = this.#delayOf([this.#isKnown(own) ? own.pair : own.who])
    this.#failures.delete(own.who)
    this.#failures.delete(own.pair)
    this.#known.delete(own.who)
    this.#known.set(own.who, own.from)
    shrink(this.#known)
    return delay
  }

  /** Runs `answer` after so many milliseconds. */
  wait(address: string, identifier: string, ms: number, answer: () => void): void {
    const own = keys(address, identifier)
    const queues = this.#isKnown(own) ? [own.pair] : [own.from, own.pair]
    for (const queue of queues) this.#waiting.set(queue, (this.#waiting.get(queue) ?? 0) + 1)
    this.#clock.after(ms, () => {
      for (const queue of queues) {
        const left = (this.#waiting.get(queue) ?? 1) - 1
        if (left === 0) this.#waiting.delete(queue)
        else this.#waiting.set(queue, left)
      }
      answer()
    })
  }

  /** It last came with the right password from this address. */
  #isKnown({ from, who }: Keys): boolean {
    return this.#known.get(who) === from
  }

  #delayOf(of: readonly string[]): number {
    const count = Math.max(...of.map((key) => this.#countOf(key)))
    return count === 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(count - 1, 10))
  }

  #count(key: string): void {
    const count = this.#countOf(key) + 1
    // Put last again: the first is the one that was quiet for longest.
    this.#failures.delete(key)
    this.#failures.set(key, { count, at: this.#clock.steady() })
    shrink(this.#failures)
  }

  #countOf(key: string): number {
    const failures = this.#failures.get(key)
    if (failures === undefined) return 0
    if (this.#clock.steady() - failures.at <= FORGOTTEN_AFTER_MS) return failures.count
    this.#failures.delete(key)
    return 0
  }
}

interface Keys {
  readonly from: string
  readonly who: string
  readonly pair: string
}

function keys(address: string, identifier: string): Keys {
  const from = network(address)
  const who = `i ${identifier.toLowerCase()}`
  return { from, who, pair: `${from} ${who}` }
}

/** Whoever has one IPv6 address has the 2^64 around it. */
export function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = (plain.split('%', 1)[0] ?? '').split('::', 2)
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array<string>(zeros).fill('0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase())
    .join(':')}::/64`
}

function shrink(map: Map<string, unknown>): void {
  if (map.size <= MAX_REMEMBERED) return
  const oldest = map.keys().next().value
  if (oldest !== undefined) map.delete(oldest)
}
