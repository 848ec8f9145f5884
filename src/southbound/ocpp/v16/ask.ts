import type { Charger } from '../../../core/charger/charger.ts'
import type { Answer } from '../../../core/charger/command.ts'
import type { ChargerDoor } from '../../../core/ports.ts'
import type { Log } from '../../../lib/log.ts'
import type { Answered, Lane, Session } from '../session/session.ts'
import type { RequestAction, Requests } from './messages.ts'

export interface DownlinkParts {
  readonly door: ChargerDoor
  readonly charger: Charger
  readonly session: Session
  readonly now: () => number
  readonly log: Log
}

/** Makes one call and tells what the charger's status means; answers with what throws it away while it still waits. */
export type Ask = <A extends RequestAction>(
  action: A,
  payload: Requests[A],
  options: { readonly lane: Lane; readonly deadline?: number },
  done: (answer: Answer, detail: string | undefined, answered: Answered) => void,
) => () => void
