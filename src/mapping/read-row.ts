import { pointNames } from '../core/points/catalogue.ts'
import { measurands } from '../core/points/meter-point.ts'
import { baseUnit, type PointDefinition, type PointScope } from '../core/points/point.ts'
import { isSecretKey, standardKey, standardKeys } from '../core/points/standard-keys.ts'
import { isUnit, type Unit } from '../core/points/unit.ts'
import { withArticle } from '../lib/article.ts'
import { didYouMean } from '../lib/nearest.ts'
import type { Path, Problem } from '../lib/problem.ts'
import type { YamlFile } from '../lib/yaml-file.ts'
import type { Row } from './mapping.ts'
import type { WrittenRow } from './schema.ts'

/** A row held against the catalogue; everything that doesn't fit goes to `problems`. */
export function readRow<D extends PointDefinition>(
  written: WrittenRow,
  definition: D,
  { yaml, path, protocols, problems }: RowPlace,
): Row<D> | undefined {
  const before = problems.length
  const { point, unit: shown, writable, enforce, type, states, remove: _, ...rest } = written
  const refuse = (code: string, key: string, message: string) =>
    problems.push(yaml.problem(code, [...path, key], message))

  const unit = unitOf(definition, shown, (message) => refuse('unit', 'unit', message))
  if (states !== undefined) {
    if (definition.states === undefined) refuse('states', 'states', `${point} has no states to label`)
    else if (definition.states.length !== states.length) {
      const message = `${point} has ${definition.states.length} states, and here are ${states.length} labels: ${definition.states.join(', ')}`
      refuse('states', 'states', message)
    }
  }
  if (type !== undefined && (definition.write?.kind !== 'configuration' || standardKey(definition.write.key)))
    refuse(
      'type',
      'type',
      `${point} is ${withArticle(definition.type)}: only a vendor's configuration key is given a type`,
    )
  if (writable && definition.write === undefined) refuse('not-writable', 'writable', `${point} can't be written`)
  const mayWrite = writable ?? (definition.write !== undefined && !definition.guarded)
  if (enforce && !(definition.write?.kind === 'configuration' && mayWrite))
    refuse('enforce', 'enforce', 'only a configuration key with writable: true is written again')
  const parts = Object.fromEntries(
    protocols.flatMap((name) => (name in rest ? [[name, (rest as Record<string, unknown>)[name]]] : [])),
  )
  if (Object.keys(parts).length === 0)
    problems.push(yaml.problem('no-protocol', path, `${point} is shown nowhere: add ${protocols.join(' or ')}`))

  if (problems.length > before) return undefined
  return {
    definition,
    unit,
    states: states ?? definition.states,
    writable: mayWrite,
    enforce: enforce ?? false,
    parts,
    problem: (code, message, part) =>
      yaml.problem(code, part === undefined ? path : [...path, part], message, part === undefined ? 'value' : 'key'),
  }
}

export interface RowPlace {
  readonly yaml: YamlFile
  readonly path: Path
  /** Names of all protocols. */
  readonly protocols: readonly string[]
  readonly problems: Problem[]
}

function unitOf(
  definition: PointDefinition,
  shown: string | undefined,
  refuse: (message: string) => void,
): Unit | undefined {
  if (shown === undefined || !isUnit(shown)) return definition.unit
  const { name, unit, alternativeUnit } = definition
  if (unit === undefined) refuse(`${name} has no unit`)
  else if (baseUnit(definition, shown) === undefined)
    refuse(`${name} is in ${[unit, alternativeUnit].filter(Boolean).join(' or ')}, which doesn't convert to ${shown}`)
  return shown
}

/** Why there is no such point, and what may be meant. */
export function unknownPoint(scope: PointScope, name: string): string {
  if (name.startsWith('config.')) {
    if (scope !== 'charger') return `${name}: configuration keys are the charger's: list it under charger`
    const key = name.slice('config.'.length)
    if (isSecretKey(key)) return `${name} is a password and never a point`
    return `${name} names no configuration key${didYouMean(key, Object.keys(standardKeys))}`
  }
  if (name.startsWith('meter.') && scope !== 'bridge') {
    const [measurand = ''] = name.slice('meter.'.length).split(/@|\.L[123N]/)
    const known = Object.hasOwn(measurands, measurand)
    return known
      ? `${name}: write meter.<Measurand>, then if need be .L1, .L2, .L3 or .L1-L2, then @Body, @Cable, @EV or @Inlet`
      : `${name} names no measurand${didYouMean(measurand, Object.keys(measurands))}`
  }
  const home = (['bridge', 'charger', 'connector'] as const).find((other) => pointNames(other).includes(name))
  if (home !== undefined) return `${name} is no point of a ${scope}, but of a ${home}: list it under ${home}`
  return `there is no point ${name}${didYouMean(name, pointNames(scope))}`
}
