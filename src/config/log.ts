import { z } from 'zod'
import { didYouMean } from '../lib/nearest.ts'
import type { Problem } from '../lib/problem.ts'
import type { YamlFile } from '../lib/yaml-file.ts'

const FILTER = "write a charger's id or name, or a list of them"

/** config.yaml's section `log`. */
export const config = z.strictObject({
  /** What the log is about; empty: everything. */
  filter: z
    .union([z.string(), z.array(z.string())], FILTER)
    .default('')
    .transform((written): readonly string[] =>
      (typeof written === 'string' ? [written] : written).map((name) => name.trim()).filter((name) => name !== ''),
    ),
})

/** All of it is taken up while the bridge runs. */
export const live = ['filter'] as const

export type LogSettings = z.output<typeof config>

interface Called {
  readonly settings: { readonly id: string; readonly name: string }
}

/** Names that are those of no charger; a guest's is right, but a typing mistake is likelier. */
export function checkFilter(
  { filter }: LogSettings,
  chargers: readonly Called[],
  source: YamlFile,
): readonly Problem[] {
  const names = chargers.flatMap(({ settings: { id, name } }) => [id, name])
  const known = new Set(names.map((name) => name.toLowerCase()))
  return filter.flatMap((name) => {
    if (known.has(name.toLowerCase())) return []
    const message = `${name} is no charger of this config${didYouMean(name, names)}: only a guest can have that identifier`
    return [{ ...source.problem('log-filter', ['log', 'filter'], message), warning: true as const }]
  })
}

/**
 * Which lines stand in the log: all, or those of the chargers that the filter names. Of those that are about no charger
 * warnings and errors stand there all the same.
 */
export function passesFilter(
  { filter }: LogSettings,
  chargers: readonly Called[],
): (level: string, fields: Readonly<Record<string, unknown>>) => boolean {
  if (filter.length === 0) return () => true
  const wanted = new Set(filter.map((name) => name.toLowerCase()))
  for (const { settings } of chargers) {
    const id = settings.id.toLowerCase()
    if (wanted.has(settings.name.toLowerCase())) wanted.add(id)
  }
  return (level, { charger, identifier }) => {
    // Whoever is turned away at the door is no charger yet, but says that it is one.
    const who = charger ?? identifier
    if (typeof who === 'string') return wanted.has(who.toLowerCase())
    return level === 'warn' || level === 'error'
  }
}
