import type { Cancel, Clock } from '../../../lib/clock.ts'
import { APDU_RETRIES, APDU_TIMEOUT_MS } from '../objects/device-properties.ts'
import { type Peer, peerKey } from '../transport/peer.ts'

interface Waiting {
  readonly send: () => void
  readonly done: (answered: boolean) => void
  tries: number
  cancel: Cancel
}

const INVOKE_IDS = 256

/** Confirmed requests of our own (5.4.4): repeated until they are answered, given up after the last repetition. */
export class ConfirmedSender {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Waiting>()
  readonly #next = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Sends with a free invoke id; `done(false)` when nobody answered, or when all ids of that peer are in use. */
  send(to: Peer, write: (invokeId: number) => void, done: (answered: boolean) => void): void {
    const key = peerKey(to)
    const invokeId = this.#free(key)
    if (invokeId === undefined) {
      done(false)
      return
    }
    const id = `${key}#${invokeId}`
    const waiting: Waiting = { send: () => write(invokeId), done, tries: 0, cancel: () => {} }
    this.#waiting.set(id, waiting)
    this.#try(id, waiting)
  }

  /** A SimpleACK, Error, Reject or Abort came: whatever it says, the peer is there. */
  answered(from: Peer, invokeId: number): void {
    const id = `${peerKey(from)}#${invokeId}`
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    waiting.cancel()
    waiting.done(true)
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel()
    this.#waiting.clear()
  }

  #try(id: string, waiting: Waiting): void {
    waiting.send()
    waiting.cancel = this.#clock.after(APDU_TIMEOUT_MS, () => {
      waiting.tries += 1
      if (waiting.tries <= APDU_RETRIES) {
        this.#try(id, waiting)
        return
      }
      this.#waiting.delete(id)
      waiting.done(false)
    })
  }

  #free(key: string): number | undefined {
    const start = this.#next.get(key) ?? 0
    for (let n = 0; n < INVOKE_IDS; n += 1) {
      const invokeId = (start + n) % INVOKE_IDS
      if (this.#waiting.has(`${key}#${invokeId}`)) continue
      if (this.#next.size > 10_000) this.#next.clear()
      this.#next.set(key, (invokeId + 1) % INVOKE_IDS)
      return invokeId
    }
    return undefined
  }
}
