import type { ChargingProfile } from '../../southbound/ocpp/v16/messages.ts'

export interface Bounds {
  /** Connectors of the charge point. */
  readonly connectors: number
  readonly maxStackLevel: number
  readonly maxPeriods: number
  /** `ChargingScheduleAllowedChargingRateUnit`: Current, Power. */
  readonly allowedUnits: readonly string[]
  /** The id of the transaction on that connector; null: it runs and has none yet; undefined: there is none. */
  readonly transactionId: number | null | undefined
}

/** Why a profile can't be installed on a connector (OCPP 1.6 3.13, 5.16, 7.8); undefined: it can. */
export function profileRefusal(connector: number, profile: ChargingProfile, bounds: Bounds): string | undefined {
  return (
    placeRefusal(connector, profile, bounds) ??
    kindRefusal(profile) ??
    scheduleRefusal(profile.chargingSchedule, bounds)
  )
}

function placeRefusal(connector: number, profile: ChargingProfile, bounds: Bounds): string | undefined {
  const { chargingProfilePurpose: purpose, transactionId, stackLevel } = profile
  if (connector < 0 || connector > bounds.connectors) return 'no such connector'
  if (stackLevel < 0 || stackLevel > bounds.maxStackLevel) return 'stack level out of bounds'
  if (purpose === 'ChargePointMaxProfile' && connector !== 0) return 'ChargePointMaxProfile is for connector 0'
  if (purpose !== 'TxProfile') return transactionId === undefined ? undefined : 'only a TxProfile has a transaction'
  if (connector === 0) return 'a TxProfile is for one connector'
  if (bounds.transactionId === undefined) return 'no transaction runs there'
  return transactionId === undefined || transactionId === bounds.transactionId
    ? undefined
    : 'another transaction runs there'
}

function kindRefusal({
  chargingProfileKind: kind,
  chargingProfilePurpose: purpose,
  recurrencyKind,
  validFrom,
  validTo,
  chargingSchedule: { startSchedule },
}: ChargingProfile): string | undefined {
  if ((kind === 'Recurring') !== (recurrencyKind !== undefined)) return 'recurrencyKind goes with Recurring'
  if (kind === 'Recurring' && startSchedule === undefined) return 'Recurring needs a startSchedule'
  if (kind === 'Relative' && purpose === 'ChargePointMaxProfile') return 'a charge point has no start to be relative to'
  const dates = [validFrom, validTo, startSchedule].filter((each) => each !== undefined)
  if (dates.some((each) => Number.isNaN(Date.parse(each)))) return 'not a date'
  if (validFrom !== undefined && validTo !== undefined && Date.parse(validTo) <= Date.parse(validFrom))
    return 'valid at no time'
  return undefined
}

function scheduleRefusal(schedule: ChargingProfile['chargingSchedule'], bounds: Bounds): string | undefined {
  const { chargingRateUnit, chargingSchedulePeriod: periods, duration } = schedule
  if (!bounds.allowedUnits.includes(chargingRateUnit === 'A' ? 'Current' : 'Power')) return 'unit not allowed'
  if (periods.length === 0 || periods.length > bounds.maxPeriods) return 'number of periods out of bounds'
  if (periods[0]?.startPeriod !== 0) return 'the first period begins at 0'
  if (periods.some(({ startPeriod }, n) => n > 0 && startPeriod <= (periods[n - 1]?.startPeriod ?? 0)))
    return 'periods out of order'
  if (periods.some(({ limit }) => limit < 0)) return 'negative limit'
  if (periods.some(({ numberPhases = 3 }) => numberPhases < 1 || numberPhases > 3))
    return 'number of phases out of bounds'
  return duration !== undefined && duration < 0 ? 'negative duration' : undefined
}
