import type { Clock } from '../../../lib/clock.ts'

/** Answers in a row that were not heard, before it is clear that none will be: one may be damaged on its way. */
const MISSES = 3
/** As many answers as may be on their way at once. */
const MAX_EXPECTED_BYTES = 1024
/** How late the process may read what an adapter that hears itself gave it; masters seldom say the same again so soon. */
const LATE_MS = 500

/**
 * Takes out of what is received what was sent: many RS-485 adapters hear themselves, and an answer to a write is the
 * write once more, which would go round for ever. Whether this one does, its first answers tell.
 */
export class Echo {
  readonly #clock: Clock
  /** How long the echo of so many bytes may take to be heard. */
  readonly #withinMs: (bytes: number) => number
  #hears: 'unknown' | 'yes' | 'no' = 'unknown'
  #misses = 0
  #expected: Uint8Array = new Uint8Array(0)
  #matched = 0
  #until = 0

  constructor(clock: Clock, withinMs: (bytes: number) => number) {
    this.#clock = clock
    this.#withinMs = withinMs
  }

  sent(bytes: Uint8Array): void {
    if (this.#hears === 'no') return
    const before = this.#expected
    const awaited = before.length > 0 && !this.#isLate() && before.length + bytes.length <= MAX_EXPECTED_BYTES
    this.#expected = awaited ? joined(before, bytes) : bytes
    if (!awaited) this.#matched = 0
    this.#until = this.#clock.steady() + this.#withinMs(this.#expected.length)
  }

  /** What of the received bytes others sent. */
  strip(received: Uint8Array): Uint8Array {
    const expected = this.#expected
    if (expected.length === 0) return received
    const count = Math.min(received.length, expected.length - this.#matched)
    for (let at = 0; at < count; at += 1) {
      if (received[at] === expected[this.#matched + at]) continue
      this.#misses += 1
      if (this.#misses >= MISSES) this.#hears = 'no'
      return this.#not(received)
    }
    if (this.#isLate()) return this.#not(received)
    this.#matched += count
    if (this.#matched === expected.length) {
      this.#hears = 'yes'
      this.#misses = 0
      this.#expected = new Uint8Array(0)
    }
    return received.subarray(count)
  }

  #isLate(): boolean {
    return this.#clock.steady() > this.#until + (this.#hears === 'yes' ? LATE_MS : 0)
  }

  /** It was no echo: what began like one was sent by others, too. */
  #not(received: Uint8Array): Uint8Array {
    const held = this.#expected.subarray(0, this.#matched)
    this.#expected = new Uint8Array(0)
    return held.length === 0 ? received : joined(held, received)
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
