import type { Cancel, Clock } from '../lib/clock.ts'
import { callText, type Frame, type Payload } from '../southbound/ocpp/wire/frame.ts'

interface Call {
  readonly action: string
  /** Made when it is sent: a stop may wait for the id that its start will get. */
  readonly payload: () => Payload
  /** Kept while offline, and sent again until it is answered. */
  readonly durable: boolean
  readonly done: (payload: Payload | undefined) => void
}

const ANSWER_WITHIN_MS = 30_000
const MAX_WAITING = 1_000

/** Calls of a charger: one in flight; transaction messages wait out any time offline, in their order. */
export class Calls {
  readonly #clock: Clock
  readonly #send: (text: string) => void
  #waiting: Call[] = []
  #inFlight: { readonly id: string; readonly call: Call; readonly cancel: Cancel } | undefined
  #nextId = 1
  #online = false

  constructor(clock: Clock, send: (text: string) => void) {
    this.#clock = clock
    this.#send = send
  }

  make(
    action: string,
    payload: () => Payload,
    options: { readonly durable?: boolean; readonly first?: boolean } = {},
    done: Call['done'] = () => {},
  ): void {
    if (!this.#online && !options.durable && !options.first) return
    if (this.#waiting.length >= MAX_WAITING) return
    const call = { action, payload, durable: options.durable ?? false, done }
    if (options.first) this.#waiting.unshift(call)
    else this.#waiting.push(call)
    this.#pump()
  }

  answered(frame: Extract<Frame, { kind: 'result' | 'error' }>): void {
    const flying = this.#inFlight
    if (flying === undefined || flying.id !== String(frame.id)) return
    flying.cancel()
    this.#inFlight = undefined
    flying.call.done(frame.kind === 'result' ? frame.payload : undefined)
    this.#pump()
  }

  opened(): void {
    this.#online = true
    this.#pump()
  }

  closed(): void {
    this.#online = false
    const flying = this.#inFlight
    this.#inFlight = undefined
    flying?.cancel()
    this.#waiting = [...(flying === undefined ? [] : [flying.call]), ...this.#waiting].filter(({ durable }) => durable)
  }

  #pump(): void {
    if (!this.#online || this.#inFlight !== undefined) return
    const call = this.#waiting.shift()
    if (call === undefined) return
    const id = String(this.#nextId)
    this.#nextId += 1
    const cancel = this.#clock.after(ANSWER_WITHIN_MS, () => {
      this.#inFlight = undefined
      if (call.durable) this.#waiting.unshift(call)
      else call.done(undefined)
      this.#pump()
    })
    this.#inFlight = { id, call, cancel }
    this.#send(callText(id, call.action, call.payload()))
  }
}
