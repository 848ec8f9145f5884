import type { LimitSettings } from '../core/ports.ts'
import type { Path, Problem } from '../lib/problem.ts'
import type { YamlFile } from '../lib/yaml-file.ts'
import { isAssumed, isName, type WrittenCharger } from './charger.ts'
import type { ConfiguredCharger } from './settings.ts'

/** Identifiers and names that stand twice, in any letter case; looked for even in entries that are wrong otherwise. */
export function repeated(chargers: unknown, source: YamlFile): readonly Problem[] {
  if (!Array.isArray(chargers)) return []
  const problems: Problem[] = []
  const seen = { id: new Map<string, number>(), name: new Map<string, number>() }
  const isNew = (key: 'id' | 'name', text: unknown, path: Path, index: number): boolean => {
    if (typeof text !== 'string') return true
    const first = seen[key].get(text.toLowerCase())
    if (first === undefined) {
      seen[key].set(text.toLowerCase(), index)
      return true
    }
    const { line } = source.at(['chargers', first])
    problems.push(
      source.problem(`duplicate-${key}`, path, `${text} is already the ${key} of the charger in line ${line}`),
    )
    return false
  }
  for (const [index, entry] of (chargers as unknown[]).entries()) {
    if (typeof entry !== 'object' || entry === null) continue
    const { id, name } = entry as { readonly id?: unknown; readonly name?: unknown }
    const path = ['chargers', index]
    const first = isNew('id', id, [...path, 'id'], index)
    if (name !== undefined) isNew('name', name, [...path, 'name'], index)
    // Without a name the identifier is one; that it stands twice was said.
    else if (first) isNew('name', id, [...path, 'id'], index)
  }
  return problems
}

/** What one entry says that a schema can't judge. */
export function checkChargers(
  chargers: readonly { readonly written: WrittenCharger; readonly index: number }[],
  source: YamlFile,
): readonly Problem[] {
  return chargers.flatMap(({ written, index }) => {
    const problems: Problem[] = []
    if (written.name === undefined && !isName(written.id)) {
      const message = `give it a name: ${written.id} can't be part of an object's name (ASCII without '.' and '/')`
      problems.push(source.problem('missing', ['chargers', index, 'id'], message))
    }
    if (isAssumed(written)) {
      const message = `nobody says what ${written.name ?? written.id} may draw, 32 A per phase is assumed: write its electrical: { maxCurrent: 32, phases: 3, voltage: 230 }`
      problems.push({ ...source.problem('assumed-rating', ['chargers', index, 'electrical'], message), warning: true })
    }
    const { key } = written.smartCharging ?? {}
    const refuse = (message: string) =>
      problems.push(source.problem('limit-key', ['chargers', index, 'smartCharging', 'key'], message))
    if (key !== undefined && written.electrical?.maxPower !== undefined)
      refuse('amperes mean nothing to direct current: leave the key out')
    else if (key !== undefined && (written.connectors ?? 1) > 1 && !key.includes('{connector}'))
      refuse(
        "one key can't hold the limits of several connectors: write {connector} where it has the connector's number",
      )
    return problems
  })
}

/** Limits that some charger can't keep. */
export function checkLimits(
  limits: LimitSettings,
  chargers: readonly ConfiguredCharger[],
  source: YamlFile,
): readonly Problem[] {
  const problems: Problem[] = []
  const refuse = (key: keyof LimitSettings, message: string) =>
    problems.push(source.problem('limit-range', ['limits', key], message))
  const { default: byDefault, minimum, step } = limits
  if (byDefault !== 'rating') {
    const direct = chargers.find(({ settings }) => settings.electrical.kind === 'dc')
    if (direct)
      refuse('default', `amperes mean nothing to ${direct.settings.name}, which has direct current: write rating`)
    if (byDefault > 0 && byDefault < minimum)
      refuse('default', `below the minimum of ${minimum} A counts as 0: write 0`)
  }
  const least = lowestRated(chargers)
  if (least === undefined) return problems
  const rated = `the ${least.amps} A that ${least.name} is rated for`
  if (byDefault !== 'rating' && byDefault > least.amps) refuse('default', `${byDefault} A is more than ${rated}`)
  if (minimum > least.amps) refuse('minimum', `${minimum} A is more than ${rated}`)
  if (step > least.amps) refuse('step', `${step} A is more than ${rated}`)
  return problems
}

function lowestRated(
  chargers: readonly ConfiguredCharger[],
): { readonly name: string; readonly amps: number } | undefined {
  let least: { readonly name: string; readonly amps: number } | undefined
  for (const { settings } of chargers) {
    const { electrical, name } = settings
    if (electrical.kind === 'ac' && (least === undefined || electrical.maxCurrent < least.amps))
      least = { name, amps: electrical.maxCurrent }
  }
  return least
}
