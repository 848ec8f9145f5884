import { z } from 'zod'
import { pointNames } from '../core/points/catalogue.ts'
import type { PointScope } from '../core/points/point.ts'
import { keyTypes } from '../core/points/standard-keys.ts'
import { units } from '../core/points/unit.ts'
import type { Protocol } from './protocol.ts'

type Bound = Pick<Protocol, 'name' | 'binding' | 'mappingOptions'>

const DEFAULT_STRIDE = 100

function byName<T extends z.ZodType>(protocols: readonly Bound[], of: (protocol: Bound) => T): Record<string, T> {
  return Object.fromEntries(protocols.map((protocol) => [protocol.name, of(protocol)]))
}

/** One row: a point and where each protocol shows it. */
export function rowSchema(scope: PointScope, protocols: readonly Bound[]) {
  return z.strictObject({
    // What the point may be is for load to judge, with "did you mean"; editors get the names to choose from.
    point: z.string().meta({ description: 'A point of the catalogue', anyOf: pointChoices(scope) }),
    unit: z.enum(Object.keys(units)).optional().meta({ description: 'Unit to show the value in' }),
    writable: z.boolean().optional().meta({ description: 'Whether the building may write it' }),
    enforce: z.boolean().optional().meta({ description: 'Write this configuration key again after each reboot' }),
    type: z.enum(keyTypes).optional().meta({ description: "What a vendor's configuration key stands for" }),
    states: z.array(z.string().min(1)).optional().meta({ description: 'Labels in place of the published texts' }),
    remove: z.literal(true).optional().meta({ description: 'Leave out what the extended mapping shows' }),
    ...byName(protocols, ({ binding }) => binding.optional()),
  })
}

export type WrittenRow = z.output<ReturnType<typeof rowSchema>>

export function stridesSchema(protocols: readonly Bound[]) {
  return z.strictObject(byName(protocols, () => z.int().min(1).max(10_000).default(DEFAULT_STRIDE)))
}

/** A mapping file. */
export function fileSchema(protocols: readonly Bound[]) {
  const rows = (scope: PointScope) => z.array(rowSchema(scope, protocols)).optional()
  return z.strictObject({
    mapping: z.string().meta({ description: "The file's name without its ending" }),
    extends: z.string().optional().meta({ description: 'Mapping whose rows are taken over' }),
    strides: stridesSchema(protocols).optional().meta({ description: 'Connector n starts at n times the stride' }),
    ...byName(protocols, ({ mappingOptions }) => mappingOptions.optional()),
    bridge: rows('bridge'),
    charger: rows('charger'),
    connector: rows('connector'),
  })
}

/** The JSON schema by which editors complete and check mapping files. */
export function mappingSchema(protocols: readonly Bound[]): object {
  return z.toJSONSchema(fileSchema(protocols), { io: 'input', unrepresentable: 'any' })
}

function pointChoices(scope: PointScope): readonly object[] {
  const names = { enum: pointNames(scope) }
  if (scope === 'bridge') return [names]
  const meter = { pattern: '^meter\\.' }
  return scope === 'charger' ? [names, meter, { pattern: '^config\\.' }] : [names, meter]
}
