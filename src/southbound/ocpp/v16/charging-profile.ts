import type { Charger } from '../../../core/charger/charger.ts'
import type { LimitValue, ProfileOverrides } from '../../../core/charger/command.ts'
import type { ChargingProfile } from './messages.ts'

export type Purpose = ChargingProfile['chargingProfilePurpose']

/** A schedule that starts "now" lies in the future of a charger whose clock is behind: it starts a minute ago. */
const START_EARLIER_MS = 60_000
/** Profiles of ours have ids from here on, so that they are told from those of others and cleared by id. */
const FIRST_ID = 200_000
const purposePlace: Record<Purpose, number> = { ChargePointMaxProfile: 0, TxDefaultProfile: 1, TxProfile: 2 }

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

/** Pairs that the standard forbids (OCPP 1.6 5.16.4, 3.13.1): the charger would have to refuse them. */
export function forbidden(connector: number, purpose: Purpose): boolean {
  return purpose === 'ChargePointMaxProfile' ? connector !== 0 : purpose === 'TxProfile' && connector === 0
}

export function profileId(connector: number, purpose: Purpose, overrides: ProfileOverrides): number {
  return overrides.profileId ?? FIRST_ID + connector * 10 + purposePlace[purpose]
}

/** One profile with one period: the limit, from a minute ago on. */
export function chargingProfile(
  charger: Charger,
  connector: number,
  purpose: Purpose,
  limit: LimitValue,
  overrides: ProfileOverrides,
  transactionId: number | undefined,
  now: number,
): ChargingProfile {
  const unit = overrides.unit === 'auto' ? (charger.state.limitUnit ?? 'A') : overrides.unit
  const kind = overrides.kind === 'auto' ? 'Absolute' : overrides.kind
  const value = unit === 'A' ? Math.floor(limit.amps * 10 + 1e-6) / 10 : Math.floor(limit.watts)
  return {
    chargingProfileId: profileId(connector, purpose, overrides),
    stackLevel: overrides.stackLevel ?? 0,
    chargingProfilePurpose: purpose,
    chargingProfileKind: kind,
    ...(kind === 'Recurring' && { recurrencyKind: 'Daily' as const }),
    ...(purpose === 'TxProfile' && transactionId !== undefined && { transactionId }),
    chargingSchedule: {
      ...(kind === 'Absolute' && { startSchedule: seconds(now - START_EARLIER_MS) }),
      // A recurring schedule needs a start to count its days from: the last midnight.
      ...(kind === 'Recurring' && { startSchedule: seconds(now - (now % 86_400_000)) }),
      chargingRateUnit: unit,
      chargingSchedulePeriod: [{ startPeriod: 0, limit: value }],
    },
  }
}

function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
