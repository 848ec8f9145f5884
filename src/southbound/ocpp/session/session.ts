import { randomBytes } from 'node:crypto'
import { type History, type Message, noHistory } from '../../../core/history.ts'
import { type Keeping, keptAtOnce } from '../../../core/keep.ts'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { ownText } from '../../../lib/own-text.ts'
import { Throttle } from '../../../lib/throttle.ts'
import {
  type CallErrorCode,
  callText,
  errorText,
  type Frame,
  type MessageId,
  type Payload,
  parseFrame,
  resultText,
} from '../wire/frame.ts'

/** What became of a call to the charger. `none`: no answer in time, or (`dropped`) the socket closed, or it was not wanted any more. */
export type Answered =
  | { readonly kind: 'result'; readonly payload: Payload }
  | { readonly kind: 'error'; readonly code: string; readonly description: string }
  | { readonly kind: 'none'; readonly dropped?: true }

/** What a version of OCPP does with a charger's call: the answer's payload, or an error. Synchronous. */
export type Handler = (
  action: string,
  payload: Payload,
) => Payload | { readonly callError: CallErrorCode; readonly description: string }

/** Limits go before everything else that waits; set-up may be thrown away when the charger begins anew. */
export type Lane = 'limit' | 'normal' | 'setup'

export interface OutgoingCall {
  readonly action: string
  readonly payload: Payload
  readonly lane: Lane
  /** Not sent after this moment. */
  readonly deadline?: number
  readonly done: (answered: Answered) => void
}

export interface SessionParts {
  readonly id: string
  readonly send: (text: string) => void
  readonly close: (reason: string) => void
  readonly handle: Handler
  /** Something came: the charger lives. */
  readonly heard: () => void
  /** When what answers promise is on disk; absent: at once. */
  readonly keeping?: Keeping
  /** Whether the answer to this call lets the charger forget what it told. */
  readonly relieves?: (action: string) => boolean
  /** Told every message of both sides, in their order; absent: nobody is. */
  readonly history?: History
  /** What nobody understands as it may stand in the log; absent: not at all. */
  readonly shown?: (text: string) => string
  readonly clock: Clock
  readonly log: Log
  readonly responseTimeout: number
}

/** A charger that doesn't empty its queue is not helped by a longer one. */
const MAX_QUEUE = 200
/** A charger that sends heartbeats but answers nothing is deaf until it reconnects. */
const DEAF_AFTER = 3

/** Of what nobody understands, the beginning is told. */
const TOLD_OF_NONSENSE = 2_000

