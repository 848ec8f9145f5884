import type { MeterStream } from './event.ts'
import type { EnergyState } from './state.ts'

/** A stream that ranks higher takes over for good: chargers count the session in one and the lifetime in another. */
const rank: Record<MeterStream, number> = { transaction: 0, clock: 1, periodic: 2 }

/** No register of a charger reaches a terawatt-hour; what claims to would stand in the total for ever. */
const MAX_REGISTER_WH = 1e12

/**
 * Takes one reading of a register (Wh) into the published total, which only grows: a register that restarts, or that
 * counts each session from 0, adds what it counted since its restart. Older readings than the last one are passed over.
 */
export function countEnergy(energy: EnergyState, rawWh: number, stream: MeterStream, at: number): void {
  if (!(rawWh >= 0 && rawWh <= MAX_REGISTER_WH)) return
  if (energy.totalWh === undefined || energy.stream === undefined || energy.lastRawWh === undefined) {
    energy.totalWh = Math.max(energy.totalWh ?? 0, rawWh)
    take(energy, rawWh, stream, at)
    return
  }
  if (rank[stream] < rank[energy.stream]) return
  if (rank[stream] > rank[energy.stream]) {
    take(energy, rawWh, stream, at)
    return
  }
  if (at < energy.lastAt) return
  // A register that fell has restarted: all that it shows has been counted since.
  energy.totalWh += rawWh >= energy.lastRawWh ? rawWh - energy.lastRawWh : rawWh
  take(energy, rawWh, stream, at)
}

function take(energy: EnergyState, rawWh: number, stream: MeterStream, at: number): void {
  energy.stream = stream
  energy.lastRawWh = rawWh
  energy.lastAt = at
}
