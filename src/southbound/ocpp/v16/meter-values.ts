import type { MeterStream, Reading, Sample, SignedValue } from '../../../core/charger/event.ts'
import { measurands, meterKey } from '../../../core/points/meter-point.ts'
import { number, objects, text, time } from './normalise.ts'

export interface MeterReading {
  readonly reading: Reading
  /** The register at the start of the transaction: never a live value. */
  readonly energyAtStartWh?: number
}

type Sent = Readonly<Record<string, unknown>>

/** One value as sent, understood but not yet ranked against the others of its moment. */
interface Candidate {
  readonly measurand: string
  readonly phase: string | undefined
  readonly location: string | undefined
  readonly value: number
  readonly context: string
  /** What it is a value of. */
  readonly key: string
}

/** What was measured at one time. */
interface Moment {
  readonly at: number | undefined
  readonly candidates: readonly Candidate[]
  readonly signed: readonly SignedValue[]
}

/** Which context speaks for now; what isn't listed ranks as Other. Transaction.Begin never does. */
const contextRank: Readonly<Record<string, number>> = {
  'Sample.Periodic': 6,
  Trigger: 5,
  'Sample.Clock': 4,
  'Transaction.End': 3,
  'Interruption.End': 2,
  Other: 1,
  'Interruption.Begin': 0,
}
const BEGIN = 'Transaction.Begin'
const REGISTER = 'Energy.Active.Import.Register'
/** A signed record is 0.5 to 4 kB long, and a charger that signs every sample sends hundreds. */
const MAX_SIGNED_LENGTH = 10_000
const MAX_SIGNED = 16

/**
 * The readings of a MeterValues or of a StopTransaction's transactionData: of several moments the latest counts, of
 * several contexts the one that speaks for now; units are undone and phases summed where no total was sent.
 */
export function meterReading(meterValue: unknown): MeterReading {
  // Sorting is stable: of those that name no time, or the same, the later sent counts as later.
  const moments = objects(meterValue)
    .map(momentOf)
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
  const best = new Map<string, Candidate>()
  let energyAtStartWh: number | undefined
  for (const { candidates } of moments) {
    const seen = moments.length === 1 ? best : new Map<string, Candidate>()
    for (const each of candidates) {
      if (each.context === BEGIN) {
        if (each.measurand === REGISTER && each.phase === undefined) energyAtStartWh = each.value
        continue
      }
      const other = seen.get(each.key)
      if (other === undefined || rankOf(each.context) > rankOf(other.context)) seen.set(each.key, each)
    }
    if (seen !== best) for (const [key, each] of seen) best.set(key, each)
  }
  const chargerTime = moments.at(-1)?.at
  const signed = moments.flatMap((each) => each.signed).slice(-MAX_SIGNED)
  const ranked = [...best.values()]
  const reading: Reading = {
    stream: streamOf(ranked),
    samples: withTotals(withoutInnerLocations(ranked)).map(sampleOf),
    ...(chargerTime !== undefined && { chargerTime }),
    ...(signed.length > 0 && { signed }),
  }
  return energyAtStartWh === undefined ? { reading } : { reading, energyAtStartWh }
}

/** Dozens of values a message, of each charger every few seconds: read in one pass. */
function momentOf({ timestamp, sampledValue }: Sent): Moment {
  const candidates: Candidate[] = []
  const signed: SignedValue[] = []
  for (const sent of objects(sampledValue)) {
    if (isSigned(sent)) {
      const record = signedValue(sent)
      if (record !== undefined) signed.push(record)
      continue
    }
    const understood = candidate(sent)
    if (understood !== undefined) candidates.push(understood)
  }
  return { at: time(timestamp), candidates, signed }
}

function sampleOf({ measurand, phase, location, value }: Candidate): Sample {
  if (location !== undefined)
    return phase === undefined ? { measurand, location, value } : { measurand, phase, location, value }
  return phase === undefined ? { measurand, value } : { measurand, phase, value }
}

/** Some leave out that it is SignedData. */
function isSigned({ format, value }: Sent): boolean {
  if (format !== undefined && text(format, 20)?.toLowerCase() === 'signeddata') return true
  return typeof value === 'string' && value.startsWith('OCMF|')
}

/** The text of a signed record as it was sent. */
function signedValue({ value, context, measurand }: Sent): SignedValue | undefined {
  if (typeof value !== 'string' || value === '' || value.length > MAX_SIGNED_LENGTH) return undefined
  return { text: value, context: contextOf(context), measurand: measurandOf(text(measurand, 50), undefined).measurand }
}

function contextOf(sent: unknown): string {
  return text(sent, 30)?.trim() ?? 'Sample.Periodic'
}

function candidate(sent: Sent): Candidate | undefined {
  const value = number(sent.value)
  const told = phaseOf(sent.phase)
  if (value === undefined || told === 'none') return undefined
  const unit = text(sent.unit, 20)
  const { measurand, phase = told } = measurandOf(text(sent.measurand, 50), unit)
  const place = text(sent.location, 10)
  const location = place === 'Outlet' ? undefined : place
  return {
    measurand,
    phase: told ?? phase,
    location,
    value: converted(value, measurand, unit),
    context: contextOf(sent.context),
    key: meterKey(measurand, told ?? phase, location),
  }
}

