import { winner } from '../points/priority-array.ts'
import type { Charger } from './charger.ts'
import type { Command } from './command.ts'
import type { ConnectorControl } from './control.ts'
import { limitOutcome, wantedLimit } from './limit.ts'
import { isDisabled } from './profile-overrides.ts'
import { sameLimit } from './reconcile.ts'
import { type CommandName, commandOf, type Outcome } from './vocabulary.ts'

/** As much of what a charger answers as is shown. */
export const ANSWER_LENGTH = 100
/** Sixteen bits hold it, and all ones are left to say that nothing is known. */
const MOST_COMMANDS = 65_534

/**
 * The last thing that the building wanted of a connector. What the bridge tells a charger again by itself (after a boot,
 * for a new session, once more after a refusal) is the same command: its answer counts, its wait doesn't.
 */
export interface LastCommand {
  /** Undefined: there never was any. */
  what: CommandName | undefined
  /** The configuration key, where it is one. */
  key: string | undefined
  /** Grows by one with every command, from 65534 to 1; kept over restarts. */
  sequence: number
  outcome: Outcome
  /** The charger's own word for it; empty until it said one. */
  answer: string
}

export function newLastCommand(): LastCommand {
  return { what: undefined, key: undefined, sequence: 0, outcome: 'idle', answer: '' }
}

/** The building wants something of a connector. */
export function noteCommand(
  charger: Charger,
  connector: number,
  what: CommandName,
  outcome: Outcome = 'pending',
  key?: string,
): void {
  const last = charger.control.connectors[connector]?.lastCommand
  if (last === undefined) return
  last.what = what
  last.key = key
  last.sequence = last.sequence >= MOST_COMMANDS ? 1 : last.sequence + 1
  last.outcome = outcome
  last.answer = ''
}

/** The charger's own word for what was told; to be called before the answer is taken in. */
export function noteAnswer(charger: Charger, command: Command, detail: string): void {
  const connector = connectorOf(command)
  const own = charger.control.connectors[connector]
  if (own === undefined || own.lastCommand.what !== commandOf[command.kind]) return
  if (isNewest(charger, own, command)) own.lastCommand.answer = detail.slice(0, ANSWER_LENGTH)
}

/** Takes over what has become of the last commands; what still waits leaves them as they are. */
export function followCommands(charger: Charger): void {
  charger.control.connectors.forEach(({ lastCommand }, connector) => {
    if (lastCommand.what === undefined) return
    const outcome = outcomeNow(charger, connector)
    if (outcome === undefined || outcome === 'pending') return
    // Forgotten with the charger's boot, or never begun: an outcome that there was stays.
    if (outcome === 'idle' && lastCommand.outcome !== 'pending') return
    lastCommand.outcome = outcome
  })
}

/** An action that was under way when the process ended was not answered to anybody. */
export function restoredOutcome(last: LastCommand): Outcome {
  const held = last.what === 'Limit' || last.what === 'Availability' || last.what === 'Configuration'
  return last.outcome === 'pending' && !held ? 'no-answer' : last.outcome
}

function connectorOf(command: Command): number {
  return 'connector' in command && command.kind !== 'trigger' ? (command.connector ?? 0) : 0
}

function isNewest(charger: Charger, own: ConnectorControl, command: Command): boolean {
  switch (command.kind) {
    case 'set-limit':
      return own.limitProgress.sent?.command === command
    case 'clear-limit':
      return own.limitProgress.sent?.command === command && !isDisabled(charger, command.connector)
    case 'set-availability':
      return own.availabilityProgress.sent?.command === command
    case 'write-configuration':
      return own.lastCommand.key === command.key && charger.control.configuration.get(command.key)?.command === command
    default:
      return own.actions.get(command.kind)?.command === command
  }
}

function outcomeNow(charger: Charger, connector: number): Outcome | undefined {
  const own = charger.control.connectors[connector]
  if (own === undefined) return undefined
  const { lastCommand } = own
  switch (lastCommand.what) {
    case undefined:
      return undefined
    case 'Limit':
      return limitNow(charger, connector)
    case 'Availability':
      return availabilityNow(own)
    case 'Configuration': {
      const outcome = charger.control.configuration.get(lastCommand.key ?? '')?.outcome
      // Not sent yet.
      return outcome === 'idle' ? 'pending' : outcome
    }
    default: {
      const action = Object.entries(commandOf).find(([, what]) => what === lastCommand.what)?.[0] ?? ''
      return own.actions.get(action)?.outcome
    }
  }
}

/** An older limit's answer says nothing of one that still waits for its time. */
function limitNow(charger: Charger, connector: number): Outcome {
  // Nobody is told it: what was answered when smart charging was switched off says nothing of a limit held since.
  if (isDisabled(charger, connector)) return 'idle'
  const divided = connector === 0 && (charger.control.connectors[0]?.limitProgress.divided ?? false)
  const parts = divided ? charger.control.connectors.map((_, part) => part).slice(1) : [connector]
  const waits = parts.some((part) => {
    const wanted = wantedLimit(charger, part)
    const sent = charger.control.connectors[part]?.limitProgress.sent?.wanted
    return wanted !== undefined && (sent === undefined || !sameLimit(charger, part, sent, wanted))
  })
  if (waits) return 'pending'
  const outcome = limitOutcome(charger, connector)
  // Released before any was sent: there is nothing to tell.
  if (!divided && wantedLimit(charger, connector) === undefined && outcome !== 'accepted') return 'idle'
  return outcome
}

function availabilityNow({ availability, availabilityProgress }: ConnectorControl): Outcome {
  const { outcome, ours, sent } = availabilityProgress
  const wanted = winner(availability)?.slot.value ?? (ours ? true : undefined)
  if (wanted === undefined) return outcome === 'accepted' ? outcome : 'idle'
  return sent?.operative === wanted ? outcome : 'pending'
}
