import type { Payload } from '../southbound/ocpp/wire/frame.ts'
import { type Answer, type Handlers, result, type Served, silence } from './answer.ts'
import type { ChargePoint } from './charge-point.ts'
import { core } from './features/core.ts'
import { firmwareManagement } from './features/firmware-management.ts'
import { localAuthListManagement } from './features/local-auth-list-management.ts'
import { remoteTrigger } from './features/remote-trigger.ts'
import { reservation } from './features/reservation.ts'
import { security } from './features/security.ts'
import { smartCharging } from './features/smart-charging.ts'

/** Every call that a charge point serves, one table a feature profile. */
const handlers: Handlers<keyof Served> = {
  ...core,
  ...firmwareManagement,
  ...localAuthListManagement,
  ...remoteTrigger,
  ...reservation,
  ...security,
  ...smartCharging,
}

const secured: ReadonlySet<string> = new Set([...Object.keys(security), 'ExtendedTriggerMessage'])

/** What a charge point says to a call. */
export function answerCall(chargePoint: ChargePoint, action: string, payload: Payload): Answer {
  const { options, quirks } = chargePoint
  const answers = quirks.answers?.[action]
  const fixed = typeof answers === 'function' ? answers(payload) : answers
  if (fixed === 'silence') return silence
  if (typeof fixed === 'string') return { kind: 'error', code: fixed, description: action }
  if (fixed !== undefined) return result(fixed)
  if (!isServed(action) || (secured.has(action) && !chargePoint.security.supported))
    return { kind: 'error', code: 'NotImplemented', description: action }
  const wrong = options.violation?.(`${action}Request`, payload)
  if (wrong !== undefined) {
    chargePoint.security.event('InvalidMessages', wrong)
    return { kind: 'error', code: 'FormationViolation', description: wrong }
  }
  // The table holds a handler for exactly the payload of its action.
  return handlers[action](chargePoint, payload as never)
}

function isServed(action: string): action is keyof Served {
  return Object.hasOwn(handlers, action)
}
