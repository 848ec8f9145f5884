import { crc16 } from './crc16.ts'
import type { Frame } from './mbap.ts'
import { answerLength, type FrameLength, requestLength } from './rtu-length.ts'

/** Unit, a PDU of 1 to 253 bytes, CRC (Modbus over Serial Line V1.02, 2.5.1). */
const MIN_FRAME = 4
const MAX_FRAME = 256
const BROADCAST = 0

export interface RtuParts {
  /** Whether a unit answers here. Frames of all others pass by: requests to them as well as what they answer. */
  readonly isOwn: (unit: number) => boolean
  /** A sound request to all units: nobody answers it. */
  readonly broadcast: (pdu: Uint8Array) => void
  /** So many bytes were no frame of anybody. */
  readonly noise: (bytes: number) => void
}

/**
 * Cuts what comes over a shared line into the requests to our own units. Each frame ends where its function says, so
 * that a sound request need not wait for silence; where that fails, sense is made of the bytes once the line falls
 * silent, as it does when a master waits for its answer. Holds at most one frame and one chunk.
 */
export class RtuReader {
  readonly #parts: RtuParts
  /** What came since the last frame: its beginning, or, once `#lost`, its last bytes. */
  readonly #run = new Uint8Array(2 * MAX_FRAME)
  #length = 0
  /** Where the next frame begins is not known until there is silence. */
  #lost = false
  /** Bytes that a lost run no longer has. */
  #dropped = 0
  /** How much of the run's beginning the frame of the last call took. */
  #consumed = 0
  #settled: Frame | undefined
  /** Another unit was asked: what it answers comes next, if anything. */
  #asked: { readonly unit: number; readonly code: number } | undefined
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(parts: RtuParts) {
    this.#parts = parts
  }

  /** A frame has begun, or noise: silence is what decides on it. */
  get partial(): boolean {
    return this.#length > this.#consumed
  }

