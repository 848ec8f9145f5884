import type { z } from 'zod'
import type { Point } from '../core/points/point.ts'
import type { Device, Finding, Listing } from '../core/ports.ts'

/** What mappings need of a northbound protocol; a plugin is one. */
export interface Protocol {
  readonly name: string
  /** The key of the protocol's name in a mapping row. */
  readonly binding: z.ZodType
  /** The key of the protocol's name in a mapping file. */
  readonly mappingOptions: z.ZodType
  /** Device address number `number` (0: the bridge itself), or `own`, the charger's own; undefined when they run out. */
  assign(config: unknown, number: number, own: unknown): number | undefined
  check(config: unknown, listings: readonly Listing[]): readonly Finding[]
  describe(config: unknown, device: Device, point: Point): object | undefined
}

/** The section of config.yaml by protocol; absent: the protocol is off. */
export type ProtocolConfigs = Readonly<Record<string, unknown>>

export function active(protocols: readonly Protocol[], configs: ProtocolConfigs): readonly Protocol[] {
  return protocols.filter(({ name }) => configs[name] !== undefined)
}
