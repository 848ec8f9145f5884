/** A message id as the charger wrote it: some count in numbers, and want the number back. */
export type MessageId = string | number

/** The three messages of OCPP-J 1.6 (4.2), and what is none of them. */
export type Frame =
  | { readonly kind: 'call'; readonly id: MessageId; readonly action: string; readonly payload: Payload }
  | { readonly kind: 'result'; readonly id: MessageId; readonly payload: Payload }
  | { readonly kind: 'error'; readonly id: MessageId; readonly code: string; readonly description: string }
  /** Not understood; `id` and `answers` where enough could be read to say so to the peer, or to give up waiting. */
  | { readonly kind: 'bad'; readonly reason: string; readonly id?: MessageId; readonly answers?: true }

export type Payload = Readonly<Record<string, unknown>>

/** CallErrorCodes of OCPP-J 1.6 (4.2.3) that this side sends. */
export type CallErrorCode = 'NotImplemented' | 'FormationViolation' | 'InternalError' | 'SecurityError' | 'GenericError'

const CALL = 2
const CALLRESULT = 3
const CALLERROR = 4

/** Reads one message; never throws. Missing payloads, numeric ids and control characters inside strings are forgiven. */
export function parseFrame(text: string): Frame {
  let message: unknown
  try {
    message = parseText(text)
  } catch {
    return damaged(text)
  }
  if (!Array.isArray(message)) return { kind: 'bad', reason: 'no array' }
  const [type, id, third, fourth] = message as readonly unknown[]
  if ((typeof id !== 'string' && typeof id !== 'number') || String(id).length > 255)
    return { kind: 'bad', reason: 'no message id' }
  // A number, or a number as a text: an object's own idea of its value is not asked for.
  switch (typeof type === 'string' ? Number(type) : type) {
    case CALL:
      if (typeof third !== 'string') return { kind: 'bad', reason: 'no action', id }
      return { kind: 'call', id, action: third, payload: payload(fourth) }
    case CALLRESULT:
      return { kind: 'result', id, payload: payload(third) }
    case CALLERROR:
      return { kind: 'error', id, code: textOr(third, 'GenericError'), description: textOr(fourth, '') }
    default:
      return { kind: 'bad', reason: 'no message type' }
  }
}

export function callText(id: MessageId, action: string, payload: Payload): string {
  return JSON.stringify([CALL, id, action, payload])
}

export function resultText(id: MessageId, payload: Payload): string {
  return JSON.stringify([CALLRESULT, id, payload])
}

export function errorText(id: MessageId, code: CallErrorCode, description: string): string {
  return JSON.stringify([CALLERROR, id, code, description.slice(0, 255), {}])
}

/** The JSON of a message as charger or bridge wrote it; throws where it is none. */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // Some chargers return a tag with raw control bytes behind it.
    const without = text.replace(/\p{Cc}/gu, '')
    if (without === text) throw cause
    return JSON.parse(without)
  }
}

/** The id of a message that is no JSON: an unanswered call would block the charger's queue. */
function damaged(text: string): Frame {
  const match = /^\s*\[\s*([234])\s*,\s*(?:"([^"\\]{1,64})"|(\d{1,15}))/.exec(text)
  if (match === null) return { kind: 'bad', reason: 'no JSON' }
  const id = match[2] ?? Number(match[3])
  return match[1] === '2'
    ? { kind: 'bad', reason: 'no JSON', id }
    : { kind: 'bad', reason: 'no JSON', id, answers: true }
}

function payload(value: unknown): Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : {}
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
