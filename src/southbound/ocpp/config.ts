import { z } from 'zod'
import type { Tag } from '../../core/charger/authorize.ts'
import { duration, listenAddress } from '../../lib/schema.ts'

const registration = z.enum(['accepted', 'pending', 'rejected'])

/** A moment as ISO 8601; a day alone ends with it, UTC. */
const moment = z
  .string()
  .refine(
    (text) => !Number.isNaN(momentOf(text)),
    'write a day such as 2027-12-31, or a time such as 2027-12-31T18:00:00Z',
  )
  .transform(momentOf)

const idTag = z.string().min(1).max(20)

const tag = z.union(
  [
    idTag.transform((text): Tag => ({ idTag: text })),
    z.strictObject({ idTag, expires: moment.optional(), parent: idTag.optional() }),
  ],
  'write a tag of at most 20 characters, or { idTag: …, expires: …, parent: … }',
)

function momentOf(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Date.parse(`${text}T23:59:59.999Z`)
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN
}

/** The oldest version of TLS that is spoken; below 1.2 chargers are let in that know nothing newer. */
const tlsVersions = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

/** Files are relative to the config. */
const tls = z.strictObject({
  listen: listenAddress().prefault('0.0.0.0:8888'),
  cert: z.string().min(1),
  key: z.string().min(1),
  clientCa: z.string().min(1).optional(),
  minVersion: z.enum(tlsVersions).default('TLSv1.2'),
})

/** Chargers beat every heartbeatInterval; after three that were missed nobody is there. */
const MISSED_HEARTBEATS = 3
/** Where the charger itself chooses how often it beats (an interval of 0). */
const DEFAULT_SILENCE_MS = 900_000

const keys = z.strictObject({
  listen: listenAddress().prefault('0.0.0.0:8887'),
  tls: tls.optional(),
  responseTimeout: duration().prefault('10s'),
  heartbeatInterval: duration().prefault('5m'),
  connectionLostFault: z.boolean().default(true),
  silenceTimeout: duration().optional().meta({ default: '15m' }),
  configRefresh: duration().prefault('1h'),
  requireSubprotocol: z.boolean().default(false),
  pingInterval: duration().prefault('0s'),
  guests: z
    .strictObject({ registration: registration.default('pending'), retryInterval: duration().prefault('120s') })
    .prefault({}),
  authorize: z
    .strictObject({
      mode: z.enum(['all', 'none', 'allExcept', 'noneExcept']).default('all'),
      allow: z.array(tag).default([]),
      deny: z.array(tag).default([]),
      oneTransactionPerTag: z.boolean().default(false),
      localList: z.boolean().default(true),
    })
    .prefault({}),
  shareIdTags: z.boolean().default(false),
  remoteStartIdTag: z.string().min(1).max(16).default('BMS'),
})

/** config.yaml's section `ocpp`. */
export const config = keys.transform(({ silenceTimeout, ...rest }) => ({
  ...rest,
  silenceTimeout: silenceTimeout ?? (MISSED_HEARTBEATS * rest.heartbeatInterval || DEFAULT_SILENCE_MS),
}))

export type OcppConfig = z.output<typeof config>
