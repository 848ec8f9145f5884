import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { startDemoFleet } from './demo-fleet.ts'

export interface SimulateOptions {
  readonly url: string
  readonly id: string
  readonly connectors: number
  readonly password?: string
  readonly seed: number
  readonly clock: Clock
  readonly log: Log
}

/** One charge point with visiting cars against any central system; what comes back ends it. */
export function simulate({ url, id, connectors, password, seed, clock, log }: SimulateOptions): () => void {
  const electrical = { kind: 'ac', maxCurrent: 32, phases: 3 } as const
  const charger = { id, connectors, electrical, ...(password !== undefined && { password }) }
  return startDemoFleet({ url, chargers: [charger], clock, log, seed }).stop
}
