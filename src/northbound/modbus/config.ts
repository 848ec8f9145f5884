import { z } from 'zod'
import { RESERVED_PRIORITY } from '../../core/points/priority-array.ts'
import { cidr, duration, listenAddress } from '../../lib/schema.ts'
import { LAST_UNIT, SECOND_BLOCK } from './binding.ts'

const unit = z.number().int().min(1).max(LAST_UNIT)
const connections = {
  maxConnections: z.number().int().min(1).max(1000).default(32),
  idleTimeout: duration().prefault('60s'),
}

const tcp = z.strictObject({ listen: listenAddress().prefault('0.0.0.0:502'), ...connections })

/** What the UARTs of all adapters can. */
const baudRates = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200] as const

/** The bridge's own unit where 0 is a broadcast and 255 does not exist: the last, as chargers are counted from 1. */
const bridgeUnit = unit.default(LAST_UNIT)

const rtu = z.strictObject({
  port: z.string().min(1),
  baudRate: z.literal(baudRates).default(19_200),
  parity: z.enum(['even', 'odd', 'none']).default('even'),
  stopBits: z.literal([1, 2]).default(1),
  unit: bridgeUnit,
  writable: z.boolean().default(false),
})

const rtuTcp = z.strictObject({ listen: listenAddress(), unit: bridgeUnit, ...connections })

/** Modbus/TCP Security. Files are relative to the config. */
const tls = z.strictObject({
  listen: listenAddress().prefault('0.0.0.0:802'),
  cert: z.string().min(1),
  key: z.string().min(1),
  clientCa: z.string().min(1),
  writeRoles: z.array(z.string().min(1)).default([]),
  ...connections,
})

const keys = z.strictObject({
  tcp: tcp.optional(),
  rtu: rtu.optional(),
  rtuTcp: rtuTcp.optional(),
  tls: tls.optional(),
  /** A unit for each charger, or a block for each in one unit, or the same in both. */
  layout: z.enum(['units', 'blocks', 'both']).default('units'),
  blocks: z
    .strictObject({
      unit: unit.default(240),
      size: z.number().int().min(1).max(SECOND_BLOCK).default(300),
      first: z.number().int().min(0).max(50_000).default(0),
      texts: z
        .strictObject({
          unit: unit,
          size: z.number().int().min(1).max(15_000).default(1500),
          first: z.number().int().min(0).max(50_000).default(0),
        })
        .optional(),
    })
    .prefault({}),
  /** One more unit that is the bridge, for clients that reach neither 0 nor 255. */
  unit: unit.optional(),
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

/** config.yaml's section `modbus`; one that says of no listener has that of Modbus TCP. */
export const config = keys.transform((written) => {
  const isSilent = [written.tcp, written.rtu, written.rtuTcp, written.tls].every((listener) => listener === undefined)
  return isSilent ? { ...written, tcp: tcp.parse({}) } : written
})

export type ModbusConfig = z.output<typeof config>

/** A charger's key `modbus`. */
export const chargerConfig = z.strictObject({ unit })
