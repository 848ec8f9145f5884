import type { Socket } from 'node:net'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Answer, Later } from '../answer.ts'
import type { Peer } from '../peer.ts'
import { exceptionCodes, exceptionPdu } from '../wire/exception.ts'
import { type Frame, FramingError } from '../wire/mbap.ts'
import { Silence } from './silence.ts'
import type { Turns } from './turns.ts'

/** Answers one request. `frame` makes the whole request as it came, in hexadecimal digits, until this returns. */
export type Handle = (unit: number, pdu: Uint8Array, peer: Peer, frame: () => string) => Answer

/** Cuts a stream into requests, and makes frames of answers. */
export interface Framing {
  push(chunk: Uint8Array): void
  /** Throws FramingError where there is no way to go on. */
  next(): Frame | undefined
  readonly partial: boolean
  encode(request: Frame, pdu: Uint8Array): Uint8Array
  /** Nothing has come for a while; only of a framing that silence means something to. */
  silence?(): void
}

export interface ConnectionParts {
  readonly framing: Framing
  /** Shared by all that are served together. */
  readonly turns: Turns
  readonly handle: Handle
  readonly clock: Clock
  readonly log: Log
  /** The peer doesn't speak Modbus TCP. */
  readonly broken: (reason: string) => void
  readonly closed: () => void
}

/** Requests answered in a row before others have their turn. */
const TURN = 16
/** The rest of a frame has to come within this. */
const PARTIAL_MS = 5_000
/** Segments of one frame are not further apart, and a client waits for longer. */
const SILENCE_MS = 200
/** A peer that doesn't take its answers for this long is gone. */
const STUCK_MS = 30_000

/** One client: its bytes in, its answers out, nothing read while it doesn't take them. */
export class Connection {
  readonly peer: Peer
  /** When it last asked something, or got an answer that had waited. */
  activeAt: number
  readonly #socket: Socket
  readonly #parts: ConnectionParts
  readonly #framing: Framing
  readonly #silence: Silence | undefined
  /** When the bytes of an unfinished frame began to come, when the peer stopped taking answers. */
  #partialAt: number | undefined
  #stuckAt: number | undefined
  /** An answer may not leave yet: those to what was asked after it leave behind it. */
  #held = false
  /** The peer asks nothing more, but may still wait for answers. */
  #lastAsked = false
  /** open: answers. ending: the last answers still go out. closed: nothing more. */
  #phase: 'open' | 'ending' | 'closed' = 'open'

  constructor(socket: Socket, peer: Peer, parts: ConnectionParts) {
    this.peer = peer
    this.#socket = socket
    this.#parts = parts
    const { clock, framing } = parts
    this.#framing = framing
    if (framing.silence !== undefined)
      this.#silence = new Silence(clock, SILENCE_MS, () => {
        framing.silence?.()
        this.#turn()
      })
    this.activeAt = clock.steady()
    socket.on('data', (chunk) => {
      if (this.#phase !== 'open') return
      this.#silence?.stop()
      this.#framing.push(chunk)
      this.#turn()
    })
    socket.on('drain', () => {
      this.#stuckAt = undefined
      this.#turn()
    })
    socket.on('end', () => {
      this.#lastAsked = true
      this.#turn()
    })
    // A reset is an ordinary end here: 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#closed())
  }

  /** Why this connection has to go; undefined: it may stay. `idleTimeout` 0: however long it is silent. */
  overdue(now: number, idleTimeout: number): string | undefined {
    if (this.#partialAt !== undefined && now - this.#partialAt >= PARTIAL_MS) return 'unfinished frame'
    if (this.#stuckAt !== undefined && now - this.#stuckAt >= STUCK_MS) return 'answers not taken'
    return idleTimeout > 0 && !this.#held && now - this.activeAt >= idleTimeout ? 'idle' : undefined
  }

  close(): void {
    this.#socket.destroy()
    this.#closed()
  }

  #closed(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#silence?.stop()
    this.#parts.closed()
  }

  /** Answers what has come, as long as the peer takes the answers and others don't wait too long. */
  #turn(): void {
    if (this.#phase !== 'open' || this.#stuckAt !== undefined || this.#held) return
    const answers: Uint8Array[] = []
    const more = this.#answerInto(answers)
    const [first] = answers
    const taken = first === undefined || this.#socket.write(answers.length === 1 ? first : Buffer.concat(answers))
    if (this.#lastAsked && taken && !more && !this.#isHeld()) this.#phase = 'ending'
    if (this.#isEnding()) {
      this.#stuckAt = this.#parts.clock.steady()
      this.#socket.destroySoon()
    } else if (!taken) {
      this.#stuckAt = this.#parts.clock.steady()
      this.#socket.pause()
    } else if (this.#isHeld()) this.#socket.pause()
    else if (more) {
      this.#socket.pause()
      this.#parts.turns.await(() => this.#turn())
    } else this.#socket.resume()
  }

  /** True: there may be more to answer. */
  #answerInto(answers: Uint8Array[]): boolean {
    try {
      while (answers.length < TURN && !this.#isEnding() && !this.#isHeld()) {
        const frame = this.#framing.next()
        if (frame === undefined) {
          this.#partialAt = this.#framing.partial ? (this.#partialAt ?? this.#parts.clock.steady()) : undefined
          if (this.#framing.partial) this.#silence?.await()
          return false
        }
        this.#partialAt = undefined
        this.activeAt = this.#parts.clock.steady()
        const answer = this.#answer(frame)
        if (answer instanceof Uint8Array) answers.push(this.#framing.encode(frame, answer))
        else this.#hold(frame, answer, answers)
      }
      return true
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      this.#parts.broken(error.message)
      // The answers to sound requests before it still go out.
      this.#phase = 'ending'
      return false
    }
  }

  #answer(frame: Frame): Answer {
    const { pdu, unit } = frame
    try {
      return this.#parts.handle(unit, pdu, this.peer, () =>
        Buffer.from(this.#framing.encode(frame, pdu)).toString('hex'),
      )
    } catch (error) {
      // A bug of ours: this client hears of it and its session ends; the others go on.
      this.#parts.log.error({ peer: this.peer.name, unit, err: error }, 'modbus: request failed')
      this.#phase = 'ending'
      return exceptionPdu(pdu[0] ?? 0, exceptionCodes.serverDeviceFailure)
    }
  }

  /** Goes on with what was asked after it once it may leave, which may be now: then it leaves with `answers`. */
  #hold(frame: Frame, later: Later, answers: Uint8Array[]): void {
    let isNow = true
    this.#held = true
    later((pdu) => {
      this.#held = false
      this.activeAt = this.#parts.clock.steady()
      const answer = this.#framing.encode(frame, pdu)
      if (isNow) answers.push(answer)
      else if (this.#phase === 'open') {
        if (!this.#socket.write(answer)) this.#stuckAt = this.#parts.clock.steady()
        this.#turn()
      }
    })
    isNow = false
  }

  #isHeld(): boolean {
    return this.#held
  }

  #isEnding(): boolean {
    return this.#phase === 'ending'
  }
}
