import type { ChargingProfile } from '../../southbound/ocpp/v16/messages.ts'
import type { ChargingQuirks } from '../quirks.ts'

/** What a charger with these habits says to a profile that the standard allows; undefined: it takes it. */
export function quirkRefusal(
  profile: ChargingProfile,
  quirks: ChargingQuirks,
): 'Rejected' | 'NotSupported' | 'silence' | undefined {
  const { stackLevel, chargingProfileKind: kind, chargingSchedule } = profile
  const limits = chargingSchedule.chargingSchedulePeriod.map(({ limit }) => limit)
  if (quirks.silentOnAbsolute && kind === 'Absolute') return 'silence'
  const refused = quirks.refuses?.[profile.chargingProfilePurpose]
  if (refused !== undefined) return refused
  if (quirks.stackLevel === 'zero' && stackLevel !== 0) return 'Rejected'
  if (quirks.stackLevel === 'positive' && stackLevel === 0) return 'Rejected'
  if (quirks.onlyKind !== undefined && kind !== quirks.onlyKind) return 'Rejected'
  if (quirks.onlyUnit !== undefined && chargingSchedule.chargingRateUnit !== quirks.onlyUnit) return 'Rejected'
  if (quirks.zeroLimit === 'refused' && limits.includes(0)) return 'Rejected'
  if (quirks.onlyLimits !== undefined && limits.some((limit) => !quirks.onlyLimits?.includes(limit))) return 'Rejected'
  return undefined
}
