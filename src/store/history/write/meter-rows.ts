import type { Metered } from '../../../core/history.ts'
import { type Days, nextHead, type Share, shares, type Total } from './roll-up.ts'
import type { RowStatements } from './row-statements.ts'

export interface MeterRowsParts {
  readonly statements: RowStatements
  readonly source: number
  readonly days: Days
  /** Whether readings are kept as they came, beside what they are rolled up to. */
  readonly raw: boolean
  readonly nextRevision: () => number
}

/** A power, and how much it adds to the number and the sum of an interval's samples. */
interface Sample {
  readonly power: number
  readonly samples: 0 | 1
  readonly sum: number
}

/** What one transaction adds to an interval. */
interface Growth {
  readonly charger: string
  readonly connector: number
  energy: number
  powerMin: number | null
  powerMax: number | null
  powerSum: number
  samples: number
}

/** The head of a connector as it will stand. */
interface MovingHead {
  readonly charger: string
  readonly connector: number
  total: Total | undefined
  sampled: number | null
  power: number | null
}

/**
 * Writes what meters say, within one transaction of its caller: as it came, and rolled up to quarters of an hour and days.
 * What many readings of a connector add to the same rows is written once.
 */
export class MeterRows {
  readonly #parts: MeterRowsParts
  readonly #heads = new Map<string, MovingHead>()
  readonly #quarterHours = new Map<string, Growth & { readonly start: number }>()
  readonly #days = new Map<string, Growth & { readonly date: string }>()

  constructor(parts: MeterRowsParts) {
    this.#parts = parts
  }

  add({ at, charger, connector, powerW, energyWh, session }: Metered): void {
    // A moment that no calendar has: it could never be written, and nothing else should have to wait for it.
    if (Number.isNaN(new Date(at).getTime())) return
    const power = finite(powerW)
    const energy = finite(energyWh)
    if (power !== null || energy !== null) this.#addReading({ at, charger, connector, power, energy })
    const sessionEnergy = finite(session?.energyWh)
    if (session === undefined || sessionEnergy === null) return
    const { statements, source, nextRevision } = this.#parts
    const sample = { source, transaction: session.transactionId, at, energy: sessionEnergy }
    statements.sample.run({ ...sample, revision: nextRevision() })
  }

  /** What all that was added comes to. */
  write(): void {
    const { statements, source, nextRevision } = this.#parts
    for (const row of this.#quarterHours.values())
      statements.quarterHour.run({ source, ...row, revision: nextRevision() })
    for (const row of this.#days.values()) statements.day.run({ source, ...row, revision: nextRevision() })
    for (const { charger, connector, total, sampled, power } of this.#heads.values()) {
      const { at = null, energy = null } = total ?? {}
      statements.moveHead.run({ charger, connector, at, energy, sampled, power })
    }
  }

  #addReading({ at, charger, connector, power, energy }: Reading): void {
    const { statements, source, days, raw, nextRevision } = this.#parts
    const key = { source, charger, connector, at }
    const head = this.#head(charger, connector)
    const before = raw ? statements.metered.get(key)?.power : head.sampled === at ? head.power : null
    if (raw) statements.meter.run({ ...key, power, energy, revision: nextRevision() })

    const sample = power === null ? undefined : sampleOf(power, before ?? null)
    const all = energy === null ? shares(undefined, { at, energy: 0 }, days) : shares(head.total, { at, energy }, days)
    all.forEach((share, index) => {
      this.#grow(head, share, index === all.length - 1 ? sample : undefined)
    })

    if (energy !== null) head.total = nextHead(head.total, { at, energy })
    if (power === null || at < (head.sampled ?? -Infinity)) return
    head.sampled = at
    head.power = power
  }

  #head(charger: string, connector: number): MovingHead {
    const key = `${charger}\n${connector}`
    let head = this.#heads.get(key)
    if (head === undefined) {
      const stored = this.#parts.statements.head.get({ charger, connector })
      const { sampled = null, power = null } = stored ?? {}
      head = { charger, connector, total: totalOf(stored), sampled, power }
      this.#heads.set(key, head)
    }
    return head
  }

  #grow({ charger, connector }: MovingHead, { start, date, energy }: Share, sample: Sample | undefined): void {
    const fresh = { charger, connector, energy: 0, powerMin: null, powerMax: null, powerSum: 0, samples: 0 }
    grow(found(this.#quarterHours, `${charger}\n${connector}\n${start}`, { ...fresh, start }), energy, sample)
    grow(found(this.#days, `${charger}\n${connector}\n${date}`, { ...fresh, date }), energy, sample)
  }
}

function found<T>(all: Map<string, T>, key: string, fresh: T): T {
  const known = all.get(key)
  if (known === undefined) all.set(key, fresh)
  return known ?? fresh
}

function grow(row: Growth, energy: number, sample: Sample | undefined): void {
  row.energy += energy
  if (sample === undefined) return
  const { power } = sample
  row.powerMin = Math.min(power, row.powerMin ?? power)
  row.powerMax = Math.max(power, row.powerMax ?? power)
  row.powerSum += sample.sum
  row.samples += sample.samples
}

interface Reading {
  readonly at: number
  readonly charger: string
  readonly connector: number
  readonly power: number | null
  readonly energy: number | null
}

function totalOf(head: { readonly at: number | null; readonly energy: number | null } | undefined): Total | undefined {
  return head === undefined || head.at === null || head.energy === null
    ? undefined
    : { at: head.at, energy: head.energy }
}

/** A power that is told again, or put right, is no second sample. */
function sampleOf(power: number, before: number | null): Sample {
  return before === null ? { power, samples: 1, sum: power } : { power, samples: 0, sum: power - before }
}

/** What isn't a number is none that could be kept. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