/** Phases as nearly all write them; L1-N is L1. */
const phases: Readonly<Record<string, string>> = {
  L1: 'L1',
  L2: 'L2',
  L3: 'L3',
  'L1-N': 'L1',
  'L2-N': 'L2',
  'L3-N': 'L3',
  'L1-L2': 'L1-L2',
  'L2-L3': 'L2-L3',
  'L3-L1': 'L3-L1',
}

/** Values of N alone are left out ('none'). */
function phaseOf(sent: unknown): string | undefined {
  if (sent === undefined) return undefined
  if (typeof sent === 'string' && Object.hasOwn(phases, sent)) return phases[sent]
  const plain = text(sent, 10)?.toUpperCase()
  if (plain === undefined) return undefined
  if (plain === 'N') return 'none'
  return plain.replace(/-N$/, '')
}

/** The measurand; some names carry the phase. Without one it is the energy register, or what the unit says. */
function measurandOf(
  sent: string | undefined,
  unit: string | undefined,
): { readonly measurand: string; readonly phase?: string } {
  if (sent === undefined) return { measurand: byUnit[unit?.toLowerCase() ?? ''] ?? REGISTER }
  if (Object.hasOwn(measurands, sent)) return { measurand: sent }
  const match = /^(.*?)\.(L[123](?:-(?:N|L[123]))?)$/.exec(sent.trim())
  return match?.[1] && match[2]
    ? { measurand: match[1], phase: match[2].replace(/-N$/, '') }
    : { measurand: sent.trim() }
}

const byUnit: Readonly<Record<string, string>> = {
  a: 'Current.Import',
  v: 'Voltage',
  w: 'Power.Active.Import',
  kw: 'Power.Active.Import',
}

/** Units of 1.6 (7.45) and what chargers write for them, as factors to SI. */
const factors: Readonly<Record<string, number>> = { k: 1000, m: 0.001 }

function converted(value: number, measurand: string, unit: string | undefined): number {
  if (unit === 'W' || unit === 'A' || unit === 'V' || unit === 'Wh') return value
  const plain = unit?.trim() ?? ''
  if (measurand === 'Temperature') return celsius(value, plain.toLowerCase())
  if (measurand === 'Power.Factor') return plain.toLowerCase() === 'percent' || plain === '%' ? value / 100 : value
  const prefixed = /^([km])(wh|w|varh|var|va|a|v)$/i.exec(plain)
  const factor = factors[prefixed?.[1]?.toLowerCase() ?? ''] ?? 1
  // 7.512 × 1000 is 7512 to a reader, not 7511.999999999999.
  return factor === 1 ? value : Number((value * factor).toFixed(6))
}

function celsius(value: number, unit: string): number {
  if (unit.startsWith('f')) return Number((((value - 32) * 5) / 9).toFixed(3))
  if (unit === 'k' || unit === 'kelvin') return Number((value - 273.15).toFixed(3))
  // No part of a charger is at 200 °C and still talks: such numbers are thousandths.
  return Math.abs(value) >= 200 ? value / 1000 : value
}

function rankOf(context: string): number {
  return contextRank[context] ?? 1
}

function streamOf(candidates: readonly Candidate[]): MeterStream {
  const register = candidates.find(
    (each) => each.measurand === REGISTER && each.phase === undefined && each.location !== 'Inlet',
  )
  const context = (register ?? candidates[0])?.context ?? 'Sample.Periodic'
  if (context === 'Sample.Clock') return 'clock'
  return context.startsWith('Transaction.') ? 'edge' : 'periodic'
}

/** What is measured in the cable, the body or the vehicle also counts for the connector; the inlet is another meter. */
function withoutInnerLocations(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.every((each) => each.location === undefined)) return candidates
  const outlet = new Set(candidates.flatMap((each) => (each.location === undefined ? [each.key] : [])))
  const copies = candidates.filter(
    (each) =>
      each.location !== undefined &&
      each.location !== 'Inlet' &&
      !outlet.has(meterKey(each.measurand, each.phase, undefined)),
  )
  return [...candidates, ...copies.map((each) => ({ ...each, location: undefined }))]
}

/** What the phases add up to where the charger sent no total. */
const totalled: ReadonlySet<string> = new Set([
  'Power.Active.Import',
  REGISTER,
  'Power.Active.Export',
  'Power.Offered',
  'Power.Reactive.Import',
])

/** Power and energy of the phases add up to the total where the charger sent none. */
function withTotals(candidates: readonly Candidate[]): readonly Candidate[] {
  const phases = candidates.filter(
    ({ measurand, phase, location }) =>
      phase !== undefined && location === undefined && totalled.has(measurand) && /^L[123]$/.test(phase),
  )
  if (phases.length === 0) return candidates
  const totals = new Map<string, Candidate>()
  for (const each of phases) {
    const { measurand, value } = each
    const before = totals.get(measurand)?.value ?? 0
    totals.set(measurand, { ...each, phase: undefined, value: Number((before + value).toFixed(6)) })
  }
  for (const { measurand, phase, location } of candidates)
    if (phase === undefined && location === undefined) totals.delete(measurand)
  return [...candidates, ...totals.values()]
}
