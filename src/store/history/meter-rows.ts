import type { Metered } from '../../core/history.ts'
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

/** Writes what meters say: as it came, and rolled up to quarters of an hour and days. Within a transaction of its caller. */
export class MeterRows {
  readonly #parts: MeterRowsParts

  constructor(parts: MeterRowsParts) {
    this.#parts = parts
  }

  write({ at, charger, connector, powerW, energyWh, session }: Metered): void {
    // A moment that no calendar has: it could never be written, and nothing else should have to wait for it.
    if (Number.isNaN(new Date(at).getTime())) return
    const power = finite(powerW)
    const energy = finite(energyWh)
    if (power !== null || energy !== null) this.#writeReading({ at, charger, connector, power, energy })
    const sessionEnergy = finite(session?.energyWh)
    if (session === undefined || sessionEnergy === null) return
    const { statements, source, nextRevision } = this.#parts
    const sample = { source, transaction: session.transactionId, at, energy: sessionEnergy }
    statements.sample.run({ ...sample, revision: nextRevision() })
  }

  #writeReading({ at, charger, connector, power, energy }: Reading): void {
    const { statements, source, days, raw, nextRevision } = this.#parts
    const key = { source, charger, connector, at }
    const head = statements.head.get(key)
    const before = raw ? statements.metered.get(key)?.power : head?.sampled === at ? head.power : null
    if (raw) statements.meter.run({ ...key, power, energy, revision: nextRevision() })

    const total = totalOf(head)
    const sample = power === null ? undefined : sampleOf(power, before ?? null)
    const all = energy === null ? shares(undefined, { at, energy: 0 }, days) : shares(total, { at, energy }, days)
    all.forEach((share, index) => {
      this.#grow(charger, connector, share, index === all.length - 1 ? sample : undefined)
    })

    const next = energy === null ? total : nextHead(total, { at, energy })
    const isLatest = power !== null && at >= (head?.sampled ?? -Infinity)
    statements.moveHead.run({
      charger,
      connector,
      at: next?.at ?? null,
      energy: next?.energy ?? null,
      sampled: isLatest ? at : (head?.sampled ?? null),
      power: isLatest ? power : (head?.power ?? null),
    })
  }

  #grow(charger: string, connector: number, share: Share, sample: Sample | undefined): void {
    const { statements, source, nextRevision } = this.#parts
    const power = sample?.power ?? null
    const row = { source, charger, connector, energy: share.energy, powerMin: power, powerMax: power }
    const sampled = { ...row, powerSum: sample?.sum ?? 0, samples: sample?.samples ?? 0 }
    statements.quarterHour.run({ ...sampled, start: share.start, revision: nextRevision() })
    statements.day.run({ ...sampled, date: share.date, revision: nextRevision() })
  }
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
