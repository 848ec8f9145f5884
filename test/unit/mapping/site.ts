import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configOf } from '../../../src/config/load.ts'
import { Charger } from '../../../src/core/charger/charger.ts'
import type { BridgeView } from '../../../src/core/points/bridge-points.ts'
import type { Listing } from '../../../src/core/ports.ts'
import { type Problem, sortProblems } from '../../../src/lib/problem.ts'
import { parseYaml } from '../../../src/lib/yaml-file.ts'
import { assign } from '../../../src/mapping/assign.ts'
import { checkListings } from '../../../src/mapping/check.ts'
import { expand, expandBridge } from '../../../src/mapping/expand.ts'
import { loadMappings } from '../../../src/mapping/load.ts'
import { bacnet } from '../../../src/northbound/bacnet/index.ts'
import { modbus } from '../../../src/northbound/modbus/index.ts'
import { ocpp } from '../../../src/southbound/ocpp/index.ts'

const protocols = [bacnet, modbus]
const sections = { southbound: { ocpp: ocpp.config }, northbound: { bacnet, modbus } }

const view: BridgeView = {
  configured: 1,
  online: 0,
  charging: 0,
  faulted: 0,
  powerW: 0,
  version: '1.2.3',
  authorizeMode: 'all',
  storage: { failing: false, waiting: 0, lost: 0 },
}

/** The store's part in numbering: the next one that is free, kept. */
export function numbers(known: Readonly<Record<string, number>> = {}) {
  const given = new Map(Object.entries(known))
  return {
    number(charger: string, isFree: (n: number) => boolean): number {
      const used = new Set(given.values())
      let number = given.get(charger)
      for (let n = 1; number === undefined; n += 1) if (!used.has(n) && isFree(n)) number = n
      given.set(charger, number)
      return number
    },
  }
}

export const header = `bacnet: { device: { instance: 4000 }, network: 2000 }
modbus: {}
`

/** One charger with mapping `m`, two connectors and known rating. */
export const oneCharger = `${header}chargers:
  - { id: A, mapping: m, connectors: 2, electrical: { maxCurrent: 32 } }
`

/** A site as `check` looks at it: config, mappings by file name, everything expanded and checked. */
export function site(config: string, mappings: Readonly<Record<string, string>> = {}, store = numbers()) {
  const folder = mkdtempSync(join(tmpdir(), 'mappings-'))
  mkdirSync(join(folder, 'mappings'))
  for (const [name, text] of Object.entries(mappings)) writeFileSync(join(folder, 'mappings', `${name}.yaml`), text)
  const { problems, draft, source } = configOf(parseYaml(join(folder, 'config.yaml'), config), sections, {})
  if (draft === undefined) throw new Error(problems.map(({ message }) => message).join('\n'))
  const loaded = loadMappings(draft.chargers, source, protocols)
  rmSync(folder, { recursive: true })
  const parts = { protocols, configs: draft.northbound, config: source }
  const assigned = assign(draft.chargers, parts, store)
  let id = 0
  const nextId = () => id++
  const listings: Listing[] = [
    {
      device: { charger: undefined, name: draft.site, number: 0, addresses: assigned.bridge },
      points: expandBridge(loaded.bridge, view, nextId),
    },
    ...draft.chargers.flatMap(({ settings, mapping }) => {
      const found = loaded.byName.get(mapping)
      const place = assigned.chargers.get(settings.id)
      if (found === undefined || place === undefined) return []
      const charger = new Charger(settings, {
        guest: false,
        connectors: settings.connectors ?? 1,
        limits: draft.limits,
      })
      const points = charger.state.connectors.flatMap((_, connector) => expand(found, charger, connector, nextId))
      return [{ device: { charger, name: `${draft.site}.${settings.name}`, ...place }, points }]
    }),
  ]
  const all: readonly Problem[] = sortProblems([
    ...problems,
    ...loaded.problems,
    ...assigned.problems,
    ...checkListings(listings, draft.chargers, parts),
  ])
  return { folder, problems: all, loaded, assigned, listings, parts }
}

/** `file:line:column code` without the folder. */
export function briefly({ folder, problems }: { readonly folder: string; readonly problems: readonly Problem[] }) {
  return problems.map(({ file, line, column, code }) => {
    const name = file.replace(`${folder}/`, '').replace(/^.*?(?=mappings\/)/, '')
    return `${name}:${line}:${column} ${code}`
  })
}
