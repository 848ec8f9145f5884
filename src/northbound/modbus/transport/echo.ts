import type { Clock } from '../../../lib/clock.ts'

/**
 * Takes out of what is received what was sent: many RS-485 adapters hear themselves, and an answer to a write is the
 * write once more. Whether this one does, the first answer tells.
 */
export class Echo {
  readonly #clock: Clock
  /** How long the echo of so many bytes may take to be heard. */
  readonly #withinMs: (bytes: number) => number
  #hears: 'unknown' | 'yes' | 'no' = 'unknown'
  #expected: Uint8Array = new Uint8Array(0)
  #matched = 0
  #until = 0

  constructor(clock: Clock, withinMs: (bytes: number) => number) {
    this.#clock = clock
    this.#withinMs = withinMs
  }

  sent(bytes: Uint8Array): void {
    if (this.#hears === 'no') return
    this.#expected = bytes
    this.#matched = 0
    this.#until = this.#clock.steady() + this.#withinMs(bytes.length)
  }

  /** What of the received bytes others sent. */
  strip(received: Uint8Array): Uint8Array {
    const expected = this.#expected
    if (expected.length === 0) return received
    if (this.#clock.steady() > this.#until) return this.#not(received)
    const count = Math.min(received.length, expected.length - this.#matched)
    for (let at = 0; at < count; at += 1) if (received[at] !== expected[this.#matched + at]) return this.#not(received)
    this.#matched += count
    if (this.#matched === expected.length) {
      this.#hears = 'yes'
      this.#expected = new Uint8Array(0)
    }
    return received.subarray(count)
  }

  /** It was no echo: what began like one was sent by others, too. */
  #not(received: Uint8Array): Uint8Array {
    const held = this.#expected.subarray(0, this.#matched)
    this.#expected = new Uint8Array(0)
    // One that was heard before may have been damaged on its way.
    if (this.#hears === 'unknown') this.#hears = 'no'
    if (held.length === 0) return received
    const bytes = new Uint8Array(held.length + received.length)
    bytes.set(held)
    bytes.set(received, held.length)
    return bytes
  }
}
