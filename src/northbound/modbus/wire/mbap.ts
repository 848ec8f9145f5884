/** Transaction, protocol, length, unit (Modbus Messaging on TCP/IP V1.0b, 3.1.3). */
const HEADER = 7
/** The part of the header that the length field does not count. */
const PREFIX = 6
/** The length counts the unit and a PDU of 1 to 253 bytes. */
const MIN_LENGTH = 2
const MAX_LENGTH = 254

export interface Frame {
  readonly transaction: number
  readonly unit: number
  /** A view of the received bytes: valid until the next call of the reader. */
  readonly pdu: Uint8Array
}

/** A stream that is not Modbus TCP, or no longer: there is no way to find the next frame in it. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
  readonly reason: 'protocol' | 'length'

  constructor(reason: 'protocol' | 'length', found: number) {
    super(`${reason === 'protocol' ? 'protocol identifier' : 'length'} ${found} in the MBAP header`)
    this.reason = reason
  }
}

/** Cuts a byte stream into frames, however it was split or joined on its way. Holds at most one frame and one chunk. */
export class FrameReader {
  /** The beginning of a frame whose rest has not come yet. */
  readonly #held = new Uint8Array(PREFIX + MAX_LENGTH)
  #heldLength = 0
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0

  /** Takes the next bytes; those before are used up when `next` has answered undefined. */
  push(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length) {
      const rest = this.#chunk.subarray(this.#at)
      this.#chunk = new Uint8Array(rest.length + chunk.length)
      this.#chunk.set(rest)
      this.#chunk.set(chunk, rest.length)
    } else this.#chunk = chunk
    this.#at = 0
  }

  /** A frame has begun and its end has not come. */
  get partial(): boolean {
    return this.#heldLength > 0
  }

  /** The next whole frame; undefined when more bytes are needed. Throws FramingError. */
  next(): Frame | undefined {
    if (this.#heldLength > 0) return this.#finishHeld()
    const available = this.#chunk.length - this.#at
    const total = frameLength(this.#chunk, this.#at, available)
    if (total === undefined || available < total) {
      this.#hold(available)
      return undefined
    }
    const frame = frameAt(this.#chunk, this.#at, total)
    this.#at += total
    return frame
  }

  encode({ transaction, unit }: Frame, pdu: Uint8Array): Uint8Array {
    return encodeFrame(transaction, unit, pdu)
  }

  #finishHeld(): Frame | undefined {
    this.#fill(PREFIX)
    const total = frameLength(this.#held, 0, this.#heldLength)
    if (total === undefined) return undefined
    this.#fill(total)
    if (this.#heldLength < total) return undefined
    this.#heldLength = 0
    return frameAt(this.#held, 0, total)
  }

  /** Moves bytes of the chunk until `length` are held, as far as they reach. */
  #fill(length: number): void {
    this.#hold(Math.max(0, Math.min(length - this.#heldLength, this.#chunk.length - this.#at)))
  }

  #hold(count: number): void {
    this.#held.set(this.#chunk.subarray(this.#at, this.#at + count), this.#heldLength)
    this.#heldLength += count
    this.#at += count
  }
}

/** One frame, ready to send. */
export function encodeFrame(transaction: number, unit: number, pdu: Uint8Array): Uint8Array {
  // Out of Node's pool: a typed array of its own costs as much as all the rest of an answer.
  const bytes = Buffer.allocUnsafe(HEADER + pdu.length)
  bytes[0] = transaction >> 8
  bytes[1] = transaction
  bytes[2] = 0
  bytes[3] = 0
  bytes[4] = (pdu.length + 1) >> 8
  bytes[5] = pdu.length + 1
  bytes[6] = unit
  bytes.set(pdu, HEADER)
  return bytes
}

/** How long the frame is that begins at `at`; undefined when its header is not complete. Throws as soon as it can't be one. */
function frameLength(bytes: Uint8Array, at: number, available: number): number | undefined {
  if (available < 4) return undefined
  const protocol = uint16(bytes, at + 2)
  if (protocol !== 0) throw new FramingError('protocol', protocol)
  if (available < PREFIX) return undefined
  const length = uint16(bytes, at + 4)
  if (length < MIN_LENGTH || length > MAX_LENGTH) throw new FramingError('length', length)
  return PREFIX + length
}

function frameAt(bytes: Uint8Array, at: number, total: number): Frame {
  return {
    transaction: uint16(bytes, at),
    unit: bytes[at + PREFIX] ?? 0,
    pdu: bytes.subarray(at + HEADER, at + total),
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
