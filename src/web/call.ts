import type { Charger } from '../core/charger/charger.ts'
import type { HandCall } from '../core/ports.ts'
import { didYouMean } from '../lib/nearest.ts'
import type { Failure } from './failure.ts'

export interface WrittenCall {
  readonly action: string
  readonly payload: unknown
}

const keys = ['action', 'payload']

/** A request's body as a call: `{action, payload}`, without a payload an empty one. */
export function readCall(body: unknown): WrittenCall | Failure {
  const wrong = (description: string): Failure => ({ status: 400, code: 'bad-request', description })
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return wrong('write a JSON object: {"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}}')
  const strange = Object.keys(body).find((key) => !keys.includes(key))
  if (strange !== undefined) {
    const name = strange.slice(0, 60)
    return wrong(`there is no key ${name} beside action and payload${didYouMean(name, keys)}`)
  }
  const { action, payload } = body as { readonly action?: unknown; readonly payload?: unknown }
  if (typeof action !== 'string' || action === '')
    return wrong('action is missing: the name of a call of OCPP 1.6, such as TriggerMessage')
  return { action, payload: payload ?? {} }
}

const unfitCodes = { action: 'unknown-action', payload: 'invalid-payload' } as const

/** What became of a call as a failure; undefined: the charger answered it. */
export function failureOf(outcome: Exclude<HandCall, { kind: 'answer' }>, { id }: Charger, action: string): Failure {
  switch (outcome.kind) {
    case 'error':
      return { status: 502, code: outcome.code, description: outcome.description }
    case 'none':
      return { status: 504, code: 'no-answer', description: `${id} did not answer ${action} in time` }
    case 'away':
      return { status: 409, code: 'offline', description: `${id} is offline, or has not been accepted yet` }
    case 'unfit':
      return { status: 400, code: unfitCodes[outcome.what], description: outcome.message }
  }
}
