import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isName } from './config/charger.ts'
import { insertCharger } from './config/insert-charger.ts'
import type { Store } from './core/ports.ts'
import type { Problem } from './lib/problem.ts'
import { replaceFile } from './lib/replace-file.ts'
import { parseYaml } from './lib/yaml-file.ts'
import { draw, drawFrom, keepNumbers, type Plan } from './plan.ts'
import { viewStore } from './store/read.ts'

export interface AdoptOptions {
  readonly file: string
  readonly id: string
  readonly name: string | undefined
  readonly mapping: string | undefined
  readonly openStore: (plan: Plan) => Store
}

export type Adopted =
  | { readonly kind: 'adopted'; readonly message: string; readonly warnings: readonly Problem[] }
  /** The config is wrong, as it is or as it would be; nothing was written. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[]; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }

/** Puts one charger into the config, of which all else stays as it is; a bridge that runs takes it up by itself. */
export function adopt({ file, id: wanted, name, mapping, openStore }: AdoptOptions): Adopted {
  const { problems, plan } = draw(file)
  if (plan === undefined) return { kind: 'problems', problems, message: `nothing was changed: first mend ${file}` }
  const visitor = viewStore(plan.settings.store).visitors.find(({ identifier }) => same(identifier, wanted))
  const id = visitor?.identifier ?? wanted
  const refusal = refuse(plan, id, name)
  if (refusal !== undefined) return { kind: 'refused', message: refusal }

  const path = resolve(file)
  const before = readFileSync(path, 'utf8')
  const entry = { id, ...(name !== undefined && { name }), ...(mapping !== undefined && { mapping }) }
  const after = insertCharger(before, entry)
  if (after === undefined) {
    const message = `${file} says its chargers in a way that has no place for another: write them as a list below chargers:`
    return { kind: 'refused', message }
  }
  const drawn = drawFrom(parseYaml(path, after))
  if (drawn.plan === undefined)
    return { kind: 'problems', problems: drawn.problems, message: `nothing was changed: ${file} would be wrong` }
  const store = openStore(drawn.plan)
  try {
    // Before a running bridge reads the file, so that nobody else gets these addresses.
    keepNumbers(drawn.plan, store)
  } finally {
    store.close()
  }
  if (readFileSync(path, 'utf8') !== before)
    return { kind: 'refused', message: `${file} was changed by somebody else in this moment: try again` }
  replaceFile(path, after)
  const said = new Set(problems.map(({ message }) => message))
  const warnings = drawn.problems.filter(({ message }) => !said.has(message))
  return { kind: 'adopted', message: told(drawn.plan, id, file, visitor === undefined), warnings }
}

function refuse({ settings }: Plan, id: string, name: string | undefined): string | undefined {
  const known = settings.chargers.find((charger) => same(charger.settings.id, id))
  if (known !== undefined) return `${known.settings.id} is in the config already, as ${known.settings.name}`
  const shown = name ?? id
  if (!isName(shown)) {
    const rule = `write 1 to 64 ASCII characters without '.' and '/'`
    return name === undefined
      ? `${id} can't be part of an object's name: give it one with --name (${rule})`
      : `${name} can't be part of an object's name: ${rule}`
  }
  const taken = settings.chargers.find((charger) => same(charger.settings.name, shown))
  if (taken !== undefined) return `${shown} is the name of ${taken.settings.id} already: give it another with --name`
  return undefined
}

function told({ settings, assignments }: Plan, id: string, file: string, unseen: boolean): string {
  const charger = settings.chargers.find((each) => each.settings.id === id)
  const addresses = Object.entries(assignments.chargers.get(id)?.addresses ?? {})
  return [
    `${id} is in ${file} now: name ${charger?.settings.name}, mapping ${charger?.mapping}`,
    ...addresses.map(([protocol, address]) => `, ${protocol} ${address}`),
    ...(unseen ? ['; no charger has knocked with this identifier yet'] : []),
  ].join('')
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
