import { winner } from '../points/priority-array.ts'
import type { Charger } from './charger.ts'
import type { Command, ProfileIds, ProfileOverrides } from './command.ts'
import type { AvailabilityProgress, LimitProgress, Wanted } from './control.ts'
import { rating, toldUnits, wantedLimit } from './limit.ts'
import { disprove, unlearn } from './method.ts'
import { profileIds, profileOverrides } from './profile-overrides.ts'
import { BREACH_MS } from './verify.ts'

/** A decrease goes out at once, but not more than one in this time; 0 never waits. */
const DECREASE_INTERVAL_MS = 5_000
/** A refused or unanswered setpoint is tried again after this, doubled each time. */
const RETRY_MS = 30_000
const LONGEST_RETRY_MS = 15 * 60_000

/** What to tell the charger now so that it comes to do what is wanted; marks it as sent. Limits come first. */
export function reconcile(charger: Charger, now: number): readonly Command[] {
  if (!charger.ready || charger.link === undefined) {
    showHeld(charger)
    return []
  }
  const commands: Command[] = []
  charger.control.deferred = false
  const { connectors, configuration } = charger.control
  for (let connector = 0; connector < connectors.length; connector += 1) {
    findBreach(charger, connector, now)
    reconcileLimit(charger, connector, now, commands)
  }
  for (let connector = 0; connector < connectors.length; connector += 1) {
    reconcileAvailability(charger, connector, now, commands)
    verifyLimit(charger, connector, commands)
  }
  for (const [key, progress] of configuration) {
    if (progress.outcome !== 'idle' && progress.outcome !== 'no-answer') continue
    if (waits(charger, now, progress.retryAt)) continue
    progress.command = { kind: 'write-configuration', key, value: progress.value }
    progress.outcome = 'pending'
    commands.push(progress.command)
  }
  tellTags(charger, now, commands)
  return commands
}

/** What was written while the charger is away is pending until it is back. */
function showHeld(charger: Charger): void {
  charger.control.connectors.forEach((own, connector) => {
    const wanted = wantedLimit(charger, connector)
    const sent = own.limitProgress.sent?.wanted
    if (wanted !== undefined && (sent === undefined || !sameLimit(charger, connector, sent, wanted)))
      own.limitProgress.outcome = 'pending'
    const operative = winner(own.availability)?.slot.value
    if (operative !== undefined && own.availabilityProgress.sent?.operative !== operative) {
      own.availabilityProgress.outcome = 'pending'
    }
  })
}

/** The charger may have forgotten everything (it booted, or its link broke): tell it all again. */
export function forgetAnswers(charger: Charger): void {
  for (const own of charger.control.connectors) {
    forgetLimit(own.limitProgress)
    own.limitProgress.applied = undefined
    const { availabilityProgress } = own
    // Operative is how a charger comes back by itself; some reset when told so again.
    if (winner(own.availability)?.slot.value !== true || availabilityProgress.outcome !== 'accepted') {
      availabilityProgress.sent = undefined
      availabilityProgress.outcome = 'idle'
      availabilityProgress.retryAt = 0
    }
  }
  charger.control.tags.sent = undefined
  for (const progress of charger.control.configuration.values()) {
    if (progress.enforce || progress.outcome === 'pending') progress.outcome = 'idle'
  }
}

/** Sends a connector's limit again, although it has not changed: a transaction began that it has to bind. */
export function forgetLimit(progress: LimitProgress): void {
  progress.sent = undefined
  progress.outcome = 'idle'
  progress.retryAt = 0
  progress.retries = 0
}

/**
 * Limits may have to be written in another way after a change of choices: the old profiles go, whatever is wanted is told
 * anew. What is chosen for one connector may concern others, too.
 */
export function chooseAnew(charger: Charger, change: () => void): void {
  const before = charger.control.connectors.map((_, connector) => profileOverrides(charger, connector))
  change()
  for (const [connector, own] of before.entries()) replaceProfile(charger, connector, own)
}

