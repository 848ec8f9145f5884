import type { PointReading } from '../points/point.ts'
import { winner } from '../points/priority-array.ts'
import type { Charger } from './charger.ts'
import type { LimitValue } from './command.ts'
import type { ConnectorControl, Wanted } from './control.ts'
import { isDisabled, profileOverrides } from './profile-overrides.ts'
import type { LimitReason, Outcome } from './vocabulary.ts'

/** Worst first. */
const badOutcomes: readonly Outcome[] = ['pending', 'no-answer', 'rejected', 'not-supported']

/** The most that a connector may be asked for, in the setpoint's unit; connector 0 is all connectors together. */
export function rating(charger: Charger, connector: number): number {
  const { electrical } = charger.settings
  const one =
    electrical.kind === 'dc'
      ? electrical.maxPower
      : charger.control.limitUnit === 'A'
        ? electrical.maxCurrent
        : electrical.maxCurrent * electrical.voltage * electrical.phases
  return connector === 0 ? one * Math.max(1, charger.connectorCount) : one
}

/** What counts when nobody writes: the rating, or the configured default where that is lower. */
export function defaultLimit(charger: Charger, connector: number): number {
  const most = rating(charger, connector)
  const configured = charger.limits.default
  if (configured === 'rating' || connector === 0) return most
  return Math.min(
    most,
    charger.control.limitUnit === 'A' ? configured : ampsToWatts(charger, configured, allPhases(charger)),
  )
}

/** What won the priority array, in the setpoint's unit: always a real number. */
export function requestedLimit(charger: Charger, connector: number): number {
  const own = charger.control.connectors[connector]
  return (own && winner(own.limit)?.slot.value) ?? defaultLimit(charger, connector)
}

/** The lowest of everything that bounds a connector, and what decided; undefined: there is nothing to tell the charger. */
export function wantedLimit(charger: Charger, connector: number): Wanted | undefined {
  const own = charger.control.connectors[connector]
  if (own === undefined) return undefined
  const cleared: Wanted = { limit: undefined, shown: rating(charger, connector), reason: 'Nobody' }
  const nothing = own.limitProgress.installed ? cleared : undefined
  if (isDisabled(charger, connector)) {
    return own.limitProgress.installed ? { ...cleared, reason: 'Disabled' } : undefined
  }
  // A charge point that refuses a limit of its own has it divided among its connectors; once they keep it, an older one goes.
  if (connector === 0 && own.limitProgress.divided)
    return ownBound(charger, 0, own) && !partsStand(charger) ? undefined : nothing
  const bounds = [ownBound(charger, connector, own), ...sharedBounds(charger, connector)].filter(
    (bound) => bound !== undefined,
  )
  const lowest = bounds.reduce<Bound | undefined>((a, b) => (a && a.value <= b.value ? a : b), undefined)
  if (lowest === undefined) return nothing
  const most = rating(charger, connector)
  const value = Math.min(lowest.value, most)
  const limit = limitValue(charger, connector, value)
  return {
    limit,
    shown: charger.control.limitUnit === 'A' ? limit.amps : limit.watts,
    reason: most < lowest.value ? 'Rating' : lowest.reason,
  }
}

/** Who decided what is wanted now. */
export function limitReason(charger: Charger, connector: number): LimitReason {
  const own = charger.control.connectors[connector]
  if (isDisabled(charger, connector)) return 'Disabled'
  const wanted = wantedLimit(charger, connector)
  if (wanted !== undefined) return wanted.reason
  return own !== undefined && connector === 0 && own.limitProgress.divided
    ? (ownBound(charger, 0, own)?.reason ?? 'Nobody')
    : 'Nobody'
}

/** What the charger is known to keep to; while nothing is known, the rating, and nobody vouches for it. */
export function limitInForce(charger: Charger, connector: number): PointReading {
  const applied = isDivided(charger, connector) ? dividedApplied(charger) : appliedAlone(charger, connector)
  if (applied === undefined) return { value: rating(charger, connector), quality: 'unknown' }
  return { value: applied, quality: charger.online ? 'good' : 'offline' }
}

/** What became of the last limit; of a divided one, the worst of what became of its parts. */
export function limitOutcome(charger: Charger, connector: number): Outcome {
  if (!isDivided(charger, connector)) return charger.control.connectors[connector]?.limitProgress.outcome ?? 'idle'
  const parts = charger.control.connectors.slice(1).map(({ limitProgress }) => limitProgress.outcome)
  return badOutcomes.find((each) => parts.includes(each)) ?? parts[0] ?? 'idle'
}

function isDivided(charger: Charger, connector: number): boolean {
  return connector === 0 && (charger.control.connectors[0]?.limitProgress.divided ?? false)
}

/** A limit that is seen not to be kept is not in force, whatever the charger answered. */
function appliedAlone(charger: Charger, connector: number): number | undefined {
  const { applied, proof } = charger.control.connectors[connector]?.limitProgress ?? {}
  return proof?.broken || hasLapsed(charger, connector) ? undefined : applied
}

