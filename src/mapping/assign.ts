import type { Problem } from '../lib/problem.ts'
import type { YamlFile } from '../lib/yaml-file.ts'
import type { Numbers } from './numbering.ts'
import { active, type Protocol, type ProtocolConfigs } from './protocol.ts'

interface Numbered {
  readonly settings: { readonly id: string; readonly name: string }
  /** What the config says of it by protocol: its own addresses. */
  readonly northbound: Readonly<Record<string, unknown>>
  readonly index: number
}

interface Assignment {
  readonly number: number
  /** By protocol; a protocol in which the charger has no address, because of a problem, is absent. */
  readonly addresses: Readonly<Record<string, number>>
}

export interface Assignments {
  /** By the charger's identifier. */
  readonly chargers: ReadonlyMap<string, Assignment>
  readonly bridge: Readonly<Record<string, number>>
  readonly problems: readonly Problem[]
}

/**
 * Gives each charger its number, the same for ever, and what the protocols make of it; addresses in the config
 * go first, and numbers that would give one of them again are passed over.
 */
export function assign(
  chargers: readonly Numbered[],
  {
    protocols,
    configs,
    config,
  }: { readonly protocols: readonly Protocol[]; readonly configs: ProtocolConfigs; readonly config: YamlFile },
  numbers: Numbers,
): Assignments {
  const on = active(protocols, configs)
  const problems: Problem[] = []
  const refuse = (code: string, { index }: Numbered, key: string, message: string) =>
    problems.push(config.problem(code, ['chargers', index, key], message))
  const bridge: Record<string, number> = {}
  const taken = new Map<string, Map<number, string>>()
  for (const protocol of on) {
    const address = protocol.assign(configs[protocol.name], 0, undefined)
    if (address !== undefined) bridge[protocol.name] = address
    taken.set(protocol.name, new Map(address === undefined ? [] : [[address, 'the bridge itself']]))
  }
  const addresses = new Map(chargers.map((charger) => [charger, {} as Record<string, number>]))
  const give = (charger: Numbered, { name }: Protocol, address: number) => {
    const holder = taken.get(name)?.get(address)
    if (holder === undefined) {
      taken.get(name)?.set(address, charger.settings.name)
      const own = addresses.get(charger)
      if (own) own[name] = address
    } else refuse('address-taken', charger, name, `${name} ${address} is already that of ${holder}`)
  }

  // All addresses that somebody wrote down come first, wherever they stand in the list.
  for (const charger of chargers) {
    for (const protocol of on) {
      const own = charger.northbound[protocol.name]
      const idle = own === undefined ? undefined : protocol.idle?.(configs[protocol.name])
      if (idle !== undefined) {
        const problem = config.problem('no-effect', ['chargers', charger.index, protocol.name], idle)
        problems.push({ ...problem, warning: true })
      }
      // Whatever its number, a charger's own address counts; number 0 would mean the bridge.
      const address = own === undefined ? undefined : protocol.assign(configs[protocol.name], 1, own)
      if (address !== undefined) give(charger, protocol, address)
    }
  }
  const result = new Map<string, Assignment>()
  for (const charger of chargers) {
    const derived = on.filter(({ name }) => charger.northbound[name] === undefined)
    const number = numbers.number(charger.settings.id, (n) =>
      derived.every((protocol) => {
        const address = protocol.assign(configs[protocol.name], n, undefined)
        // Numbers only grow: beyond the last address there is nothing to look for.
        return address === undefined || !taken.get(protocol.name)?.has(address)
      }),
    )
    for (const protocol of derived) {
      const address = protocol.assign(configs[protocol.name], number, undefined)
      if (address === undefined)
        refuse(
          'addresses-run-out',
          charger,
          protocol.name,
          `${protocol.name} has no address left for ${charger.settings.name}, which is number ${number}${hint(protocol)}`,
        )
      else give(charger, protocol, address)
    }
    result.set(charger.settings.id, { number, addresses: addresses.get(charger) ?? {} })
  }
  return { chargers: result, bridge, problems }
}

function hint({ whenFull }: Protocol): string {
  return whenFull === undefined ? '' : `: ${whenFull}`
}
