import type { Cancel, Clock } from '../../../lib/clock.ts'
import { APDU_RETRIES, APDU_TIMEOUT_MS } from '../transport/limits.ts'
import { type Peer, peerKey } from '../transport/peer.ts'

/** What became of a request: a SimpleACK, another answer, or none. */
export type Outcome = 'taken' | 'refused' | 'silence'

/** One confirmed request of the bridge's own. */
interface ConfirmedRequest {
  /** Asked when its turn has come: false, and it is forgotten. */
  readonly wanted: () => boolean
  readonly write: (invokeId: number) => void
  readonly done: (outcome: Outcome) => void
}

interface Underway {
  readonly request: ConfirmedRequest
  /** How many answers the peer had given when this was first sent. */
  readonly answersBefore: number
  tries: number
  cancel: Cancel
}

interface Queue {
  readonly underway: Map<number, Underway>
  readonly waiting: ConfirmedRequest[]
  answers: number
}

const INVOKE_IDS = 256
/** Requests that one peer has to answer at a time: small controllers have room for few. */
const WINDOW = 16
/** Requests that wait for one peer, more than it can have subscriptions: what it is not told, it finds by asking. */
const MAX_WAITING = 60_000

/** Confirmed requests of our own (5.4.4): repeated until they are answered, given up after the last repetition. */
export class ConfirmedSender {
  readonly #clock: Clock
  readonly #queues = new Map<string, Queue>()
  #next = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Sends now, or when earlier requests to that peer are answered; `done('silence')` when nobody answered. */
  send(to: Peer, request: ConfirmedRequest): void {
    const key = peerKey(to)
    let queue = this.#queues.get(key)
    if (queue === undefined) {
      queue = { underway: new Map(), waiting: [], answers: 0 }
      this.#queues.set(key, queue)
    }
    if (queue.waiting.length >= MAX_WAITING) {
      request.done('silence')
      return
    }
    queue.waiting.push(request)
    this.#advance(key, queue)
  }

  /** A SimpleACK, Error, Reject or Abort came: whatever it says, the peer is there. */
  answered(from: Peer, invokeId: number, outcome: Exclude<Outcome, 'silence'>): void {
    const key = peerKey(from)
    const queue = this.#queues.get(key)
    const own = queue?.underway.get(invokeId)
    if (queue === undefined || own === undefined) return
    queue.underway.delete(invokeId)
    queue.answers += 1
    own.cancel()
    own.request.done(outcome)
    this.#advance(key, queue)
  }

  stop(): void {
    for (const { underway } of this.#queues.values()) for (const { cancel } of underway.values()) cancel()
    this.#queues.clear()
  }

  #advance(key: string, queue: Queue): void {
    while (queue.underway.size < WINDOW) {
      const request = queue.waiting.shift()
      if (request === undefined) break
      if (!request.wanted()) continue
      const own: Underway = { request, answersBefore: queue.answers, tries: 0, cancel: () => {} }
      const invokeId = this.#free(queue)
      queue.underway.set(invokeId, own)
      this.#try(key, queue, invokeId, own)
    }
    if (queue.underway.size === 0) this.#queues.delete(key)
  }

  #try(key: string, queue: Queue, invokeId: number, own: Underway): void {
    own.request.write(invokeId)
    own.cancel = this.#clock.after(APDU_TIMEOUT_MS, () => {
      own.tries += 1
      if (own.tries <= APDU_RETRIES) this.#try(key, queue, invokeId, own)
      else this.#giveUp(key, queue, invokeId, own)
    })
  }

  /** A peer that answered nothing in all that time gets nothing of what waits for it, either. */
  #giveUp(key: string, queue: Queue, invokeId: number, own: Underway): void {
    queue.underway.delete(invokeId)
    const lost = queue.answers === own.answersBefore ? queue.waiting.splice(0) : []
    own.request.done('silence')
    for (const request of lost) request.done('silence')
    this.#advance(key, queue)
  }

  /** There are many more invoke ids than requests under way. */
  #free(queue: Queue): number {
    while (queue.underway.has(this.#next)) this.#next = (this.#next + 1) % INVOKE_IDS
    const invokeId = this.#next
    this.#next = (this.#next + 1) % INVOKE_IDS
    return invokeId
  }
}
