import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = join(import.meta.dirname, '../../src')

interface Source {
  /** Path below src, with slashes. */
  readonly path: string
  readonly text: string
}

function sources(): readonly Source[] {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(src, file).split(sep).join('/'), text: readFileSync(file, 'utf8') }))
}

/** What a file imports: paths below src for relative imports, names for packages. */
function imports({ path, text }: Source): readonly string[] {
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g),
  ]
  return found.map((match) => {
    const name = match[1] ?? match[2] ?? ''
    return name.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), name)) : name
  })
}

type Rule = (path: string, target: string) => boolean

const inside =
  (...folders: readonly string[]): Rule =>
  (_path, target) =>
    folders.some((folder) => target.startsWith(`${folder}/`))
const packageOrNode = (target: string) => !target.endsWith('.ts') && !target.endsWith('.json')

function allowed(path: string, target: string): boolean {
  if (
    /^(main|gateway|display|plugins|plan|difference|reload|chargers|adopt|demo|discover|run|kept|histories|history-thread)\.ts$/.test(
      path,
    )
  )
    return true
  const wire = /^(.*\/wire)\//.exec(path)?.[1]
  if (wire !== undefined) return inside(wire, 'lib')(path, target)
  if (path.startsWith('core/')) return inside('core', 'lib')(path, target)
  if (path.startsWith('lib/')) return inside('lib')(path, target) || packageOrNode(target)
  if (packageOrNode(target)) return target !== 'ws' || /^(southbound\/ocpp|simulator)\/transport\//.test(path)
  const version = /^(southbound\/ocpp\/v\d+)\//.exec(path)?.[1]
  if (version !== undefined)
    return inside(version, 'southbound/ocpp/session', 'southbound/ocpp/wire', 'core', 'lib')(path, target)
  if (path.startsWith('southbound/ocpp/')) return inside('southbound/ocpp', 'core', 'lib')(path, target)
  const northbound = /^(northbound\/[a-z]+)\//.exec(path)?.[1]
  if (northbound !== undefined) return inside(northbound, 'core', 'lib')(path, target)
  const folder = /^(mapping|config|store|web)\//.exec(path)?.[1]
  if (folder !== undefined) return inside(folder, 'core', 'lib')(path, target)
  if (path.startsWith('backup/'))
    return inside('backup', 'config', 'mapping', 'store', 'core', 'lib')(path, target) || target === 'plan.ts'
  if (path.startsWith('history/'))
    return inside('history', 'store', 'core', 'lib')(path, target) || target === 'plan.ts'
  if (path.startsWith('simulator/')) {
    return (
      inside('simulator', 'lib', 'southbound/ocpp/wire')(path, target) || target === 'southbound/ocpp/v16/messages.ts'
    )
  }
  return false
}

function violations(all: readonly Source[]): readonly string[] {
  return all.flatMap((source) =>
    imports(source)
      .filter((target) => !allowed(source.path, target))
      .map((target) => `${source.path} imports ${target}`),
  )
}

/** One cycle as a path, or nothing. Type-only imports count as well: they couple just the same to a reader. */
function cycle(all: readonly Source[]): readonly string[] | undefined {
  const graph = new Map(all.map((source) => [source.path, valueImports(source)]))
  const done = new Set<string>()
  const walk = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const target of graph.get(path) ?? []) {
      const found = walk(target, [...trail, path])
      if (found) return found
    }
    done.add(path)
    return undefined
  }
  for (const path of graph.keys()) {
    const found = walk(path, [])
    if (found) return found
  }
  return undefined
}

/** Imports that remain when the program runs. */
function valueImports(source: Source): readonly string[] {
  const withoutTypes = source.text.replace(/(^|\n)\s*(import|export) type [^;]*? from '[^']+'/g, '$1')
  return imports({ ...source, text: withoutTypes })
}

describe('the layers', () => {
  const all = sources()

  it('see the source at all', () => {
    expect(all.length).toBeGreaterThan(60)
    expect(all.map(({ path }) => path)).toContain('core/charger/fleet.ts')
    expect(imports(all.find(({ path }) => path === 'core/charger/fleet.ts') ?? { path: '', text: '' })).toContain(
      'core/ports.ts',
    )
  })

  it('import only what their place allows', () => {
    expect(violations(all)).toEqual([])
  })

  it.each([
    ['core/points/x.ts', "import { readFileSync } from 'node:fs'"],
    ['core/points/x.ts', "import { z } from 'zod'"],
    ['core/points/x.ts', "import type { A } from '../../northbound/bacnet/config.ts'"],
    ['northbound/bacnet/x.ts', "import { a } from '../modbus/config.ts'"],
    ['northbound/bacnet/x.ts', "import { a } from '../../southbound/ocpp/config.ts'"],
    ['southbound/ocpp/v16/x.ts', "import { a } from '../v201/messages.ts'"],
    ['southbound/ocpp/session/x.ts', "import WebSocket from 'ws'"],
    ['northbound/modbus/wire/x.ts', "import { createSocket } from 'node:dgram'"],
    ['mapping/x.ts', "import {\n  a,\n  b,\n} from '../northbound/bacnet/binding.ts'"],
    ['simulator/x.ts', "import { a } from '../core/ports.ts'"],
    ['store/x.ts', "export { a } from '../gateway.ts'"],
    ['history/x.ts', "import { a } from '../northbound/modbus/config.ts'"],
  ])('would not let %s %s', (path, text) => {
    expect(violations([{ path, text }])).toHaveLength(1)
  })

  it('have no cycles among what runs', () => {
    expect(cycle(all)).toBeUndefined()
    expect(
      cycle([
        { path: 'core/a.ts', text: "import { b } from './b.ts'" },
        { path: 'core/b.ts', text: "import { a } from './a.ts'" },
      ]),
    ).toEqual(['core/a.ts', 'core/b.ts', 'core/a.ts'])
  })

  it('carry everything up without waiting', () => {
    const doors = all.filter(({ path }) => path.endsWith('uplink.ts'))
    expect(doors.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'core/points/uplink.ts',
        'northbound/bacnet/uplink.ts',
        'northbound/modbus/uplink.ts',
        'southbound/ocpp/v16/uplink.ts',
      ]),
    )
    for (const { path, text } of doors) {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      expect(/\b(async|await|Promise)\b/.exec(code)?.[0], path).toBeUndefined()
    }
  })

  it('have two doors each', () => {
    const paths = all.map(({ path }) => path)
    for (const layer of ['core/points', 'northbound/bacnet', 'northbound/modbus', 'southbound/ocpp/v16']) {
      expect(paths).toContain(`${layer}/uplink.ts`)
      expect(paths).toContain(`${layer}/downlink.ts`)
    }
  })
})
