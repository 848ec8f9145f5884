import type { Cancel, Clock } from '../lib/clock.ts'
import { callText, type Frame, type MessageId, type Payload } from '../southbound/ocpp/wire/frame.ts'

interface Call {
  readonly action: string
  /** Made when it is sent: a stop may wait for the id that its start will get. Undefined: it has become pointless. */
  readonly payload: () => Payload | undefined
  /** Kept while offline, and sent again when it fails. */
  readonly durable: boolean
  /** May leave before the charge point is accepted: Boot, and what a trigger asked for. */
  readonly urgent: boolean
  readonly done: (payload: Payload | undefined) => void
  failures: number
  notBefore: number
  id?: MessageId
}

interface Flight {
  readonly id: MessageId
  readonly call: Call
  readonly cancel: Cancel
}

export interface CallHabits {
  readonly inFlight: number
  readonly numericIds: boolean
  readonly reusesIds: boolean
  readonly heldMs: number
  /** TransactionMessageAttempts and TransactionMessageRetryInterval (9.1) as they are configured now. */
  readonly attempts: () => number
  readonly retryIntervalMs: () => number
}

interface Options {
  readonly durable?: boolean
  readonly urgent?: boolean
}

const ANSWER_WITHIN_MS = 30_000
const MAX_WAITING = 5_000

/** Calls of a charger: one in flight; transaction messages wait out any time offline, in their order. */
export class Calls {
  readonly #clock: Clock
  readonly #send: (text: string) => void
  readonly #habits: CallHabits
  #waiting: Call[] = []
  #flights: Flight[] = []
  #nextId = 1
  #online = false
  #accepted = false
  #heldUntil = 0

  constructor(clock: Clock, habits: CallHabits, send: (text: string) => void) {
    this.#clock = clock
    this.#habits = habits
    this.#send = send
  }

  /** The charge point is registered: everything may leave, not only what is urgent. */
  get accepted(): boolean {
    return this.#accepted
  }

  set accepted(accepted: boolean) {
    this.#accepted = accepted
    this.#pump()
  }

  get online(): boolean {
    return this.#online
  }

  make(
    action: string,
    payload: () => Payload | undefined,
    { durable = false, urgent = false }: Options = {},
    done: Call['done'] = () => {},
  ): void {
    if (!durable && !urgent && !this.#accepted) return
    // Meter readings are what a charger with a full memory gives up first.
    if (this.#waiting.length >= MAX_WAITING && action === 'MeterValues') return
    const call = { action, payload, durable, urgent, done, failures: 0, notBefore: 0 }
    if (action === 'BootNotification') this.#waiting.unshift(call)
    else this.#waiting.push(call)
    this.#pump()
  }

  answered(frame: Extract<Frame, { kind: 'result' | 'error' }>): void {
    const flight = this.#flights.find(({ id }) => String(id) === String(frame.id))
    if (flight === undefined) return
    flight.cancel()
    this.#land(flight)
    if (frame.kind === 'result') flight.call.done(frame.payload)
    else this.#failed(flight.call)
    this.#pump()
  }

  /** Forgets the calls of an action, those that await their answer included. */
  abandon(action: string): void {
    for (const flight of this.#flights.filter(({ call }) => call.action === action)) {
      flight.cancel()
      this.#land(flight)
    }
    this.#waiting = this.#waiting.filter((call) => call.action !== action)
  }

  opened(): void {
    this.#online = true
    const { heldMs } = this.#habits
    if (heldMs > 0) {
      this.#heldUntil = this.#clock.now() + heldMs
      this.#clock.after(heldMs, () => this.#pump())
    }
    this.#pump()
  }

  closed(): void {
    this.#online = false
    this.#accepted = false
    for (const { cancel } of this.#flights) cancel()
    this.#waiting = [...this.#flights.map(({ call }) => call), ...this.#waiting].filter(({ durable }) => durable)
    this.#flights = []
  }

  #pump(): void {
    while (this.#online && this.#flights.length < this.#habits.inFlight) {
      const call = this.#next()
      if (call === undefined) return
      this.#waiting = this.#waiting.filter((each) => each !== call)
      const payload = call.payload()
      if (payload === undefined) call.done(undefined)
      else this.#fly(call, payload)
    }
  }

  /** What may leave now; of the durable ones only the first, so that they keep their order. */
  #next(): Call | undefined {
    const now = this.#clock.now()
    const oldest = this.#flights.some(({ call }) => call.durable)
      ? undefined
      : this.#waiting.find((call) => call.durable)
    return this.#waiting.find((call) => {
      if (!this.#accepted && !call.urgent) return false
      return !call.durable || (call === oldest && now >= call.notBefore && now >= this.#heldUntil)
    })
  }

  #fly(call: Call, payload: Payload): void {
    const { numericIds, reusesIds } = this.#habits
    const id = (reusesIds ? call.id : undefined) ?? (numericIds ? this.#nextId : String(this.#nextId))
    if (id !== call.id) this.#nextId += 1
    call.id = id
    const cancel = this.#clock.after(ANSWER_WITHIN_MS, () => {
      this.#land(flight)
      this.#failed(call)
      this.#pump()
    })
    const flight = { id, call, cancel }
    this.#flights.push(flight)
    this.#send(callText(id, call.action, payload))
  }

  #land(flight: Flight): void {
    this.#flights = this.#flights.filter((each) => each !== flight)
  }

  /** An error or no answer: what is durable is tried again, each time after a longer wait (3.7.1). */
  #failed(call: Call): void {
    call.failures += 1
    if (!call.durable || call.failures >= this.#habits.attempts()) {
      call.done(undefined)
      return
    }
    const wait = this.#habits.retryIntervalMs() * call.failures
    call.notBefore = this.#clock.now() + wait
    this.#waiting.unshift(call)
    this.#clock.after(wait, () => this.#pump())
  }
}
