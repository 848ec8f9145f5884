/** A vehicle at a connector. */
export interface Car {
  /** Shown to the reader as soon as it is plugged in; without one somebody else has to start. */
  readonly idTag?: string
  readonly phases: 1 | 2 | 3
  /** What its charger on board takes, per phase. */
  readonly maxAmps: number
  readonly capacityWh: number
  /** 0 to 1. */
  soc: number
}

/** Below this a vehicle can't charge at all (IEC 61851-1). */
export const MINIMUM_AMPS = 6
/** From here on a battery takes less and less. */
const TAPER_FROM = 0.8
const RAMP_SECONDS = 10

/** Current per phase that a car draws when it is offered `offered`, some seconds after it began. */
export function drawnAmps(car: Car, offered: number, seconds: number): number {
  if (offered < MINIMUM_AMPS || car.soc >= 1) return 0
  const ramp = Math.min(1, (seconds + 1) / RAMP_SECONDS)
  const taper = car.soc <= TAPER_FROM ? 1 : Math.max(0.08, (1 - car.soc) / (1 - TAPER_FROM))
  return Math.min(offered, car.maxAmps * ramp * taper)
}
