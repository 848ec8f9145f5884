import { newSlots, type Slots } from '../points/priority-array.ts'
import type { Answer, LimitValue } from './command.ts'
import type { Outcome } from './vocabulary.ts'

/** What the building wants of one connector and how far the charger has followed. */
export interface ConnectorControl {
  readonly limit: Slots<number>
  readonly availability: Slots<boolean>
  readonly limitProgress: LimitProgress
  readonly availabilityProgress: AvailabilityProgress
  readonly actions: Map<string, ActionProgress>
  /** Held parameters: `start.idTag`, `smartCharging.*`, as texts. */
  readonly parameters: Map<string, string>
}

export interface LimitProgress {
  /** The last limit that was sent, while its answer is awaited or after it came. */
  sent: { readonly value: LimitValue | 'cleared'; readonly shown: number; readonly at: number } | undefined
  outcome: Outcome
  /** What the charger accepted, in the setpoint's unit; undefined while nothing is known. */
  applied: number | undefined
  /** A profile of ours may stand in the charger: released limits have to be cleared. */
  installed: boolean
  /** When it was last sent, and last raised. */
  lastSentAt: number
  lastIncreaseAt: number
  retryAt: number
  retries: number
  /** The charger refuses a limit for the whole charge point: the connectors share it. */
  divided: boolean
}

export interface AvailabilityProgress {
  sent: { readonly operative: boolean; readonly at: number } | undefined
  outcome: Outcome
  applied: boolean | undefined
  /** We made it inoperative, so a release has to make it operative again. */
  ours: boolean
  scheduled: boolean
  retryAt: number
  retries: number
}

export interface ActionProgress {
  /** The state shown by the action's object: 0 idle. */
  active: number
  outcome: Outcome
  sequence: number
}

export interface ConfigurationProgress {
  readonly value: string
  outcome: Outcome
}

export interface Control {
  /** Index = connector. */
  readonly connectors: ConnectorControl[]
  /** Desired configuration keys. */
  readonly configuration: Map<string, ConfigurationProgress>
}

export function newConnectorControl(): ConnectorControl {
  return {
    limit: newSlots(),
    availability: newSlots(),
    limitProgress: {
      sent: undefined,
      outcome: 'idle',
      applied: undefined,
      installed: false,
      lastSentAt: Number.NEGATIVE_INFINITY,
      lastIncreaseAt: Number.NEGATIVE_INFINITY,
      retryAt: 0,
      retries: 0,
      divided: false,
    },
    availabilityProgress: {
      sent: undefined,
      outcome: 'idle',
      applied: undefined,
      ours: false,
      scheduled: false,
      retryAt: 0,
      retries: 0,
    },
    actions: new Map(),
    parameters: new Map(),
  }
}

export function newControl(connectors: number): Control {
  return { connectors: Array.from({ length: connectors + 1 }, newConnectorControl), configuration: new Map() }
}

/** The outcome that an answer means. */
export const outcomeOf: Record<Answer, Outcome> = {
  accepted: 'accepted',
  scheduled: 'pending',
  'reboot-required': 'accepted',
  rejected: 'rejected',
  'not-supported': 'not-supported',
  'no-answer': 'no-answer',
}
