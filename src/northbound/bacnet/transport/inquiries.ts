import type { Cancel, Clock } from '../../../lib/clock.ts'

export interface InquiriesParts<Answer> {
  readonly clock: Clock
  /** Asks everybody for one. */
  readonly ask: (number: number) => void
  /** What is known of it already. */
  readonly known: (number: number) => Answer | undefined
}

interface Inquiry<Answer> {
  readonly told: Set<(answer: Answer) => void>
  tries: number
  cancel: Cancel
}

/** No more than ten questions a second, however many are wanted at once: each is a broadcast. */
const PACE_MS = 100
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 5 * 60_000
/** Different things that are asked for at a time. */
const MAX_INQUIRIES = 1_024

/** Questions to everybody (who is this device, who routes to this network), asked again until somebody answers. */
export class Inquiries<Answer> {
  readonly #parts: InquiriesParts<Answer>
  readonly #open = new Map<number, Inquiry<Answer>>()
  #freeAt = 0

  constructor(parts: InquiriesParts<Answer>) {
    this.#parts = parts
  }

  /** Tells once, at the earliest in this call; the answer undoes it. Where too much is asked for already, never. */
  want(number: number, told: (answer: Answer) => void): Cancel {
    const known = this.#parts.known(number)
    if (known !== undefined) {
      told(known)
      return () => {}
    }
    let inquiry = this.#open.get(number)
    if (inquiry === undefined) {
      if (this.#open.size >= MAX_INQUIRIES) return () => {}
      inquiry = { told: new Set(), tries: 0, cancel: () => {} }
      this.#open.set(number, inquiry)
      this.#schedule(number, inquiry, this.#turnMs())
    }
    const own = inquiry
    own.told.add(told)
    return () => {
      own.told.delete(told)
      if (own.told.size === 0) this.#close(number, own)
    }
  }

  /** Whether somebody waits for it. */
  wanted(number: number): boolean {
    return this.#open.has(number)
  }

  answered(number: number, answer: Answer): void {
    const inquiry = this.#open.get(number)
    if (inquiry === undefined) return
    this.#close(number, inquiry)
    for (const told of inquiry.told) told(answer)
  }

  stop(): void {
    for (const { cancel } of this.#open.values()) cancel()
    this.#open.clear()
  }

  #close(number: number, inquiry: Inquiry<Answer>): void {
    inquiry.cancel()
    if (this.#open.get(number) === inquiry) this.#open.delete(number)
  }

  #schedule(number: number, inquiry: Inquiry<Answer>, pauseMs: number): void {
    const { ask, clock } = this.#parts
    inquiry.cancel = clock.after(pauseMs, () => {
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** inquiry.tries, LONGEST_PAUSE_MS)
      inquiry.tries += 1
      this.#schedule(number, inquiry, pause)
      ask(number)
    })
  }

  /** How long a new question waits for its turn. */
  #turnMs(): number {
    const now = this.#parts.clock.steady()
    const at = Math.max(now, this.#freeAt)
    this.#freeAt = at + PACE_MS
    return at - now
  }
}
