import type { z } from 'zod'
import type { ChargerSettings, FleetSettings, LimitSettings } from '../core/ports.ts'
import type { Databases } from './database.ts'

/** The schemas that protocols bring: config knows none of them by name. */
export interface Sections {
  readonly southbound: Readonly<Record<string, z.ZodType>>
  readonly northbound: Readonly<Record<string, { readonly config: z.ZodType; readonly chargerConfig: z.ZodType }>>
  /** What speaks neither to chargers nor to the building. */
  readonly services?: Readonly<Record<string, z.ZodType>>
}

export interface ConfiguredCharger<S extends Sections = Sections> {
  readonly settings: ChargerSettings
  readonly mapping: string
  /** What the charger's keys of the northbound protocols say. */
  readonly northbound: { readonly [K in keyof S['northbound']]?: z.output<S['northbound'][K]['chargerConfig']> }
  /** Its place in the file's list. */
  readonly index: number
}

/** What can be looked at even while other parts of the file are wrong. */
export interface Draft<S extends Sections = Sections> {
  readonly site: string
  /** Where relative paths start: the folder of the file. */
  readonly folder: string
  readonly limits: LimitSettings
  readonly actions: FleetSettings['actions']
  /** Absent: it has a problem of its own. */
  readonly southbound: { readonly [K in keyof S['southbound']]?: z.output<S['southbound'][K]> }
  /** Absent: that protocol is off. */
  readonly northbound: { readonly [K in keyof S['northbound']]?: z.output<S['northbound'][K]['config']> }
  readonly chargers: readonly ConfiguredCharger<S>[]
}

/** config.yaml as it is run. */
export interface Settings<S extends Sections = Sections> extends Draft<S>, Databases {
  readonly southbound: { readonly [K in keyof S['southbound']]: z.output<S['southbound'][K]> }
  /** Absent: off. */
  readonly services: {
    readonly [K in keyof NonNullable<S['services']>]?: z.output<NonNullable<S['services']>[K]>
  }
}
