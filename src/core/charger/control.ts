import { newSlots, type Slots } from '../points/priority-array.ts'
import type { KnownTag } from './authorize.ts'
import type { Answer, Command, LimitValue, ProfileIds } from './command.ts'
import { type LastCommand, newLastCommand } from './last-command.ts'
import type { LimitReason, Outcome } from './vocabulary.ts'

/** What the building wants of one connector and how far the charger has followed. */
export interface ConnectorControl {
  readonly limit: Slots<number>
  readonly availability: Slots<boolean>
  readonly limitProgress: LimitProgress
  readonly availabilityProgress: AvailabilityProgress
  readonly actions: Map<string, ActionProgress>
  /** Held parameters: `start.idTag`, `smartCharging.*`, as texts. */
  readonly parameters: Map<string, string>
  readonly lastCommand: LastCommand
}

/** What the charger shall be told of a connector's limit. */
export interface Wanted {
  /** undefined: our profiles shall go. */
  readonly limit: LimitValue | undefined
  /** The limit in the setpoint's unit; when cleared, the rating. */
  readonly shown: number
  readonly reason: LimitReason
}

export interface LimitProgress {
  /** The last limit that was sent, while its answer is awaited or after it came. */
  sent: { readonly command: Command; readonly wanted: Wanted; readonly installedBefore: boolean } | undefined
  outcome: Outcome
  /** What the charger accepted, in the setpoint's unit; undefined while nothing is known. */
  applied: number | undefined
  /** A profile of ours may stand in the charger: released limits have to be cleared. */
  installed: boolean
  /** The transaction that a profile of ours binds: while it runs, a later limit counts only when it takes that one's place. */
  boundTransaction: number | undefined
  /** Profiles under these ids that were written with other choices than those of now may still stand: they go with the next limit. */
  readonly replaced: Set<ProfileIds>
  /** When it was last lowered, and last raised. */
  lastDecreaseAt: number
  lastIncreaseAt: number
  retryAt: number
  retries: number
  /** The charger refuses a limit for the whole charge point: the connectors share it. */
  divided: boolean
  /** What bears out, or belies, the limit that was accepted last. */
  readonly proof: Proof
}

/** What is known of a limit beyond the charger's word for it; verify.ts writes it. */
export interface Proof {
  acceptedAt: number
  /** The charger has been asked for its schedule since. */
  asked: boolean
  /** Its own schedule allows no more. */
  told: boolean
  /** It offers the car no more. */
  offered: boolean
  /** The car drew more before, and no longer does. */
  obeyed: boolean
  /** More was drawn, or offered, when the limit was sent. */
  exceededBefore: boolean
  /** More has been drawn, or offered, since. */
  exceededSince: number | undefined
  /** It was readings that showed it, not only the charger's own schedule. */
  seen: boolean
  /** For so long that the limit is not kept; until readings show that it is. */
  broken: boolean
  /** How often in a row it was found broken. */
  breaches: number
}

export interface AvailabilityProgress {
  sent: { readonly command: Command; readonly operative: boolean } | undefined
  outcome: Outcome
  /** We made it inoperative, so a release has to make it operative again. */
  ours: boolean
  scheduled: boolean
  retryAt: number
  retries: number
}

export interface ActionProgress {
  /** The state shown by the action's object: 0 idle. */
  active: number
  command: Command | undefined
  outcome: Outcome
  sequence: number
}

interface TagsProgress {
  /** The list that the charger shall know; an empty one is told only to a charger that knows one of ours. */
  wanted: readonly KnownTag[]
  sent: Command | undefined
  outcome: Outcome
  /** It may know a list of ours. */
  told: boolean
  retryAt: number
  retries: number
}

interface ConfigurationProgress {
  readonly value: string
  /** Written again after each reboot and reconnect. */
  readonly enforce: boolean
  command: Command | undefined
  outcome: Outcome
  retryAt: number
  retries: number
}

export interface Control {
  /** Something waits for its time: an increase, a retry. */
  deferred: boolean
  /** The unit that the building writes limits in: the mapping's choice. */
  limitUnit: 'A' | 'W'
  /** Index = connector. */
  readonly connectors: ConnectorControl[]
  readonly tags: TagsProgress
  /** The tag with which the building has just started a session, and until when that counts. */
  started: { readonly idTag: string; readonly until: number } | undefined
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
      boundTransaction: undefined,
      replaced: new Set(),
      lastDecreaseAt: Number.NEGATIVE_INFINITY,
      lastIncreaseAt: Number.NEGATIVE_INFINITY,
      retryAt: 0,
      retries: 0,
      divided: false,
      proof: newProof(),
    },
    availabilityProgress: {
      sent: undefined,
      outcome: 'idle',
      ours: false,
      scheduled: false,
      retryAt: 0,
      retries: 0,
    },
    actions: new Map(),
    parameters: new Map(),
    lastCommand: newLastCommand(),
  }
}

function newProof(): Proof {
  return {
    acceptedAt: Number.NEGATIVE_INFINITY,
    asked: false,
    told: false,
    offered: false,
    obeyed: false,
    exceededBefore: false,
    exceededSince: undefined,
    seen: false,
    broken: false,
    breaches: 0,
  }
}

export function newControl(connectors: number, limitUnit: 'A' | 'W'): Control {
  return {
    deferred: false,
    limitUnit,
    connectors: Array.from({ length: connectors + 1 }, newConnectorControl),
    started: undefined,
    tags: { wanted: [], sent: undefined, outcome: 'idle', told: false, retryAt: 0, retries: 0 },
    configuration: new Map(),
  }
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