/** One charger's conversation (OCPP-J 1.6 4.1): one call in flight to it, every call of its own answered. */
export class Session {
  readonly #parts: SessionParts
  readonly #history: History
  readonly #keeping: Keeping
  /** A charger that writes nonsense writes a lot of it. */
  readonly #complaints: Throttle
  readonly #limits: OutgoingCall[] = []
  readonly #others: OutgoingCall[] = []
  #inFlight: { readonly id: string; readonly call: OutgoingCall; readonly cancel: Cancel } | undefined
  /** No id of an earlier connection comes again: some chargers send their late answers over the next one. */
  readonly #prefix = randomBytes(4).toString('hex')
  #nextId = 1
  #timeouts = 0
  /** Calls wait until the charger's Boot has been answered, and while a call of its own is being handled. */
  #open = false
  #handling = false
  /** Answers that wait for the disk, and that the charger is to have before it is asked anything. */
  #unsent = 0
  #closed = false

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#history = parts.history ?? noHistory
    this.#keeping = parts.keeping ?? keptAtOnce
    this.#complaints = new Throttle(parts.clock)
  }

  receive(text: string): void {
    if (this.#closed) return
    this.#parts.heard()
    const frame = parseFrame(text)
    switch (frame.kind) {
      case 'call':
        this.#tell('charger', 'call', frame.action, text)
        this.#answer(frame)
        break
      case 'result':
        this.#tell('charger', 'result', this.#asked(frame.id), text)
        this.#settle(frame.id, { kind: 'result', payload: frame.payload })
        break
      case 'error':
        this.#tell('charger', 'error', this.#asked(frame.id), text)
        this.#settle(frame.id, { kind: 'error', code: frame.code, description: frame.description })
        break
      case 'bad':
        this.#tell(
          'charger',
          'nonsense',
          frame.answers ? this.#asked(frame.id) : '',
          ownText(text.slice(0, TOLD_OF_NONSENSE)),
        )
        this.#bad(frame, text)
        break
    }
    this.#pump()
  }

  /** Queues a call; `done` runs exactly once, whatever happens. Answers with what throws it away while it still waits. */
  call(call: OutgoingCall): () => void {
    const queue = call.lane === 'limit' ? this.#limits : this.#others
    if (this.#closed || queue.length >= MAX_QUEUE) {
      call.done({ kind: 'none', dropped: true })
      return () => {}
    }
    queue.push(call)
    this.#pump()
    return () => {
      const place = queue.indexOf(call)
      if (place === -1) return
      queue.splice(place, 1)
      call.done({ kind: 'none', dropped: true })
    }
  }

  /** Lets queued calls out, or holds them. */
  open(open: boolean): void {
    this.#open = open
    this.#pump()
  }

  /** Throws away queued limits and set-up: the charger begins anew and will be told again. */
  cancelSetup(): void {
    const dropped = [...this.#limits.splice(0), ...this.#others.filter((call) => call.lane === 'setup')]
    const kept = this.#others.filter((call) => call.lane !== 'setup')
    this.#others.splice(0, this.#others.length, ...kept)
    for (const call of dropped) call.done({ kind: 'none', dropped: true })
  }

  /** The socket is gone: everything that waits has its answer now. */
  closed(): void {
    if (this.#closed) return
    this.#closed = true
    const waiting = [...this.#limits.splice(0), ...this.#others.splice(0)]
    const flying = this.#inFlight
    this.#inFlight = undefined
    flying?.cancel()
    flying?.call.done({ kind: 'none', dropped: true })
    for (const call of waiting) call.done({ kind: 'none', dropped: true })
  }

  #answer(frame: Extract<Frame, { kind: 'call' }>): void {
    const { handle, relieves = () => false } = this.#parts
    const { action, id, payload } = frame
    const before = this.#keeping.promised
    this.#handling = true
    let text: string
    let form: Message['form']
    try {
      const reply = handle(action, payload)
      form = isError(reply) ? 'error' : 'result'
      text = isError(reply) ? errorText(id, reply.callError, reply.description) : resultText(id, reply)
    } finally {
      this.#handling = false
    }
    const { kept, promised } = this.#keeping
    if (promised === before && (kept === promised || !relieves(action))) {
      this.#send(form, action, text)
      return
    }
    // A charger that is not let in yet is asked nothing before it is.
    const holds = this.#open ? 0 : 1
    this.#unsent += holds
    // What the disk doesn't take is in memory: no charger is told that it was not taken.
    this.#keeping.whenKept(() => {
      this.#unsent -= holds
      if (this.#closed) return
      this.#send(form, action, text)
      this.#pump()
    })
  }

  #bad(frame: Extract<Frame, { kind: 'bad' }>, text: string): void {
    if (text.trim() === '') return
    const missed = this.#complaints.pass(frame.reason)
    if (missed !== undefined) {
      const { id: charger, log, shown = () => '***' } = this.#parts
      log.warn({ charger, reason: frame.reason, text: shown(text.slice(0, 200)), missed }, 'frame not understood')
    }
    if (frame.id === undefined) return
    if (frame.answers) this.#settle(frame.id, { kind: 'none' })
    else this.#send('error', '', errorText(frame.id, 'FormationViolation', frame.reason))
  }

  #send(form: Message['form'], action: string, text: string): void {
    this.#tell('bridge', form, action, text)
    this.#parts.send(text)
  }

  /** Once a message: whatever is made of it is made elsewhere, later. */
  #tell(from: Message['from'], form: Message['form'], action: string, text: string): void {
    const { clock, id: charger } = this.#parts
    this.#history.tell({ kind: 'message', at: clock.now(), charger, from, form, action, text })
  }

  /** The call that an answer of the charger belongs to; empty: none that waits. */
  #asked(id: MessageId | undefined): string {
    const flying = this.#inFlight
    return flying !== undefined && id !== undefined && flying.id === String(id) ? flying.call.action : ''
  }

  #settle(id: MessageId, answered: Answered): void {
    const flying = this.#inFlight
    if (flying === undefined || flying.id !== String(id)) {
      this.#parts.log.debug({ charger: this.#parts.id, id }, 'answer to nothing that waits: ignored')
      return
    }
    this.#inFlight = undefined
    this.#timeouts = 0
    flying.cancel()
    flying.call.done(answered)
  }

  #pump(): void {
    while (!this.#closed && this.#open && !this.#handling && this.#unsent === 0 && this.#inFlight === undefined) {
      const call = this.#limits.shift() ?? this.#others.shift()
      if (call === undefined) return
      if (call.deadline !== undefined && this.#parts.clock.now() > call.deadline) {
        call.done({ kind: 'none' })
        continue
      }
      const id = `${this.#prefix}-${this.#nextId}`
      this.#nextId += 1
      const cancel = this.#parts.clock.after(this.#parts.responseTimeout, () => this.#timedOut(id))
      this.#inFlight = { id, call, cancel }
      this.#send('call', call.action, callText(id, call.action, call.payload))
    }
  }

  #timedOut(id: string): void {
    const flying = this.#inFlight
    if (flying?.id !== id) return
    this.#inFlight = undefined
    this.#timeouts += 1
    const { action } = flying.call
    this.#parts.log.warn({ charger: this.#parts.id, action, inARow: this.#timeouts }, 'no answer in time')
    flying.call.done({ kind: 'none' })
    if (this.#timeouts >= DEAF_AFTER) this.#parts.close(`no answer to ${DEAF_AFTER} calls in a row`)
    else this.#pump()
  }
}

function isError(
  reply: ReturnType<Handler>,
): reply is { readonly callError: CallErrorCode; readonly description: string } {
  return 'callError' in reply
}