function replaceProfile(charger: Charger, connector: number, before: ProfileOverrides): void {
  const progress = charger.control.connectors[connector]?.limitProgress
  const after = profileOverrides(charger, connector)
  const same = (Object.keys({ ...before, ...after }) as (keyof ProfileOverrides)[]).every(
    (key) => before[key] === after[key],
  )
  if (progress === undefined || same) return
  if (progress.installed) progress.replaced.add(profileIds(before))
  forgetLimit(progress)
}

/** When to try again after the n-th failure, counted from 0. */
export function retryDelay(retries: number): number {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** retries)
}

function reconcileLimit(charger: Charger, connector: number, now: number, commands: Command[]): void {
  const own = charger.control.connectors[connector]
  const wanted = wantedLimit(charger, connector)
  if (own === undefined) return
  const progress = own.limitProgress
  if (wanted === undefined) return
  const before = progress.sent?.wanted
  const from = mostInForce(charger, connector, progress)
  if (before !== undefined && sameLimit(charger, connector, before, wanted)) {
    const over = progress.outcome === 'pending' || (progress.outcome === 'accepted' && !progress.proof.broken)
    if (over || (!refusedForPast(charger, connector) && waits(charger, now, progress.retryAt))) return
  } else if (before !== undefined) {
    const raised = wanted.shown > from
    const lowered = wanted.shown < from
    if (raised && waits(charger, now, progress.lastIncreaseAt + charger.limits.increaseInterval)) return
    if (lowered && wanted.shown > 0 && waits(charger, now, progress.lastDecreaseAt + DECREASE_INTERVAL_MS)) return
    progress.retries = 0
  }
  if (wanted.shown > from) progress.lastIncreaseAt = now
  if (wanted.shown < from) progress.lastDecreaseAt = now
  const command = limitCommand(charger, connector, wanted)
  progress.sent = { command, wanted, installedBefore: progress.installed }
  // Until it is refused, or found broken.
  progress.retryAt = Number.POSITIVE_INFINITY
  progress.outcome = 'pending'
  if (wanted.limit !== undefined) progress.installed = true
  commands.push(command)
}

/** The most that the charger may allow now: of what was refused, or not answered, nothing is known. */
function mostInForce(charger: Charger, connector: number, { applied, outcome, sent }: LimitProgress): number {
  const known = outcome === 'accepted' || outcome === 'pending' ? (sent?.wanted.shown ?? applied) : undefined
  return known ?? rating(charger, connector)
}

/** A charger that lost its supply is told the limit of a transaction that it has lost, too: without it, it may take it. */
function refusedForPast(charger: Charger, connector: number): boolean {
  const { sent, outcome } = charger.control.connectors[connector]?.limitProgress ?? {}
  if (outcome !== 'rejected' || sent?.command.kind !== 'set-limit') return false
  const { transactionId } = sent.command
  return transactionId !== undefined && transactionId !== charger.state.connectors[connector]?.transaction?.id
}

function limitCommand(charger: Charger, connector: number, wanted: Wanted): Command {
  const overrides = profileOverrides(charger, connector)
  const old = oldProfiles(charger, connector)
  const replaces = old.length > 0 && { replaces: old }
  if (wanted.limit === undefined) return { kind: 'clear-limit', connector, overrides, ...replaces }
  const transactionId = charger.state.connectors[connector]?.transaction?.id
  return {
    kind: 'set-limit',
    connector,
    limit: wanted.limit,
    overrides,
    ...replaces,
    ...(transactionId !== undefined && { transactionId }),
  }
}

/** Those that go before the next limit; what another connector has taken over stays. */
function oldProfiles(charger: Charger, connector: number): readonly ProfileIds[] {
  const { connectors } = charger.control
  const taken = connectors.flatMap(({ limitProgress }, other) =>
    other !== connector && limitProgress.installed ? (profileOverrides(charger, other).profileId ?? []) : [],
  )
  return [...(connectors[connector]?.limitProgress.replaced ?? [])].filter(
    (ids) => ids === 'own' || !taken.includes(ids),
  )
}