/** A transaction's profile ends with it: where no other purpose is allowed, nothing bounds the connector until the next. */
export function hasLapsed(charger: Charger, connector: number): boolean {
  const { boundTransaction, sent } = charger.control.connectors[connector]?.limitProgress ?? {}
  if (sent?.wanted.limit === undefined || charger.state.methods.key !== undefined) return false
  if (profileOverrides(charger, connector).purpose !== 'TxProfile') return false
  return boundTransaction !== charger.state.connectors[connector]?.transaction?.id
}

/** The units in which the charger is told a connector's limit, as far as they are known; amperes until then. */
export function toldUnits(charger: Charger, connector: number): readonly ('A' | 'W')[] {
  const { unit } = profileOverrides(charger, connector)
  if (unit !== 'auto') return [unit]
  const { limitUnit, methods } = charger.state
  const purposes = connector === 0 ? (['ChargePointMaxProfile'] as const) : (['TxDefaultProfile', 'TxProfile'] as const)
  const learnt = purposes.flatMap((purpose) => methods.profiles.get(purpose)?.unit ?? [])
  return learnt.length > 0 ? learnt : [limitUnit ?? 'A']
}

interface Bound {
  readonly value: number
  readonly reason: LimitReason
}

function ownBound(charger: Charger, connector: number, own: ConnectorControl): Bound | undefined {
  const won = winner(own.limit)
  if (won) return { value: won.slot.value, reason: won.slot.source }
  if (charger.limits.default === 'rating' || connector === 0) return undefined
  return { value: defaultLimit(charger, connector), reason: 'Default' }
}

/** What the charge point's own limit leaves to one connector, where the bridge has to divide it. */
function sharedBounds(charger: Charger, connector: number): readonly Bound[] {
  const whole = charger.control.connectors[0]
  if (connector === 0 || whole === undefined || !whole.limitProgress.divided) return []
  if (isDisabled(charger, 0)) return []
  const bound = ownBound(charger, 0, whole)
  return bound ? [{ value: bound.value / Math.max(1, charger.connectorCount), reason: 'Charger limit' }] : []
}

/** Every connector has accepted what it is to keep now. */
function partsStand(charger: Charger): boolean {
  return charger.control.connectors.slice(1).every(({ limitProgress: { outcome, sent } }, index) => {
    const wanted = wantedLimit(charger, index + 1)
    return outcome === 'accepted' && wanted?.limit !== undefined && sent?.wanted.shown === wanted.shown
  })
}

function dividedApplied(charger: Charger): number | undefined {
  let total = 0
  for (let connector = 1; connector < charger.control.connectors.length; connector += 1) {
    const part = appliedAlone(charger, connector)
    if (part === undefined) return undefined
    total += part
  }
  return total
}

/** A setpoint's value in both units, rounded down to the step; below the minimum it pauses. */
function limitValue(charger: Charger, connector: number, value: number): LimitValue {
  const { electrical } = charger.settings
  const { minimum } = charger.limits
  if (electrical.kind === 'dc') return { amps: 0, watts: Math.floor(value) }
  if (charger.control.limitUnit === 'A') {
    const amps = atLeast(stepped(value, charger.limits.step), minimum)
    return { amps, watts: Math.floor(ampsToWatts(charger, amps, provenPhases(charger, connector))) }
  }
  const watts = atLeast(Math.floor(value), ampsToWatts(charger, minimum, 1))
  const amps = atLeast(stepped(value / (electrical.voltage * allPhases(charger)), charger.limits.step), minimum)
  return { amps, watts }
}

function ampsToWatts(charger: Charger, amps: number, phases: number): number {
  const { electrical } = charger.settings
  return electrical.kind === 'dc' ? amps : amps * electrical.voltage * phases
}

function allPhases(charger: Charger): number {
  const { electrical } = charger.settings
  return electrical.kind === 'dc' ? 1 : electrical.phases
}

/** Phases that carried current in this transaction; one until that is known, so that watts never allow too much. */
function provenPhases(charger: Charger, connector: number): number {
  const proven = charger.state.connectors[connector]?.transaction?.provenPhases.size ?? 0
  return Math.min(Math.max(1, proven), allPhases(charger))
}

function stepped(value: number, step: number): number {
  // A hair's breadth forgives binary fractions: 16.1 / 0.1 is 160.99999999999997.
  const steps = Math.floor(value / step + 1e-9)
  return Number((steps * step).toFixed(6))
}

function atLeast(value: number, minimum: number): number {
  return value < minimum ? 0 : value
}

/** A kept limit in the unit that the mapping has now: it may have been written when the mapping said another. */
export function convertLimit(charger: Charger, value: number, unit: string): number {
  const { electrical } = charger.settings
  if (unit === charger.control.limitUnit || electrical.kind === 'dc') return value
  const voltsAndPhases = electrical.voltage * electrical.phases
  return unit === 'A' ? value * voltsAndPhases : value / voltsAndPhases
}
