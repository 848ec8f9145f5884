import type { PointDefinition } from '../../core/points/point.ts'
import type { Newcomer, RowBinding, Vacancies } from '../../core/ports.ts'
import { type BacnetRow, defaultIncrement, type PointObjectType } from './binding.ts'
import type { BacnetConfig } from './config.ts'
import { FLAT_STRIDE, NETWORK_PORT_NAME, VIEW_NAME } from './placement.ts'

const DEFAULT_STRIDE = 100
const LONGEST_NAME = 64

interface Placed {
  readonly binding: RowBinding<unknown, unknown>
}

/** Free instances of one connector: beyond the highest of their type, or in a gap where there is none beyond. */
export function vacancies(settings: BacnetConfig | undefined, rows: readonly Placed[]): Vacancies {
  const bound = rows.map(({ binding }) => binding as RowBinding<BacnetRow, unknown>)
  const stride = bound[0]?.stride ?? DEFAULT_STRIDE
  const room = settings?.topology === 'flat' ? Math.min(stride, FLAT_STRIDE) : stride
  const names = new Set([...bound.map(({ row }) => row.name), VIEW_NAME, NETWORK_PORT_NAME])
  const taken = new Map<string, Set<number>>()
  const instancesOf = (object: string): Set<number> => {
    const known = taken.get(object) ?? new Set()
    taken.set(object, known)
    return known
  }
  for (const { row } of bound) instancesOf(row.object).add(row.instance)

  return (newcomer) => {
    for (const object of objectsFor(newcomer)) {
      const instances = instancesOf(object)
      const instance = free(instances, room)
      if (instance === undefined) continue
      instances.add(instance)
      const name = unused(newcomer.name, names)
      names.add(name)
      const increment = object.startsWith('analog') ? incrementOf(newcomer) : undefined
      return { object, instance, name, ...(increment !== undefined && { covIncrement: increment }) }
    }
    return undefined
  }
}

/** What can show it, the best first: keys of the configuration are values, what is measured is an input. */
function objectsFor({ definition, writable, negative }: Newcomer): readonly PointObjectType[] {
  const key = isKey(definition)
  switch (definition.type) {
    case 'boolean':
      return writable || key ? ['binary-value'] : ['binary-input', 'binary-value']
    case 'integer':
      return negative ? ['analog-value'] : ['positive-integer-value', 'analog-value']
    case 'number':
      return writable || key ? ['analog-value'] : ['analog-input', 'analog-value']
    case 'state':
      return ['multi-state-value']
    case 'text':
      return ['characterstring-value']
  }
}

function isKey({ write }: PointDefinition): boolean {
  return write?.kind === 'configuration'
}

function incrementOf({ definition, unit, decimals }: Newcomer): number {
  if (isKey(definition)) return Number((10 ** -decimals).toFixed(decimals))
  // A power factor goes from -1 to 1.
  return unit === undefined ? 0.01 : (defaultIncrement(unit) ?? 0.1)
}

function free(taken: ReadonlySet<number>, room: number): number | undefined {
  const beyond = Math.max(0, ...taken) + 1
  if (beyond < room) return beyond
  for (let instance = 1; instance < room; instance += 1) if (!taken.has(instance)) return instance
  return undefined
}

/** The name, with a number behind it where it is taken. */
function unused(name: string, taken: ReadonlySet<string>): string {
  const plain = name.replaceAll('/', '-').slice(0, LONGEST_NAME)
  let tried = plain
  for (let n = 2; taken.has(tried); n += 1) tried = `${plain.slice(0, LONGEST_NAME - 4)} ${n}`
  return tried
}