  /** Takes the next bytes; those before are used up when `next` has answered undefined. */
  push(chunk: Uint8Array): void {
    const rest = this.#chunk.length - this.#at
    if (rest > 0) {
      const joined = new Uint8Array(rest + chunk.length)
      joined.set(this.#chunk.subarray(this.#at))
      joined.set(chunk, rest)
      this.#chunk = joined
    } else this.#chunk = chunk
    this.#at = 0
  }

  /** The next request to a unit of ours; undefined when more bytes, or silence, are needed. */
  next(): Frame | undefined {
    const settled = this.#settled
    this.#settled = undefined
    if (settled !== undefined) return settled
    for (;;) {
      this.#discard()
      this.#fill()
      const length = this.#lost ? 'more' : this.#frameLength()
      if (length === 'unknown') {
        this.#lost = true
        continue
      }
      if (length !== 'more') {
        this.#consumed = length
        const frame = this.#take(0, length)
        if (frame !== undefined) return frame
      } else if (this.#at >= this.#chunk.length) return undefined
    }
  }

  /** The line has been silent: what is held is a frame as a whole, or ends with one, or is noise. `next` has the request. */
  silence(): void {
    this.#discard()
    const length = this.#length
    const start = this.#frameStart()
    const noise = this.#dropped + (start ?? length)
    this.#length = 0
    this.#lost = false
    this.#dropped = 0
    if (noise > 0) this.#parts.noise(noise)
    if (start === undefined) return
    const frame = this.#take(start, length)
    // The next bytes may be written over it before anybody asks.
    if (frame !== undefined) this.#settled = { ...frame, pdu: frame.pdu.slice() }
  }

  encode({ unit }: Frame, pdu: Uint8Array): Uint8Array {
    return encodeRtu(unit, pdu)
  }

  #discard(): void {
    if (this.#consumed === 0) return
    this.#run.copyWithin(0, this.#consumed, this.#length)
    this.#length -= this.#consumed
    this.#consumed = 0
  }

  /** Moves bytes of the chunk into the run; of a lost one, only the last are kept. */
  #fill(): void {
    const left = this.#chunk.length - this.#at
    if (this.#lost) {
      const kept = Math.min(left, MAX_FRAME)
      const stay = Math.min(this.#length, MAX_FRAME - kept)
      this.#dropped += this.#length - stay + (left - kept)
      this.#run.copyWithin(0, this.#length - stay, this.#length)
      this.#run.set(this.#chunk.subarray(this.#chunk.length - kept), stay)
      this.#length = stay + kept
      this.#at = this.#chunk.length
      return
    }
    const count = Math.min(left, this.#run.length - this.#length)
    this.#run.set(this.#chunk.subarray(this.#at, this.#at + count), this.#length)
    this.#length += count
    this.#at += count
  }

  /** How long the sound frame is that the run begins with; unknown: it begins with none that can be told by its length. */
  #frameLength(): FrameLength {
    if (this.#length === 0) return 'more'
    const unit = this.#run[0] ?? 0
    // What others answer looks like a request to them, but for its length. We hear no answers of our own units.
    const answer = this.#isForUs(unit) ? 'unknown' : this.#judge(answerLength(this.#run, 0, this.#length))
    // Were it taken for a shorter request, what it goes on with could be one to us.
    if (answer !== 'unknown' && this.#isAnswer(0)) return answer
    const request = this.#judge(requestLength(this.#run, 0, this.#length))
    if (typeof request === 'number') return request
    if (typeof answer === 'number') return answer
    return request === 'more' || answer === 'more' ? 'more' : 'unknown'
  }

  /** Of the unit that was asked, with the function that it was asked for. */
  #isAnswer(at: number): boolean {
    const { unit, code } = this.#asked ?? {}
    return this.#length > at + 1 && unit === this.#run[at] && code === ((this.#run[at + 1] ?? 0) & 0x7f)
  }

  #judge(length: FrameLength): FrameLength {
    if (typeof length !== 'number') return length
    if (length > MAX_FRAME) return 'unknown'
    if (this.#length < length) return 'more'
    return this.#isSound(0, length) ? length : 'unknown'
  }

  /**
   * Where in a run that ended with silence its last frame begins. From the beginning of the run it may have any length;
   * behind noise only one that its function says, or chance would find frames in garbage.
   */
  #frameStart(): number | undefined {
    const length = this.#length
    if (this.#dropped === 0 && length <= MAX_FRAME && this.#isSound(0, length)) return 0
    for (let start = 0; start + MIN_FRAME <= length; start += 1) {
      const own = length - start
      const isFrame =
        requestLength(this.#run, start, own) === own ||
        (!this.#isForUs(this.#run[start] ?? 0) && answerLength(this.#run, start, own) === own)
      if (isFrame && own <= MAX_FRAME && this.#isSound(start, length)) return start
    }
    return undefined
  }

  #isForUs(unit: number): boolean {
    return unit === BROADCAST || this.#parts.isOwn(unit)
  }

  #isSound(from: number, to: number): boolean {
    return to - from >= MIN_FRAME && crc16(this.#run, from, to) === 0
  }

  /** The request to a unit of ours in a sound frame; nothing where it is another's. */
  #take(from: number, to: number): Frame | undefined {
    const unit = this.#run[from] ?? 0
    const pdu = this.#run.subarray(from + 1, to - 2)
    const own = to - from
    const isAnswer = this.#isAnswer(from) && answerLength(this.#run, from, own) === own
    const asked = requestLength(this.#run, from, own)
    const isRequest = !isAnswer && (asked === own || asked === 'unknown')
    this.#asked = isRequest && !this.#isForUs(unit) ? { unit, code: pdu[0] ?? 0 } : undefined
    if (unit === BROADCAST) this.#parts.broadcast(pdu)
    return unit !== BROADCAST && this.#parts.isOwn(unit) ? { transaction: 0, unit, pdu } : undefined
  }
}

/** One frame, ready to send. */
export function encodeRtu(unit: number, pdu: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(pdu.length + 3)
  bytes[0] = unit
  bytes.set(pdu, 1)
  const crc = crc16(bytes, 0, pdu.length + 1)
  bytes[pdu.length + 1] = crc & 0xff
  bytes[pdu.length + 2] = crc >> 8
  return bytes
}
