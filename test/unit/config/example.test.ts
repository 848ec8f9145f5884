import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { configSchema, loadConfig } from '../../../src/config/load.ts'
import { config as log } from '../../../src/config/log.ts'
import { bacnet } from '../../../src/northbound/bacnet/index.ts'
import { modbus } from '../../../src/northbound/modbus/index.ts'
import { ocpp } from '../../../src/southbound/ocpp/index.ts'
import { config as history } from '../../../src/store/history/config.ts'
import { web } from '../../../src/web/index.ts'

const file = join(import.meta.dirname, '../../../config.example.yaml')
const sections = {
  southbound: { ocpp: ocpp.config },
  northbound: { bacnet, modbus },
  services: { web: web.config, log, history },
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly anyOf?: readonly Node[]
  readonly default?: unknown
}

/** Every key of a schema with its default; the defaults of sets of keys are those of their keys. */
function keys(node: Node, path = ''): readonly { readonly path: string; readonly fallback: unknown }[] {
  // What can be left out by `false`.
  const section = node.anyOf?.find(({ properties }) => properties)
  if (section) return keys(section, path)
  if (node.items?.properties) return keys(node.items, `${path}[]`)
  if (node.properties === undefined) return [{ path, fallback: node.default }]
  return Object.entries(node.properties).flatMap(([name, inner]) => keys(inner, path === '' ? name : `${path}.${name}`))
}

/** What the example says at a path; in lists, what any entry says. */
function written(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, step) => {
    const key = step.replace('[]', '')
    if (typeof at !== 'object' || at === null) return undefined
    const found = (at as Record<string, unknown>)[key]
    return step.endsWith('[]') ? Object.assign({}, ...[...(found as object[])].reverse()) : found
  }, value)
}

describe('config.example.yaml', () => {
  const text = readFileSync(file, 'utf8')
  // What a copy must not have as it is (secrets, files, choices that are better found out) stands commented out.
  const example: unknown = parse(text.replace(/^( *)# ( *(?:- )?[a-z][A-Za-z]*:( |$))/gm, '$1$2'))
  const schema = z.toJSONSchema(configSchema(sections), { io: 'input', unrepresentable: 'any' }) as Node

  it('has every key that exists', () => {
    const all = keys(schema).map(({ path }) => path)
    expect(all.length).toBeGreaterThan(40)
    expect(
      all.filter((path) => path !== 'chargers[].electrical.maxPower' && written(example, path) === undefined),
    ).toEqual([])
    expect(text).toMatch(/maxPower: 150000/)
  })

  it('shows the default of each', () => {
    const shown = keys(schema)
      .filter(({ fallback }) => fallback !== undefined)
      .map(({ path, fallback }) => ({ path, value: written(example, path), fallback }))
    expect(shown.length).toBeGreaterThan(25)
    for (const { path, value, fallback } of shown) expect({ path, value }).toEqual({ path, value: fallback })
  })

  it('is a config without problems', () => {
    expect(loadConfig(file, sections, {}).problems).toEqual([])
  })
})
