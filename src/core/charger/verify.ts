import { meterKey } from '../points/meter-point.ts'
import type { Charger } from './charger.ts'
import type { LimitValue } from './command.ts'
import type { LimitProgress, Proof } from './control.ts'
import type { ChargerEvent, Sample } from './event.ts'
import { hasLapsed, toldUnits } from './limit.ts'
import type { LimitEvidence } from './vocabulary.ts'

/** A car follows within seconds (IEC 61851-1); what is drawn beyond the limit for longer than this is drawn in spite of it. */
export const BREACH_MS = 60_000
/** What is told sooner was measured before the limit came into force. */
const SETTLE_MS = 5_000
/** Meters and pilots are not exact: so much more is still within a limit. */
const SLACK = 0.05
const SLACK_AMPS = 1
const SLACK_WATTS = 250

type Values = ReadonlyMap<string, number>
type Judgement = 'kept' | 'exceeded' | undefined

/** A limit was accepted now: its proof begins, what was found of its forerunners stands until readings say otherwise. */
export function beginProof(charger: Charger, connector: number, progress: LimitProgress, now: number): void {
  const limit = progress.sent?.wanted.limit
  const meters = charger.state.connectors[connector]?.meters
  const exceededBefore =
    limit !== undefined && meters !== undefined && judge(charger, connector, limit, meters, 'Import') === 'exceeded'
  Object.assign(progress.proof, {
    acceptedAt: now,
    asked: false,
    told: false,
    offered: false,
    obeyed: false,
    exceededBefore,
    exceededSince: undefined,
  } satisfies Partial<Proof>)
}

/** Holds live readings of a connector against its limit; true when what is known of the limit has changed. */
export function weighReading(charger: Charger, connector: number, samples: readonly Sample[], now: number): boolean {
  const progress = charger.control.connectors[connector]?.limitProgress
  const limit = progress?.sent?.wanted.limit
  if (progress === undefined || limit === undefined || progress.outcome !== 'accepted') return false
  const { proof } = progress
  if (now - proof.acceptedAt < SETTLE_MS) return false
  const values = new Map(
    samples.flatMap(({ measurand, phase, location, value }) =>
      location === undefined ? [[meterKey(measurand, phase, undefined), value] as const] : [],
    ),
  )
  const drawn = judge(charger, connector, limit, values, 'Import')
  const offered = judge(charger, connector, limit, values, 'Offered')
  if (drawn === 'exceeded' || offered === 'exceeded') return exceed(proof, offered, now)
  if (drawn === undefined && offered === undefined) return false
  const before = { ...proof }
  // A schedule that says more than is drawn and offered is not worth asking for.
  if (proof.exceededSince !== undefined && proof.asked && !proof.told) charger.state.methods.silent = true
  forgive(proof)
  proof.offered = offered === 'kept' || proof.offered
  proof.obeyed = (drawn === 'kept' && proof.exceededBefore) || proof.obeyed
  return changed(before, proof)
}

/** Holds what the charger says of its own schedule against the limit that it accepted. */
export function weighSchedule(
  charger: Charger,
  told: Extract<ChargerEvent, { kind: 'limit-told' }>,
  now: number,
): void {
  const progress = charger.control.connectors[told.connector]?.limitProgress
  const limit = progress?.sent?.wanted.limit
  if (progress === undefined || limit === undefined || progress.outcome !== 'accepted') return
  // An answer about a limit that another has replaced since says nothing of that one.
  if (progress.sent?.command !== told.of) return
  const { proof } = progress
  proof.told = told.limit <= within(told.unit === 'A' ? limit.amps : limit.watts, told.unit)
  // What the schedule alone belied, it may bear out.
  if (proof.told && !proof.seen) forgive(proof)
  // Outside transactions many schedules show the rating: it is nothing that a default for transactions has to bound.
  const runs = told.connector !== 0 && charger.state.connectors[told.connector]?.transaction !== undefined
  if (!proof.told && runs) proof.exceededSince ??= now
}

/** How the limit in force is known; of a divided one, the worst of its parts. */
export function limitEvidence(charger: Charger, connector: number): LimitEvidence {
  const progress = charger.control.connectors[connector]?.limitProgress
  if (progress === undefined) return 'None'
  if (connector === 0 && progress.divided) {
    const parts = charger.control.connectors.slice(1).map((_, index) => limitEvidence(charger, index + 1))
    return (['Not honoured', 'None', 'Accepted'] as const).find((each) => parts.includes(each)) ?? 'Verified'
  }
  const { proof } = progress
  if (proof.broken) return 'Not honoured'
  if (progress.applied === undefined || hasLapsed(charger, connector)) return 'None'
  return proof.told || proof.offered || proof.obeyed ? 'Verified' : 'Accepted'
}

function forgive(proof: Proof): void {
  proof.exceededSince = undefined
  proof.seen = false
  proof.broken = false
  proof.breaches = 0
}

function exceed(proof: Proof, offered: Judgement, now: number): boolean {
  const before = { ...proof }
  if (offered === 'exceeded') proof.offered = false
  proof.obeyed = false
  proof.exceededSince ??= now
  proof.seen = true
  return changed(before, proof)
}

function changed(before: Proof, now: Proof): boolean {
  const keys = ['exceededSince', 'broken', 'offered', 'obeyed'] as const
  return keys.some((key) => before[key] !== now[key])
}

/**
 * Values of a connector against its limit, in the unit that the charger was told it in. A total of currents may be one phase or the sum of three: it is judged only
 * where both readings agree. What is offered is always per phase.
 */
function judge(
  charger: Charger,
  connector: number,
  limit: LimitValue,
  values: Values,
  what: 'Import' | 'Offered',
): Judgement {
  const { electrical } = charger.settings
  const watts = values.get(what === 'Import' ? 'Power.Active.Import' : 'Power.Offered')
  if (electrical.kind === 'dc') return watts === undefined ? undefined : between(watts, limit.watts, limit.watts, 'W')
  const { voltage, phases } = electrical
  const inWatts = toldUnits(charger, connector).includes('W')
  const current = `Current.${what}`
  const perPhase = ['L1', 'L2', 'L3'].flatMap((phase) => values.get(`${current}.${phase}`) ?? [])
  if (connector === 0 || inWatts) {
    const most = inWatts ? limit.watts : limit.amps * voltage * phases
    const sum = perPhase.length > 0 ? perPhase.reduce((a, b) => a + b) * voltage : undefined
    const whole = watts ?? (what === 'Import' ? sum : undefined)
    return whole === undefined ? undefined : between(whole, most, most, 'W')
  }
  if (perPhase.length > 0) return between(Math.max(...perPhase), limit.amps, limit.amps, 'A')
  const total = values.get(current)
  if (total !== undefined) return between(total, limit.amps, what === 'Offered' ? limit.amps : limit.amps * phases, 'A')
  if (watts === undefined) return undefined
  return between(watts, limit.amps * voltage, limit.amps * voltage * phases, 'W')
}

function between(value: number, surely: number, atMost: number, unit: 'A' | 'W'): Judgement {
  if (value <= within(surely, unit)) return 'kept'
  return value > within(atMost, unit) ? 'exceeded' : undefined
}

function within(limit: number, unit: 'A' | 'W'): number {
  return limit + Math.max(limit * SLACK, unit === 'A' ? SLACK_AMPS : SLACK_WATTS)
}

/** How often the charger was seen not to keep to a limit. */
export function breaches(charger: Charger): number {
  return charger.control.connectors.reduce((sum, { limitProgress }) => sum + limitProgress.proof.breaches, 0)
}
