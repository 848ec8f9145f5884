import { dirname } from 'node:path'
import type { Finding } from '../core/finding.ts'
import { units } from '../core/points/unit.ts'
import type { Listing } from '../core/ports.ts'
import type { Problem } from '../lib/problem.ts'
import type { YamlFile } from '../lib/yaml-file.ts'
import { isPackaged } from './load.ts'
import { rowOf } from './mapping.ts'
import { active, type Protocol, type ProtocolConfigs } from './protocol.ts'

/** Everything that can't be shown as mapped: each at the row of its mapping, or at its place in the config, once. */
export function checkListings(
  listings: readonly Listing[],
  chargers: readonly { readonly settings: { readonly id: string }; readonly index: number }[],
  {
    protocols,
    configs,
    config,
  }: { readonly protocols: readonly Protocol[]; readonly configs: ProtocolConfigs; readonly config: YamlFile },
): readonly Problem[] {
  const indexes = new Map(chargers.map(({ settings, index }) => [settings.id, index]))
  const direct = listings.map((listing) => ({ listing, problem: directCurrent(listing, indexes, config) }))
  // What amperes mean to a charger with direct current, no protocol can judge.
  const judged = direct.flatMap(({ listing, problem }) => (problem === undefined ? [listing] : []))
  const problems = [
    ...direct.flatMap(({ problem }) => problem ?? []),
    ...active(protocols, configs).flatMap(({ name, check }) => {
      // A charger without an address has its problem already.
      const addressed = judged.filter(({ device }) => device.addresses[name] !== undefined)
      return check(configs[name], addressed, dirname(config.file)).map((finding) => place(finding, name, config))
    }),
  ]
  // What is wrong with a row is wrong with it for each charger and connector: the first tells it.
  const told = new Set<string>()
  return problems.filter(({ file, line, column, code }) => {
    const key = `${file}:${line}:${column} ${code}`
    if (told.has(key)) return false
    told.add(key)
    return true
  })
}

function place({ code, message, point, rival, key, warning }: Finding, protocol: string, config: YamlFile): Problem {
  const rows = [point, rival].flatMap((each) => (each && rowOf(each)?.problem(code, message, protocol)) ?? [])
  // Of two rows in each other's way, the one that its reader can change.
  const problem =
    rows.find(({ file }) => !isPackaged(file)) ?? rows[0] ?? config.problem(code, key ?? [protocol], message)
  return warning ? { ...problem, warning } : problem
}

/** How many amperes a limit in direct current is, only the vehicle knows. */
function directCurrent(
  { device, points }: Listing,
  indexes: ReadonlyMap<string, number>,
  config: YamlFile,
): Problem | undefined {
  const { charger } = device
  if (charger?.settings.electrical.kind !== 'dc') return undefined
  const amps = points.find(
    ({ definition, unit }) =>
      definition.alternativeUnit !== undefined && unit !== undefined && units[unit].quantity === 'current',
  )
  if (amps === undefined) return undefined
  const message = `${charger.settings.name} has direct current, and its mapping shows ${amps.definition.name} in ${amps.unit}: take one with limits in W or kW, such as standard-dc`
  return config.problem('dc-in-amperes', ['chargers', indexes.get(charger.id) ?? 0, 'mapping'], message)
}
