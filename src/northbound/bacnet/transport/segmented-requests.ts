import type { Cancel } from '../../../lib/clock.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { type ConfirmedRequest, writeSegmentAck } from '../wire/apdu.ts'
import { BacnetAbort } from '../wire/error-code.ts'
import { Writer } from '../wire/writer.ts'
import { MAX_SEGMENTED_OCTETS, SEGMENT_TIMEOUT_MS, WINDOW_SIZE } from './limits.ts'
import { type Peer, transactionKey } from './peer.ts'
import type { SegmentParts } from './segment-parts.ts'
import { Shares } from './shares.ts'

/** A request's next segment may take four times as long as an acknowledgement (5.4.5.2). */
const PATIENCE = 4
const SEQUENCE_NUMBERS = 256
const LARGEST_WINDOW = 127
/** Requests that are not whole yet, in all, and from one IP address: each may grow to 94 kB. The one that stands still longest makes room. */
const MAX_REQUESTS = 128
const MAX_PER_ADDRESS = 8
/** Segments that bring nothing on and still put the end off: a client can't keep a request here for ever. */
const MAX_STRAY = 1_024
/** Segments with nothing in them don't go on for ever, either. */
const LEAST_COUNTED = 32

interface Incoming {
  readonly key: string
  readonly address: string
  readonly device: DeviceModel
  readonly request: ConfirmedRequest
  readonly window: number
  readonly pieces: Uint8Array[]
  octets: number
  /** The last segment in order, and the last that was acknowledged at the end of a window. */
  last: number
  acknowledged: number
  /** Segments since the last in order. */
  stray: number
  cancel: Cancel
}

/** The server's side of a segmented request (5.4.5, SEGMENTED_REQUEST): each from its own peer, to its own device. */
export class SegmentedRequests {
  readonly #parts: SegmentParts
  readonly #incoming = new Map<string, Incoming>()
  readonly #shares = new Shares(MAX_PER_ADDRESS)
  readonly #writer = new Writer(16)

  constructor(parts: SegmentParts) {
    this.#parts = parts
  }

  /** Takes a segment; answers with the whole request once its last one has come. Throws BacnetAbort where it can't go on. */
  receive(device: DeviceModel, segment: ConfirmedRequest, peer: Peer): ConfirmedRequest | undefined {
    const key = transactionKey(peer, device, segment.invokeId)
    let own = this.#incoming.get(key)
    if (own !== undefined && isNew(own, segment)) {
      this.#end(own)
      own = undefined
    }
    try {
      return own === undefined ? this.#begin(key, device, segment, peer) : this.#continue(own, segment, peer)
    } catch (error) {
      const begun = this.#incoming.get(key)
      if (begun !== undefined) this.#end(begun)
      throw error
    }
  }

  /** Whether a part of that request is here. */
  has(peer: Peer, device: DeviceModel, invokeId: number): boolean {
    return this.#incoming.has(transactionKey(peer, device, invokeId))
  }

  /** The client gave up. */
  aborted(peer: Peer, device: DeviceModel, invokeId: number): void {
    if (this.#incoming.size === 0) return
    const own = this.#incoming.get(transactionKey(peer, device, invokeId))
    if (own !== undefined) this.#end(own)
  }

  /** The device is gone. */
  forget(device: DeviceModel): void {
    for (const own of [...this.#incoming.values()]) if (own.device === device) this.#end(own)
  }

  stop(): void {
    for (const own of [...this.#incoming.values()]) this.#end(own)
  }

  #begin(key: string, device: DeviceModel, segment: ConfirmedRequest, peer: Peer): ConfirmedRequest | undefined {
    const { data, moreFollows, sequenceNumber, windowSize = 0 } = segment
    if (windowSize < 1 || windowSize > LARGEST_WINDOW) throw new BacnetAbort('window-size-out-of-range')
    if (sequenceNumber !== 0) throw new BacnetAbort('invalid-apdu-in-this-state')
    if (!this.#shares.take(peer.address)) throw new BacnetAbort('out-of-resources')
    const own: Incoming = {
      key,
      address: peer.address,
      device,
      // What comes with the datagram is used again: the pieces are copies.
      request: { ...segment, data: new Uint8Array() },
      window: Math.min(windowSize, WINDOW_SIZE),
      pieces: [data.slice()],
      octets: data.length,
      last: 0,
      acknowledged: 0,
      stray: 0,
      cancel: () => {},
    }
    const [stillest] = this.#incoming.values()
    if (stillest !== undefined && this.#incoming.size >= MAX_REQUESTS) this.#end(stillest)
    this.#incoming.set(key, own)
    this.#acknowledge(own, peer, false)
    return moreFollows ? this.#await(own) : this.#whole(own)
  }

  #continue(own: Incoming, segment: ConfirmedRequest, peer: Peer): ConfirmedRequest | undefined {
    const { data, moreFollows, sequenceNumber = 0, service } = segment
    if (service !== own.request.service) throw new BacnetAbort('invalid-apdu-in-this-state')
    if (sequenceNumber !== (own.last + 1) % SEQUENCE_NUMBERS) {
      // One that came already is passed over; one too early asks for those before it (5.4.5.2). A window that comes once
      // more, because its acknowledgement was lost, is acknowledged once more at its end.
      const behind = (own.last - sequenceNumber) & (SEQUENCE_NUMBERS - 1)
      if (behind >= own.window || (behind === 0 && own.acknowledged === own.last)) this.#acknowledge(own, peer, true)
      own.stray += 1
      return own.stray > MAX_STRAY ? undefined : this.#await(own)
    }
    own.octets += Math.max(data.length, LEAST_COUNTED)
    if (own.octets > MAX_SEGMENTED_OCTETS) throw new BacnetAbort('buffer-overflow')
    own.pieces.push(data.slice())
    own.last = sequenceNumber
    own.stray = 0
    this.#incoming.delete(own.key)
    this.#incoming.set(own.key, own)
    const sinceAcknowledged = (own.last - own.acknowledged) & (SEQUENCE_NUMBERS - 1)
    if (!moreFollows || sinceAcknowledged >= own.window) this.#acknowledge(own, peer, false)
    return moreFollows ? this.#await(own) : this.#whole(own)
  }

  #acknowledge(own: Incoming, peer: Peer, negative: boolean): void {
    const { device, last, request, window } = own
    own.acknowledged = last
    const { invokeId } = request
    writeSegmentAck(this.#writer.reset(), { negative, invokeId, sequenceNumber: last, windowSize: window })
    this.#parts.reply(device, peer, this.#writer, false)
  }

  #await(own: Incoming): undefined {
    own.cancel()
    own.cancel = this.#parts.clock.after(SEGMENT_TIMEOUT_MS * PATIENCE, () => this.#end(own))
  }

  #whole(own: Incoming): ConfirmedRequest {
    this.#end(own)
    return { ...own.request, segmented: false, moreFollows: false, data: Buffer.concat(own.pieces) }
  }

  #end(own: Incoming): void {
    own.cancel()
    this.#incoming.delete(own.key)
    this.#shares.give(own.address)
  }
}

/** A first segment that is no repetition: the client has given up what it began, and begins something else under its invoke id. */
function isNew({ last, pieces, request }: Incoming, { data, sequenceNumber, service }: ConfirmedRequest): boolean {
  if (sequenceNumber !== 0 || (last + 1) % SEQUENCE_NUMBERS === 0) return false
  const repeated = pieces[pieces.length - 1 - last]
  return service !== request.service || repeated === undefined || Buffer.compare(repeated, data) !== 0
}
