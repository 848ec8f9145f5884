import type { LimitValue, ProfileIds, ProfileOverrides } from '../../../core/charger/command.ts'
import type { ProfileMethod, Purpose } from '../../../core/charger/method.ts'
import { FIRST_OWN_ID } from '../../../core/charger/profile-overrides.ts'
import type { ChargingProfile } from './messages.ts'

/** A schedule that starts "now" lies in the future of a charger whose clock is behind: it starts a minute ago. */
const START_EARLIER_MS = 60_000
const purposePlace: Record<Purpose, number> = { ChargePointMaxProfile: 0, TxDefaultProfile: 1, TxProfile: 2 }
const DAY_MS = 86_400_000
/** 1970-01-01 was a Thursday: weeks begin on Monday (ISO 8601). */
const FIRST_MONDAY_MS = 4 * DAY_MS

/** The purposes that carry a limit of this connector, in the order in which they are sent. */
export function purposes(
  connector: number,
  overrides: ProfileOverrides,
  transactionId: number | undefined,
): readonly Purpose[] {
  if (overrides.purpose === 'TxProfile') return transactionId === undefined ? [] : ['TxProfile']
  if (overrides.purpose !== 'auto') return [overrides.purpose]
  if (connector === 0) return ['ChargePointMaxProfile']
  return transactionId === undefined ? ['TxDefaultProfile'] : ['TxProfile', 'TxDefaultProfile']
}

/** The id of a profile; a transaction's beside a standing one has the bridge's own, or one would take the other's place. */
function profileId(
  connector: number,
  purpose: Purpose,
  { profileId: chosen, purpose: only }: ProfileOverrides,
): number {
  const beside = purpose === 'TxProfile' && only === 'auto'
  return chosen === undefined || beside ? ownId(connector, purpose) : chosen
}

/** Every id that profiles of a connector may have been written under. */
export function profileIdsOf(connector: number, choices: readonly ProfileIds[]): readonly number[] {
  const all: readonly Purpose[] = connector === 0 ? ['ChargePointMaxProfile'] : ['TxProfile', 'TxDefaultProfile']
  const own = all.map((purpose) => ownId(connector, purpose))
  // A transaction's profile has an id of our own beside any that was chosen.
  const ids = choices.flatMap((choice) => (choice === 'own' ? own : [...own.slice(0, -1), choice]))
  return [...new Set(ids)]
}

function ownId(connector: number, purpose: Purpose): number {
  return FIRST_OWN_ID + connector * 10 + purposePlace[purpose]
}

export interface Wish {
  readonly connector: number
  readonly purpose: Purpose
  readonly limit: LimitValue
  readonly overrides: ProfileOverrides
  readonly transactionId: number | undefined
}

/** One profile with one period: the limit, from a minute ago on. */
export function chargingProfile(
  { connector, purpose, limit, overrides, transactionId }: Wish,
  { unit, kind, stackLevel }: ProfileMethod,
  now: number,
): ChargingProfile {
  const value = unit === 'A' ? Math.floor(limit.amps * 10 + 1e-6) / 10 : Math.floor(limit.watts)
  return {
    chargingProfileId: profileId(connector, purpose, overrides),
    stackLevel,
    chargingProfilePurpose: purpose,
    chargingProfileKind: kind,
    ...(kind === 'Recurring' && { recurrencyKind: overrides.recurrency }),
    ...(purpose === 'TxProfile' && transactionId !== undefined && { transactionId }),
    chargingSchedule: {
      ...(kind === 'Absolute' && { startSchedule: seconds(now - START_EARLIER_MS) }),
      ...(kind === 'Recurring' && { startSchedule: seconds(periodStart(now, overrides.recurrency)) }),
      chargingRateUnit: unit,
      chargingSchedulePeriod: [{ startPeriod: 0, limit: value }],
    },
  }
}

/** A recurring schedule needs a start to count its days or weeks from: the last midnight, or that of the last Monday. */
function periodStart(now: number, recurrency: 'Daily' | 'Weekly'): number {
  if (recurrency === 'Daily') return now - (now % DAY_MS)
  return now - ((now - FIRST_MONDAY_MS) % (7 * DAY_MS))
}

function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
