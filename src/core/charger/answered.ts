import type { Charger } from './charger.ts'
import type { Answer, Command } from './command.ts'
import { outcomeOf } from './control.ts'
import type { ChargerEvent } from './event.ts'
import { learn, RELEARN_AFTER, unlearn } from './method.ts'
import { retryDelay } from './reconcile.ts'
import { beginProof } from './verify.ts'

/** Takes in what became of a command. An answer to anything but the newest command of its kind changes nothing. */
export function applyAnswer(
  charger: Charger,
  { command, answer, boundTransaction, learnt }: Extract<ChargerEvent, { kind: 'answered' }>,
  now: number,
): void {
  if (boundTransaction !== undefined && 'connector' in command && command.connector !== undefined) {
    // True whether or not a newer limit is on its way already.
    const progress = charger.control.connectors[command.connector]?.limitProgress
    if (progress !== undefined) progress.boundTransaction = boundTransaction
  }
  if (learnt !== undefined) learn(charger.state.methods, learnt)
  switch (command.kind) {
    case 'set-limit':
    case 'clear-limit':
      limitAnswered(charger, command, answer, now)
      break
    case 'set-availability':
      availabilityAnswered(charger, command, answer, now)
      break
    case 'write-configuration':
      configurationAnswered(charger, command, answer, now)
      break
    case 'tell-tags':
      tagsAnswered(charger, command, answer, now)
      break
    case 'verify-limit':
      if (answer === 'not-supported' || answer === 'rejected') charger.state.methods.silent = true
      break
    case 'read-configuration':
      break
    default:
      actionAnswered(charger, command, answer)
  }
}

function limitAnswered(
  charger: Charger,
  command: Extract<Command, { kind: 'set-limit' | 'clear-limit' }>,
  answer: Answer,
  now: number,
): void {
  const progress = charger.control.connectors[command.connector]?.limitProgress
  if (progress === undefined || progress.sent?.command !== command) return
  progress.outcome = outcomeOf[answer]
  if (progress.outcome === 'accepted') {
    progress.applied = progress.sent.wanted.shown
    progress.retries = 0
    progress.replaced.clear()
    if (command.kind === 'set-limit') charger.state.methods.refusals = 0
    if (command.kind === 'clear-limit') {
      progress.installed = false
      progress.boundTransaction = undefined
      progress.sent = undefined
      progress.proof.broken = false
      progress.proof.breaches = 0
    }
    beginProof(charger, command.connector, progress, now)
    return
  }
  if (command.kind === 'set-limit' && answer !== 'no-answer') refused(charger)
  // The earlier limit may or may not stand: a refusal says nothing of it, so nothing is claimed.
  progress.applied = undefined
  if (answer !== 'no-answer') progress.installed = progress.sent.installedBefore
  progress.retryAt = answer === 'not-supported' ? Number.POSITIVE_INFINITY : now + retryDelay(progress.retries)
  progress.retries += 1
  if (command.connector === 0 && command.kind === 'set-limit' && answer !== 'no-answer') progress.divided = true
}

/** What was learnt no longer works, or the value alone was refused: after a while it is found out anew. */
function refused(charger: Charger): void {
  const { methods } = charger.state
  methods.refusals += 1
  if (methods.refusals >= RELEARN_AFTER) unlearn(methods)
}

function availabilityAnswered(
  charger: Charger,
  command: Extract<Command, { kind: 'set-availability' }>,
  answer: Answer,
  now: number,
): void {
  const progress = charger.control.connectors[command.connector]?.availabilityProgress
  if (progress === undefined || progress.sent?.command !== command) return
  progress.outcome = outcomeOf[answer]
  progress.scheduled = answer === 'scheduled'
  if (answer === 'accepted' || answer === 'scheduled') {
    progress.retries = 0
    if (command.operative) progress.ours = false
    return
  }
  progress.retryAt = answer === 'not-supported' ? Number.POSITIVE_INFINITY : now + retryDelay(progress.retries)
  progress.retries += 1
}

function configurationAnswered(
  charger: Charger,
  command: Extract<Command, { kind: 'write-configuration' }>,
  answer: Answer,
  now: number,
): void {
  const progress = charger.control.configuration.get(command.key)
  if (answer === 'reboot-required') charger.state.rebootRequired = true
  if (progress === undefined || progress.command !== command) return
  progress.outcome = outcomeOf[answer]
  if (answer === 'no-answer') {
    progress.retryAt = now + retryDelay(progress.retries)
    progress.retries += 1
  }
}

function tagsAnswered(charger: Charger, command: Command, answer: Answer, now: number): void {
  const { tags } = charger.control
  if (tags.sent !== command) return
  tags.outcome = outcomeOf[answer]
  if (answer === 'accepted') {
    tags.retries = 0
    tags.told = tags.wanted.length > 0
    return
  }
  tags.retryAt = answer === 'not-supported' ? Number.POSITIVE_INFINITY : now + retryDelay(tags.retries)
  tags.retries += 1
}

function actionAnswered(charger: Charger, command: Command, answer: Answer): void {
  const connector = 'connector' in command && command.kind !== 'trigger' ? command.connector : 0
  const progress = charger.control.connectors[connector ?? 0]?.actions.get(command.kind)
  if (progress === undefined || progress.command !== command) return
  progress.outcome = outcomeOf[answer]
  progress.active = 0
  progress.command = undefined
}
