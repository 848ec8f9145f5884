import type { ChargingProfile } from '../../southbound/ocpp/v16/messages.ts'
import type { Purpose } from '../quirks.ts'
import type { Installed } from './profile-store.ts'

type Period = ChargingProfile['chargingSchedule']['chargingSchedulePeriod'][number]

/** What a profile asks for at one moment. */
export interface Rule extends Period {
  readonly unit: 'A' | 'W'
}

/** A rule, or none, and until when (milliseconds since 1970) that stays so. */
export interface Answer {
  readonly rule: Rule | undefined
  readonly until: number
}

const DAY_MS = 86_400_000

/** The rule of one profile at a moment; `startedAt` is when the charging began that relative schedules count from. */
function ruleAt(profile: ChargingProfile, at: number, startedAt: number): Answer {
  const validFrom = profile.validFrom === undefined ? Number.NEGATIVE_INFINITY : Date.parse(profile.validFrom)
  const validTo = profile.validTo === undefined ? Number.POSITIVE_INFINITY : Date.parse(profile.validTo)
  if (at < validFrom) return { rule: undefined, until: validFrom }
  if (at >= validTo) return { rule: undefined, until: Number.POSITIVE_INFINITY }
  const { begins, ends, next } = occurrence(profile, at, startedAt)
  if (at < begins) return { rule: undefined, until: Math.min(begins, validTo) }
  if (at >= ends) return { rule: undefined, until: Math.min(next, validTo) }
  const { chargingRateUnit, chargingSchedulePeriod } = profile.chargingSchedule
  const elapsed = (at - begins) / 1000
  const index = chargingSchedulePeriod.findLastIndex(({ startPeriod }) => startPeriod <= elapsed)
  const current = chargingSchedulePeriod[index]
  const following = chargingSchedulePeriod[index + 1]
  const changes = following === undefined ? Number.POSITIVE_INFINITY : begins + following.startPeriod * 1000
  return {
    rule: current === undefined ? undefined : { ...current, unit: chargingRateUnit },
    until: Math.min(changes, ends, validTo),
  }
}

/** When the run of a schedule that counts at a moment begins and ends, and when it comes again. */
function occurrence(
  { chargingProfileKind, recurrencyKind, chargingSchedule }: ChargingProfile,
  at: number,
  startedAt: number,
) {
  const { startSchedule, duration } = chargingSchedule
  const lasts = duration === undefined ? Number.POSITIVE_INFINITY : duration * 1000
  // 7.13: without startSchedule, or for a relative one, all counts from the start of charging.
  const anchor =
    startSchedule === undefined || chargingProfileKind === 'Relative' ? startedAt : Date.parse(startSchedule)
  if (chargingProfileKind !== 'Recurring' || at < anchor)
    return { begins: anchor, ends: anchor + lasts, next: Number.POSITIVE_INFINITY }
  const every = recurrencyKind === 'Weekly' ? 7 * DAY_MS : DAY_MS
  const begins = anchor + Math.floor((at - anchor) / every) * every
  return { begins, ends: begins + Math.min(lasts, every), next: begins + every }
}

/**
 * The rule of the leading profile of a purpose: the highest stack level that has one now; at equal levels the connector's
 * own goes before connector 0's (3.13.2).
 */
export function leadingRule(
  installed: readonly Installed[],
  purpose: Purpose,
  connectors: readonly number[],
  at: number,
  startedAt: number,
): Answer {
  const candidates = installed
    .filter(
      (each) => !each.inert && each.profile.chargingProfilePurpose === purpose && connectors.includes(each.connector),
    )
    .toSorted((a, b) => b.profile.stackLevel - a.profile.stackLevel || b.connector - a.connector)
    .map(({ profile }) => ruleAt(profile, at, startedAt))
  return {
    rule: candidates.find(({ rule }) => rule !== undefined)?.rule,
    until: Math.min(Number.POSITIVE_INFINITY, ...candidates.map(({ until }) => until)),
  }
}
