import type { z } from 'zod'
import type { Finding } from '../core/finding.ts'
import type { Point, PointDefinition } from '../core/points/point.ts'
import type { Device, ExportContext, Listing, RowBinding, Vacancies } from '../core/ports.ts'

/** What mappings need of a northbound protocol; a plugin is one. */
export interface Protocol {
  readonly name: string
  /** The key of the protocol's name in a mapping row. */
  readonly binding: z.ZodType
  /** The key of the protocol's name in a mapping file. */
  readonly mappingOptions: z.ZodType
  /** Device address number `number` (0: the bridge itself), or `own`, the charger's own; undefined when they run out. */
  assign(config: unknown, number: number, own: unknown): number | undefined
  /** Why a charger's own address does nothing as the protocol is configured; undefined: it counts. */
  idle?(config: unknown): string | undefined
  /** What to do when addresses run out. */
  readonly whenFull?: string
  /** `folder` is where relative files of the config start. */
  check(config: unknown, listings: readonly Listing[], folder: string): readonly Finding[]
  describe(config: unknown, device: Device, point: Point): object | undefined
  /** What a sheet says of a point's place beyond that. */
  details?(config: unknown, device: Device, point: Point): object | undefined
  /** What is free beside the rows of one scope of a mapping; `config` is undefined where the protocol is off. */
  vacancies(config: unknown, rows: readonly PlacedRow[]): Vacancies
  /** Formats of `points --format` that only this protocol knows, by name. */
  readonly exports?: Readonly<Record<string, Export>>
}

export type Files = ReadonlyMap<string, string | Uint8Array>

/** One set of files that the protocol's tools import. */
interface Export {
  /** It is always one file, which may go to standard output. */
  readonly single?: boolean
  /** The files by their names. */
  files(config: unknown, listings: readonly Listing[], context: ExportContext): Files | Promise<Files>
}

/** A mapping row as one protocol sees it. */
interface PlacedRow {
  readonly definition: PointDefinition
  readonly binding: RowBinding<unknown, unknown>
}

/** The section of config.yaml by protocol; absent: the protocol is off. */
export type ProtocolConfigs = Readonly<Record<string, unknown>>

export function active(protocols: readonly Protocol[], configs: ProtocolConfigs): readonly Protocol[] {
  return protocols.filter(({ name }) => configs[name] !== undefined)
}
