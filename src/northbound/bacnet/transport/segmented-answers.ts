import type { Cancel } from '../../../lib/clock.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { writeAckSegment } from '../wire/apdu.ts'
import { BacnetAbort } from '../wire/error-code.ts'
import { Writer } from '../wire/writer.ts'
import { APDU_RETRIES, SEGMENT_TIMEOUT_MS, WINDOW_SIZE } from './limits.ts'
import { type Peer, transactionKey } from './peer.ts'
import type { SegmentParts } from './segment-parts.ts'
import { Shares } from './shares.ts'

/** Octets of a segment that are not the answer's: type, invoke id, sequence number, window, service (20.1.5). */
export const SEGMENT_HEADER = 5
/** Segments of the smallest APDU run through the sequence numbers more than once. */
const SEQUENCE_NUMBERS = 256
/** Answers on their way in all, and to one IP address: each is a buffer of up to 94 kB. The one that stands still longest makes room. */
const MAX_ANSWERS = 256
const MAX_PER_ADDRESS = 16
/** Acknowledgements that bring nothing on and still put the next repetition off: a client can't keep an answer here for ever. */
const MAX_DUPLICATES = 64

/** What is sent in segments. */
export interface LongAnswer {
  readonly device: DeviceModel
  readonly peer: Peer
  readonly invokeId: number
  readonly service: number
  /** The octets of the request, by which a repetition of it is known. */
  readonly request: Uint8Array
  /** The parameters of the acknowledgement. */
  readonly data: Uint8Array
  /** Octets of data in a segment. */
  readonly segmentOctets: number
}

interface Underway extends LongAnswer {
  readonly key: string
  readonly count: number
  /** The first segment that isn't acknowledged. */
  first: number
  /** Undefined until the client has said its own. */
  window: number | undefined
  retries: number
  /** Acknowledgements since the last that brought it on. */
  duplicates: number
  cancel: Cancel
}

/** The server's side of a segmented ComplexACK (5.4.5, SEGMENTED_RESPONSE). */
export class SegmentedAnswers {
  readonly #parts: SegmentParts
  readonly #underway = new Map<string, Underway>()
  readonly #shares = new Shares(MAX_PER_ADDRESS)
  readonly #writer = new Writer(1500)

  constructor(parts: SegmentParts) {
    this.#parts = parts
  }

  /** Sends the first segment. Throws BacnetAbort where too many answers are on their way to that address already. */
  send(answer: LongAnswer): void {
    if (!this.#shares.take(answer.peer.address)) throw new BacnetAbort('out-of-resources')
    const { data, device, invokeId, peer, segmentOctets } = answer
    const key = transactionKey(peer, device, invokeId)
    const count = Math.ceil(data.length / segmentOctets)
    const own: Underway = {
      ...answer,
      key,
      count,
      first: 0,
      window: undefined,
      retries: 0,
      duplicates: 0,
      cancel: () => {},
    }
    const [stillest] = this.#underway.values()
    if (stillest !== undefined && this.#underway.size >= MAX_ANSWERS) this.#end(stillest)
    this.#underway.set(key, own)
    this.#fill(own)
  }

  /**
   * A request came: true where it is the one that is being answered, sent once more. Another request under the same
   * invoke id means that the client waits for the old answer no longer.
   */
  repeated(peer: Peer, device: DeviceModel, invokeId: number, request: Uint8Array): boolean {
    if (this.#underway.size === 0) return false
    const own = this.#underway.get(transactionKey(peer, device, invokeId))
    if (own === undefined) return false
    if (Buffer.compare(own.request, request) === 0) return true
    this.#end(own)
    return false
  }

  /** Whether an answer to that request is on its way. */
  has(peer: Peer, device: DeviceModel, invokeId: number): boolean {
    return this.#underway.size > 0 && this.#underway.has(transactionKey(peer, device, invokeId))
  }

  /** A SegmentACK of the client came. */
  acknowledged(peer: Peer, device: DeviceModel, ack: Acknowledgement): void {
    const own = this.#underway.get(transactionKey(peer, device, ack.invokeId))
    if (own === undefined) return
    const ahead = (ack.sequenceNumber - own.first) & (SEQUENCE_NUMBERS - 1)
    const sent = Math.min(own.window ?? 1, own.count - own.first)
    if (ahead >= sent) {
      // Of a segment that was acknowledged before (DuplicateACK_Received): what is missing is sent when its time is up.
      own.duplicates += 1
      if (own.duplicates <= MAX_DUPLICATES) this.#await(own)
      return
    }
    own.first += ahead + 1
    if (own.first >= own.count) {
      this.#end(own)
      return
    }
    own.retries = 0
    own.duplicates = 0
    this.#underway.delete(own.key)
    this.#underway.set(own.key, own)
    own.window = Math.min(Math.max(ack.windowSize, 1), WINDOW_SIZE)
    this.#fill(own)
  }

  /** The client wants no more of it. */
  aborted(peer: Peer, device: DeviceModel, invokeId: number): void {
    if (this.#underway.size === 0) return
    const own = this.#underway.get(transactionKey(peer, device, invokeId))
    if (own !== undefined) this.#end(own)
  }

  /** The device is gone. */
  forget(device: DeviceModel): void {
    for (const own of [...this.#underway.values()]) if (own.device === device) this.#end(own)
  }

  stop(): void {
    for (const own of [...this.#underway.values()]) this.#end(own)
  }

  /** Sends the segments of one window. */
  #fill(own: Underway): void {
    const { count, data, device, first, invokeId, peer, segmentOctets, service } = own
    const end = Math.min(first + (own.window ?? 1), count)
    for (let n = first; n < end; n += 1) {
      const moreFollows = n + 1 < count
      const sequenceNumber = n % SEQUENCE_NUMBERS
      writeAckSegment(this.#writer.reset(), {
        service,
        invokeId,
        sequenceNumber,
        windowSize: own.window ?? WINDOW_SIZE,
        moreFollows,
      })
      this.#writer.octets(data.subarray(n * segmentOctets, (n + 1) * segmentOctets))
      this.#parts.reply(device, peer, this.#writer, true)
    }
    this.#await(own)
  }

  #await(own: Underway): void {
    own.cancel()
    own.cancel = this.#parts.clock.after(SEGMENT_TIMEOUT_MS, () => {
      own.retries += 1
      if (own.retries > APDU_RETRIES) this.#end(own)
      else this.#fill(own)
    })
  }

  #end(own: Underway): void {
    own.cancel()
    this.#underway.delete(own.key)
    this.#shares.give(own.peer.address)
  }
}

interface Acknowledgement {
  readonly invokeId: number
  readonly sequenceNumber: number
  readonly windowSize: number
}
