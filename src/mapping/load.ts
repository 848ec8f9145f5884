import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { didYouMean } from '../lib/nearest.ts'
import type { Problem } from '../lib/problem.ts'
import { readYaml, type YamlFile } from '../lib/yaml-file.ts'
import { bind, type Mapping } from './mapping.ts'
import type { Protocol } from './protocol.ts'
import { checkMapping, type Layer, merge, readLayer } from './read-layer.ts'
import { fileSchema } from './schema.ts'

/** The package's own mappings: two levels up from src/ as from dist/. */
const packaged = fileURLToPath(new URL('../../mappings/', import.meta.url))
const BRIDGE = 'bridge'

export interface Mappings {
  /** By name, those that chargers use; without the rows that have problems. */
  readonly byName: ReadonlyMap<string, Mapping>
  /** The bridge's own points. */
  readonly bridge: Mapping
  readonly problems: readonly Problem[]
}

/**
 * The mappings that chargers name, and the bridge's own, from `mappings/` beside the config or else the package's.
 * Every problem of every file is found, each row on its own.
 */
export function loadMappings(
  chargers: readonly { readonly mapping: string; readonly index: number }[],
  config: YamlFile,
  protocols: readonly Protocol[],
): Mappings {
  const folders = mappingFolders(config.file)
  const problems: Problem[] = []
  const reader = new Reader(folders, protocols, problems)
  const byName = new Map<string, Mapping>()
  const missing = new Set<string>()
  for (const { mapping: name, index } of chargers) {
    if (byName.has(name) || missing.has(name)) continue
    const layer = reader.read(name)
    if (layer === undefined) {
      missing.add(name)
      problems.push(config.problem('unknown-mapping', ['chargers', index, 'mapping'], reader.noSuch(name)))
    } else byName.set(name, finish(name, layer, 'charger', protocols, problems))
  }
  const bridge = finish(BRIDGE, reader.read(BRIDGE) ?? emptyLayer, 'bridge', protocols, problems)
  return { byName, bridge, problems }
}

/** Where the mappings of a config are looked for, in this order. */
export function mappingFolders(config: string): readonly string[] {
  return [join(dirname(config), 'mappings'), packaged]
}

/** Whether a mapping came with the package: whoever runs the bridge edits others. */
export function isPackaged(file: string): boolean {
  return file.startsWith(packaged)
}

class Reader {
  readonly #folders: readonly string[]
  readonly #protocols: readonly Protocol[]
  readonly #problems: Problem[]
  /** By file, so that what two mappings extend is read, and complained of, once. */
  readonly #layers = new Map<string, Layer>()

  constructor(folders: readonly string[], protocols: readonly Protocol[], problems: Problem[]) {
    this.#folders = folders
    this.#protocols = protocols
    this.#problems = problems
  }

  /** Undefined: no folder has it, or only as one of `chain`, the files that extend each other up to here. */
  read(name: string, chain: readonly string[] = []): Layer | undefined {
    const file = this.#folders
      .map((folder) => join(folder, `${name}.yaml`))
      .find((path) => existsSync(path) && !chain.includes(path))
    if (file === undefined) return undefined
    const known = this.#layers.get(file)
    if (known !== undefined) return known
    const yaml = readYaml(file)
    const own = readLayer(yaml, fileSchema(this.#protocols), this.#protocols, this.#problems)
    const layer = this.#extended(own, yaml, [...chain, file])
    this.#layers.set(file, layer)
    return layer
  }

  #extended(own: Layer, yaml: YamlFile, chain: readonly string[]): Layer {
    const name = own.extends
    const parent = name === undefined ? undefined : this.read(name, chain)
    if (name !== undefined && parent === undefined) {
      const circle = chain.some((file) => basename(file) === `${name}.yaml`)
      const message = circle ? `${name} extends itself in a circle` : this.noSuch(name)
      this.#problems.push(yaml.problem(circle ? 'extends-circle' : 'unknown-mapping', ['extends'], message))
    }
    return merge(parent ?? emptyLayer, own, this.#problems)
  }

  noSuch(name: string): string {
    const names = this.#folders
      .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
      .flatMap((file) => (file.endsWith('.yaml') ? [basename(file, '.yaml')] : []))
    return `there is no mapping ${name}${didYouMean(name, names)}; looked for ${name}.yaml in ${this.#folders.join(' and ')}`
  }
}

const emptyLayer: Layer = {
  extends: undefined,
  strides: {},
  options: {},
  rows: { bridge: [], charger: [], connector: [] },
  removals: [],
}

function finish(
  name: string,
  layer: Layer,
  kind: 'bridge' | 'charger',
  protocols: readonly Protocol[],
  problems: Problem[],
): Mapping {
  const { strides, options, rows } = checkMapping(layer, kind, protocols, problems)
  return {
    name,
    bridge: rows.bridge.map((row) => bind(row, strides, options)),
    charger: rows.charger.map((row) => bind(row, strides, options)),
    connector: rows.connector.map((row) => bind(row, strides, options)),
  }
}
