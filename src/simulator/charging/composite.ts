import type { OCPP16 } from 'typed-ocpp'
import type { TimedOffer } from './offer.ts'

export type Schedule = NonNullable<OCPP16.GetCompositeScheduleResponse['chargingSchedule']>

export interface CompositeParts {
  readonly offerAt: (at: number) => TimedOffer
  /** Milliseconds since 1970. */
  readonly from: number
  readonly durationSeconds: number
  readonly unit: 'A' | 'W'
  readonly voltage: number
  /** Phases that the charger has: fewer are said in the schedule. */
  readonly phases: number
}

/** All offers of a span of time as one schedule, a period wherever something changes. */
export function compositeSchedule({ offerAt, from, durationSeconds, unit, voltage, phases }: CompositeParts): Schedule {
  const periods: Schedule['chargingSchedulePeriod'] = []
  const end = from + durationSeconds * 1000
  for (let at = from; at < end || periods.length === 0; ) {
    const { offer, until } = offerAt(at)
    const period = {
      startPeriod: Math.round((at - from) / 1000),
      limit: tenths(unit === 'A' ? offer.amps : offer.amps * voltage * offer.phases),
      ...(offer.phases < phases && { numberPhases: offer.phases }),
    }
    const last = periods.at(-1)
    if (last === undefined || last.limit !== period.limit || last.numberPhases !== period.numberPhases)
      periods.push(period)
    // Schedules count in whole seconds.
    at = Math.max(at + 1000, Math.ceil(until / 1000) * 1000)
  }
  return { duration: durationSeconds, chargingRateUnit: unit, chargingSchedulePeriod: periods }
}

/** Limits have one decimal (7.12), and none may say more than is allowed. */
function tenths(amount: number): number {
  return Math.floor(amount * 10 + 1e-6) / 10
}
