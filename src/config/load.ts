import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { MeterSettings } from '../core/ports.ts'
import { hasErrors, type Problem, sortProblems } from '../lib/problem.ts'
import { duration } from '../lib/schema.ts'
import { validate } from '../lib/validate.ts'
import { readYaml, type YamlFile } from '../lib/yaml-file.ts'
import { chargerSchema, chargerSettings, objectName, type WrittenCharger } from './charger.ts'
import { checkChargers, checkLimits, repeated } from './check.ts'
import { databases, spool, store } from './database.ts'
import { type Environment, substitute } from './environment.ts'
import { meterValues } from './meter-values.ts'
import type { ConfiguredCharger, Draft, Sections, Settings } from './settings.ts'

const DEFAULT_SITE = 'Site'

const limits = z.strictObject({
  default: z.union([z.literal('rating'), z.number().min(0)], 'write rating or a number of amperes').default('rating'),
  minimum: z.number().min(0).default(6),
  step: z.number().positive().default(1),
  increaseInterval: duration().prefault('30s'),
  clearOnAdopt: z.boolean().default(true),
})

const actions = z.strictObject({
  trigger: z.enum(['edge', 'write']).default('edge'),
  deadline: duration().prefault('30s'),
})

/** The whole file as one schema: what exists, and what is assumed when it is absent. */
export function configSchema(sections: Sections) {
  return z.strictObject({
    site: objectName().default(DEFAULT_SITE),
    ...optional(sections.southbound),
    ...optional(mapValues(sections.northbound, ({ config }) => config)),
    ...optional(sections.services ?? {}),
    store,
    spool: spool.optional(),
    limits: limits.prefault({}),
    actions: actions.prefault({}),
    meterValues: meterValues.optional(),
    chargers: z.array(chargerSchema(mapValues(sections.northbound, ({ chargerConfig }) => chargerConfig))).default([]),
  })
}

export interface Config<S extends Sections> {
  /** All of them, in the order of the file. */
  readonly problems: readonly Problem[]
  /** What could be read, for further checks; undefined when the file is no YAML. */
  readonly draft: Draft<S> | undefined
  /** Only when no problem is more than a warning. */
  readonly settings: Settings<S> | undefined
  /** For the places of what is found later. */
  readonly source: YamlFile
}

/** config.yaml as frozen settings, or with every problem found at its place. */
export function loadConfig<S extends Sections>(
  file: string,
  sections: S,
  environment: Environment = process.env,
): Config<S> {
  return configOf(readYaml(resolve(file)), sections, environment)
}

/** The same for a text that is already read; paths in it are relative to `source.file`. */
export function configOf<S extends Sections>(
  source: YamlFile,
  sections: S,
  environment: Environment = process.env,
): Config<S> {
  if (source.problems.length > 0) return { problems: source.problems, draft: undefined, settings: undefined, source }
  const problems: Problem[] = []
  const value = substitute(source, environment, problems) ?? {}
  const schema = configSchema(sections)
  // Names first: a value under an unknown key has no schema of its own.
  const shape = z.strictObject(mapValues(schema.shape, () => z.unknown().optional()))
  const known = new Set(Object.keys(schema.shape))
  validate(shape, value, source, [], problems)
  if (typeof value !== 'object' || Array.isArray(value))
    return { problems, draft: undefined, settings: undefined, source }
  const written = new Map(Object.entries(value).filter(([key]) => known.has(key)))
  // `modbus:` with nothing behind it means its defaults.
  const part = <T extends z.ZodType>(key: string, of: T) =>
    validate(of, written.get(key) ?? {}, source, [key], problems)

  const site = validate(schema.shape.site, written.get('site') ?? undefined, source, ['site'], problems) ?? DEFAULT_SITE
  const kept = databases(written, source, problems)
  const limitSettings = part('limits', limits)
  const actionSettings = part('actions', actions)
  const southbound = mapValues(sections.southbound, (of, name) => part(name, of))
  const ifWritten = (name: string, of: z.ZodType) => (written.has(name) ? part(name, of) : undefined)
  const northbound = defined(mapValues(sections.northbound, ({ config }, name) => ifWritten(name, config)))
  const services = defined(mapValues(sections.services ?? {}, (of, name) => ifWritten(name, of)))
  const chargers = readChargers(written.get('chargers') ?? [], schema.shape.chargers.unwrap().element, source, problems)
  problems.push(...repeated(written.get('chargers'), source), ...checkChargers(chargers, source))
  const measured = written.has('meterValues') ? part('meterValues', meterValues) : undefined
  const configured = chargers.map(({ written: charger, index }) => configure(charger, index, sections, measured))
  if (limitSettings !== undefined) problems.push(...checkLimits(limitSettings, configured, source))

  const draft = freeze({
    site,
    folder: dirname(source.file),
    southbound: defined(southbound),
    limits: limitSettings ?? limits.parse({}),
    actions: actionSettings ?? actions.parse({}),
    northbound,
    chargers: configured,
  }) as Draft<S>
  const whole = hasErrors(problems) || kept === undefined ? undefined : { ...draft, southbound, services, ...kept }
  return { problems: sortProblems(problems), draft, settings: whole && (freeze(whole) as Settings<S>), source }
}

function readChargers(
  value: unknown,
  schema: z.ZodType<WrittenCharger>,
  source: YamlFile,
  problems: Problem[],
): readonly { readonly written: WrittenCharger; readonly index: number }[] {
  if (validate(z.array(z.unknown()), value, source, ['chargers'], problems) === undefined) return []
  return (value as unknown[]).flatMap((entry, index) => {
    const written = validate(schema, entry, source, ['chargers', index], problems)
    return written === undefined ? [] : [{ written, index }]
  })
}

function configure(
  written: WrittenCharger,
  index: number,
  { northbound }: Sections,
  measured: MeterSettings | undefined,
): ConfiguredCharger {
  const own = Object.entries(written).filter(([key]) => Object.hasOwn(northbound, key))
  return {
    settings: chargerSettings(written, measured),
    mapping: written.mapping,
    northbound: defined(Object.fromEntries(own)),
    index,
  }
}

function optional(schemas: Readonly<Record<string, z.ZodType>>) {
  return mapValues(schemas, (schema) => schema.optional())
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, to: (value: V, key: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value, key)]))
}

function defined(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

/** Frozen all the way down. */
function freeze<T>(value: T): T {
  // Octets of an address can't be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
