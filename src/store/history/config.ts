import { z } from 'zod'
import { duration } from '../../lib/schema.ts'

const SIZE = 'write a size such as 500MB or 2GB'
const factors: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 }

/** `500MB`, `2GB`: bytes. */
function size() {
  return z
    .string()
    .regex(/^\d+(\.\d+)?(kB|MB|GB)$/, SIZE)
    .transform((text) => Math.round(Number.parseFloat(text) * (factors[text.slice(-2)] ?? 1)))
    .meta({ form: SIZE })
}

/** How long entries are kept, and how much room they may take. */
function retention(keep: string, maxSize?: string) {
  const limited = maxSize === undefined ? size().optional() : size().prefault(maxSize)
  return z.strictObject({ keep: duration().prefault(keep), maxSize: limited }).prefault({})
}

/** What can be left out altogether; of what is there already, nothing is kept then. */
function optionalRetention(keep: string, maxSize: string) {
  return z.union([z.literal(false), retention(keep, maxSize)], 'write false, or {keep: 30d, maxSize: 1GB}').prefault({})
}

const histories = ['log', 'transactions', 'meters', 'quarterHours', 'days'] as const
export const exportForms = ['csv', 'xlsx', 'json'] as const

const scheduledExport = z.strictObject({
  every: z.enum(['day', 'week', 'month']),
  /** A folder, relative to the config. */
  to: z.string().min(1),
  format: z.enum(exportForms).default('csv'),
  histories: z.array(z.enum(histories)).min(1).default(['transactions', 'quarterHours']),
})

const kept = z.strictObject({
  log: optionalRetention('90d', '2GB'),
  transactions: retention('3650d'),
  meters: optionalRetention('30d', '1GB'),
  quarterHours: retention('730d'),
  days: retention('3650d'),
  export: scheduledExport.optional(),
})

/** config.yaml's section `history`; false: nothing of the past is kept beside what the bridge itself needs. */
export const config = z.union([z.literal(false), kept], 'write false, or how long each history is kept')

/** What counts while the section is absent. */
export const defaults: HistoryConfig = kept.parse({})

/** Milliseconds, and bytes. */
export interface Retention {
  readonly keep: number
  readonly maxSize?: number | undefined
}

/** As a bridge runs by it. */
export interface HistoryConfig {
  readonly log: Retention | false
  readonly transactions: Retention
  readonly meters: Retention | false
  readonly quarterHours: Retention
  readonly days: Retention
  readonly export?: z.output<typeof scheduledExport> | undefined
}
