import { z } from 'zod'
import { duration, listenAddress } from '../../lib/schema.ts'
import { tagList } from './tags.ts'

const registration = z.enum(['accepted', 'pending', 'rejected'])

/** The oldest version of TLS that is spoken; below 1.2 chargers are let in that know nothing newer. */
const tlsVersions = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

/** Who signs the certificates that chargers ask for. */
const chargerCa = z.strictObject({
  cert: z.string().min(1),
  key: z.string().min(1),
  validFor: duration().prefault('365d'),
})

/** Files are relative to the config. */
const tls = z.strictObject({
  listen: listenAddress().prefault('0.0.0.0:8888'),
  cert: z.string().min(1),
  key: z.string().min(1),
  clientCa: z.string().min(1).optional(),
  chargerCa: chargerCa.optional(),
  minVersion: z.enum(tlsVersions).default('TLSv1.2'),
})

/** What is said of the files of `tls`. */
export const certificates = { section: 'ocpp.tls', peers: 'chargers' } as const

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
      allow: tagList.default([]),
      deny: tagList.default([]),
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
