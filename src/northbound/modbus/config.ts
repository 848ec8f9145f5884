import { z } from 'zod'
import { RESERVED_PRIORITY } from '../../core/points/priority-array.ts'
import { cidr, duration, listenAddress } from '../../lib/schema.ts'
import { SECOND_BLOCK } from './binding.ts'

function unit() {
  return z.number().int().min(1).max(247)
}

/** config.yaml's section `modbus`. */
export const config = z.strictObject({
  tcp: z
    .strictObject({
      listen: listenAddress().prefault('0.0.0.0:502'),
      maxConnections: z.number().int().min(1).max(1000).default(32),
      idleTimeout: duration().prefault('60s'),
    })
    .prefault({}),
  /** A unit for each charger, or a block for each in one unit, or the same in both. */
  layout: z.enum(['units', 'blocks', 'both']).default('units'),
  blocks: z
    .strictObject({
      unit: unit().default(240),
      size: z.number().int().min(1).max(SECOND_BLOCK).default(300),
      first: z.number().int().min(0).max(50_000).default(0),
      texts: z
        .strictObject({
          unit: unit(),
          size: z.number().int().min(1).max(15_000).default(1500),
          first: z.number().int().min(0).max(50_000).default(0),
        })
        .optional(),
    })
    .prefault({}),
  /** One more unit that is the bridge, for clients that reach neither 0 nor 255. */
  unit: unit().optional(),
  allow: z.array(cidr()).prefault(['0.0.0.0/0', '::/0']),
  allowWrites: z.array(cidr()).prefault(['127.0.0.0/8']),
  readOnly: z.boolean().default(false),
  priority: z
    .number()
    .int()
    .min(1)
    .max(16)
    .refine((priority) => priority !== RESERVED_PRIORITY, 'priority 6 is reserved for minimum on/off times')
    .default(10),
})

export type ModbusConfig = z.output<typeof config>

/** A charger's key `modbus`. */
export const chargerConfig = z.strictObject({ unit: unit() })
