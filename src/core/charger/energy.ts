import type { MeterStream } from './event.ts'
import type { EnergyState, RegisterState } from './state.ts'

/** No register of a charger reaches a terawatt-hour; what claims to would stand in the total for ever. */
const MAX_REGISTER_WH = 1e12
/** No connector of OCPP 1.6 delivers more than a megawatt: faster growth is the jump from one meter to another. */
const MAX_WATTS = 1e6
/** What a register may have grown by whatever the clocks say: a session that is told at once, without usable times. */
const RISE_WH = 200_000
/** What a register that restarted may show at once. A lifetime register that fell by a rounding shows far more. */
const RESTART_WH = 1_000
/** A fall by this little is a rounding, not a restart. */
const JITTER_WH = 10

export interface RegisterReading {
  readonly wh: number
  readonly stream: MeterStream
  /** Milliseconds, by the charger's clock where that can be believed. */
  readonly at: number
}

/** The transaction that a reading belongs to. */
export interface Session {
  readonly id: number
  readonly toldStartedAt: number
  /** The published total at its start; undefined when it begins with this reading, or is not known. */
  readonly energyAtStartWh: number | undefined
}

/**
 * Takes one reading of a register into the published total, which only grows. Each stream is a register of its own and
 * counts on from where it was first seen, so that a charger may show the session in one and its lifetime in another;
 * published is the one that has counted most. What is older than the last reading and tells nothing new is passed over.
 */
export function countEnergy(energy: EnergyState, reading: RegisterReading, session?: Session): void {
  if (!(reading.wh >= 0 && reading.wh <= MAX_REGISTER_WH)) return
  const register = energy.registers[reading.stream]
  const next =
    register === undefined
      ? { ...firstSight(energy, reading, session), session: session?.id }
      : later(energy, register, reading, session)
  if (next === undefined) return
  energy.registers[reading.stream] = { ...next, at: reading.at }
  energy.totalWh = Math.max(energy.totalWh ?? 0, next.countedWh)
}

/**
 * Adds a whole session that was told afterwards, where the register counts each from 0 and so shows it nowhere else.
 * `overlaps`: it ended above where a later one began, as no register does that counts on. False: nothing was added.
 */
export function addPastSession(energy: EnergyState, wh: number, overlaps: boolean): boolean {
  const { announced } = energy.registers
  if (announced === undefined || energy.totalWh === undefined || !(wh > 0 && wh <= RISE_WH)) return false
  if (overlaps) announced.perSession = true
  if (!announced.perSession) return false
  energy.totalWh += wh
  for (const register of Object.values(energy.registers)) register.countedWh += wh
  return true
}

type Next = Omit<RegisterState, 'at'>

function later(
  energy: EnergyState,
  register: RegisterState,
  { wh, at }: RegisterReading,
  session: Session | undefined,
): Next | undefined {
  const begins = session !== undefined && session.id !== register.session
  // A clock that was set back is no reason to stop counting: more than before is news all the same.
  if (at < register.at && (wh <= register.wh || begins)) return undefined
  const next = { ...register, wh, session: session?.id ?? register.session }
  const { announced } = energy.registers
  const fell = wh < register.wh - JITTER_WH
  if (begins && (fell || register.perSession || (register.follows && announced?.perSession))) {
    const perSession = believable(wh, at - session.toldStartedAt, RESTART_WH)
    if (perSession) {
      const base = session.energyAtStartWh ?? energy.totalWh ?? 0
      return { ...next, perSession, countedWh: Math.max(register.countedWh, base + wh) }
    }
    if (!fell) return { ...next, perSession, countedWh: register.countedWh + grown(wh - register.wh, at - register.at) }
  }
  if (fell) {
    const counted = believable(wh, at - register.at, RESTART_WH) ? wh : 0
    return { ...next, countedWh: register.countedWh + counted }
  }
  if (wh < register.wh) return { ...next, wh: register.wh }
  return { ...next, countedWh: register.countedWh + grown(wh - register.wh, at - register.at) }
}

/** Where a register that was not known before begins to count. */
function firstSight(
  energy: EnergyState,
  { wh, at }: RegisterReading,
  session: Session | undefined,
): Omit<Next, 'session'> {
  const { registers, totalWh } = energy
  const fresh = { wh, perSession: false, follows: false }
  if (totalWh === undefined) return { ...fresh, countedWh: wh }
  for (const other of Object.values(registers)) {
    const same = at < other.at ? wh <= other.wh + JITTER_WH : wh >= other.wh - JITTER_WH
    if (same && believable(Math.abs(wh - other.wh), Math.abs(at - other.at), RESTART_WH))
      return { ...fresh, countedWh: other.countedWh + wh - other.wh, follows: other === registers.announced }
  }
  if (session?.energyAtStartWh !== undefined && believable(wh, at - session.toldStartedAt, RESTART_WH))
    return { ...fresh, countedWh: session.energyAtStartWh + wh, perSession: true }
  return { ...fresh, countedWh: totalWh }
}

function grown(wh: number, ms: number): number {
  return believable(wh, ms, RISE_WH) ? wh : 0
}

function believable(wh: number, ms: number, atOnceWh: number): boolean {
  return wh <= atOnceWh + (MAX_WATTS * Math.max(0, ms)) / 3_600_000
}
