import { z } from 'zod'
import { RESERVED_PRIORITY } from '../../core/points/priority-array.ts'
import { cidr, duration, listenAddress } from '../../lib/schema.ts'

/** config.yaml's section `modbus`. */
export const config = z.strictObject({
  tcp: z
    .strictObject({
      listen: listenAddress().prefault('0.0.0.0:502'),
      maxConnections: z.number().int().min(1).max(1000).default(32),
      idleTimeout: duration().prefault('60s'),
    })
    .prefault({}),
  allowWrites: z.array(cidr()).prefault(['127.0.0.0/8']),
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
export const chargerConfig = z.strictObject({ unit: z.number().int().min(1).max(247) })
