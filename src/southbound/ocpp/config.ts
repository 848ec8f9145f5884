import { z } from 'zod'
import { duration, listenAddress } from '../../lib/schema.ts'

const registration = z.enum(['accepted', 'pending', 'rejected'])

/** config.yaml's section `ocpp`. */
export const config = z.strictObject({
  listen: listenAddress().prefault('0.0.0.0:8887'),
  responseTimeout: duration().prefault('10s'),
  heartbeatInterval: duration().prefault('5m'),
  connectionLostFault: z.boolean().default(true),
  silenceTimeout: duration().prefault('15m'),
  configRefresh: duration().prefault('1h'),
  requireSubprotocol: z.boolean().default(false),
  pingInterval: duration().prefault('0s'),
  guests: z
    .strictObject({ registration: registration.default('pending'), retryInterval: duration().prefault('120s') })
    .prefault({}),
  authorize: z
    .strictObject({
      mode: z.enum(['all', 'none', 'allExcept', 'noneExcept']).default('all'),
      allow: z.array(z.string().min(1).max(20)).default([]),
      deny: z.array(z.string().min(1).max(20)).default([]),
    })
    .prefault({}),
  shareIdTags: z.boolean().default(false),
  remoteStartIdTag: z.string().min(1).max(16).default('BMS'),
})

export type OcppConfig = z.output<typeof config>