/** What has been drawn beyond the limit for long enough is a breach: the limit is sent again, at last in another way. */
function findBreach(charger: Charger, connector: number, now: number): void {
  const progress = charger.control.connectors[connector]?.limitProgress
  const since = progress?.proof.exceededSince
  if (progress === undefined || since === undefined || progress.outcome !== 'accepted') return
  const { proof } = progress
  // It was found before, and the limit has not been sent again since.
  if (proof.broken && progress.retryAt !== Number.POSITIVE_INFINITY) return
  if (waits(charger, now, Math.max(since, proof.acceptedAt) + BREACH_MS)) return
  proof.broken = true
  proof.exceededSince = undefined
  proof.breaches += 1
  // Once it may have been forgotten; twice it was never obeyed.
  progress.retryAt = proof.breaches <= 2 ? now : now + retryDelay(proof.breaches - 3)
  if (proof.breaches >= 2)
    disprove(charger.state.methods, connector === 0 ? ['ChargePointMaxProfile'] : ['TxDefaultProfile', 'TxProfile'])
}

/** A limit that was accepted is asked for once: what the charger says of its own schedule is more than its yes. */
function verifyLimit(charger: Charger, connector: number, commands: Command[]): void {
  const progress = charger.control.connectors[connector]?.limitProgress
  if (progress?.outcome !== 'accepted' || progress.sent?.wanted.limit === undefined) return
  const { methods } = charger.state
  if (progress.proof.asked || methods.silent) return
  progress.proof.asked = true
  commands.push({
    kind: 'verify-limit',
    connector,
    unit: toldUnits(charger, connector)[0] ?? 'A',
    of: progress.sent.command,
  })
}

/** The same in every unit that the charger is told. */
export function sameLimit(charger: Charger, connector: number, a: Wanted, b: Wanted): boolean {
  const { limit: one } = a
  const { limit: other } = b
  if (one === undefined || other === undefined) return one === other
  return toldUnits(charger, connector).every((unit) =>
    unit === 'W' ? one.watts === other.watts : one.amps === other.amps,
  )
}

function reconcileAvailability(charger: Charger, connector: number, now: number, commands: Command[]): void {
  const own = charger.control.connectors[connector]
  if (own === undefined) return
  const progress = own.availabilityProgress
  const wanted = winner(own.availability)?.slot.value ?? (progress.ours ? true : undefined)
  if (wanted === undefined || settled(charger, progress, wanted, now)) return
  if (progress.sent?.operative !== wanted) progress.retries = 0
  const command: Command = { kind: 'set-availability', connector, operative: wanted }
  progress.sent = { command, operative: wanted }
  progress.outcome = 'pending'
  progress.scheduled = false
  if (!wanted) progress.ours = true
  commands.push(command)
}

/** Chargers that keep a list of tags are told ours, and again when it changes. */
function tellTags(charger: Charger, now: number, commands: Command[]): void {
  const { tags } = charger.control
  const sent = tags.sent?.kind === 'tell-tags' ? tags.sent.tags : undefined
  if (sent === undefined && tags.wanted.length === 0 && !tags.told) return
  if (sent === tags.wanted) {
    if (tags.outcome === 'accepted' || tags.outcome === 'pending' || waits(charger, now, tags.retryAt)) return
  } else tags.retries = 0
  tags.sent = { kind: 'tell-tags', tags: tags.wanted }
  tags.outcome = 'pending'
  tags.told = true
  commands.push(tags.sent)
}

/** True until `at`; the charger is then looked at again as time goes by. */
function waits(charger: Charger, now: number, at: number): boolean {
  if (now >= at) return false
  if (at !== Number.POSITIVE_INFINITY) charger.control.deferred = true
  return true
}

function settled(charger: Charger, progress: AvailabilityProgress, wanted: boolean, now: number): boolean {
  if (progress.sent?.operative !== wanted) return false
  return progress.outcome === 'accepted' || progress.outcome === 'pending' || waits(charger, now, progress.retryAt)
}

/** Another firmware may take limits in another way. */
export function forgetMethods(charger: Charger): void {
  unlearn(charger.state.methods)
  charger.state.methods.disproved.clear()
  for (const { limitProgress } of charger.control.connectors) limitProgress.divided = false
}
