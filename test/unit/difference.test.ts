import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { difference, isNothing } from '../../src/difference.ts'
import { formatProblem } from '../../src/lib/problem.ts'
import { draw, type Plan } from '../../src/plan.ts'
import { liveKeys } from '../../src/plugins.ts'

const CONFIG = `site: Tower
ocpp: { heartbeatInterval: 5m }
bacnet: { device: { instance: 4000 }, network: 2000 }
modbus: {}
store: "sqlite::memory:"
chargers:
  - { id: A, connectors: 1, electrical: { maxCurrent: 32 } }
  - { id: B, connectors: 1, electrical: { maxCurrent: 32 }, mapping: full, password: x }
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'difference-'))
  mkdirSync(join(folder, 'mappings'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function plan(config = CONFIG): Plan {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, config)
  const drawn = draw(file)
  if (drawn.plan === undefined) throw new Error(drawn.problems.map(formatProblem).join('\n'))
  return drawn.plan
}

function between(from: Plan, to: Plan) {
  const news = difference(from, to, liveKeys)
  const ids = (list: typeof news.added) => list.map(({ settings }) => settings.id)
  return { ...news, added: ids(news.added), removed: ids(news.removed), changed: ids(news.changed) }
}

const nothing = { needRestart: [], settings: [], added: [], removed: [], changed: [], bridge: false }

describe('the difference of two plans', () => {
  it('is nothing where only comments, spaces and order changed', () => {
    const [, ...lines] = CONFIG.trimEnd().split('\n')
    const shuffled = `# mine\n${[...lines.slice(0, -2), lines.at(-1), lines.at(-2)].join('\n')}\nsite:    Tower\n`
    const numbers = new Map([
      ['a', 1],
      ['b', 2],
    ])
    const from = plan()
    writeFileSync(join(folder, 'config.yaml'), shuffled)
    const to = draw(join(folder, 'config.yaml'), { numbers, connectorsOf: () => undefined }).plan
    if (to === undefined) throw new Error('a problem')
    expect(between(from, to)).toEqual(nothing)
    expect(isNothing(difference(from, to, liveKeys))).toBe(true)
  })

  it('names what is kept where by the keys of the file', () => {
    const kept = (lines: string) => plan(CONFIG.replace('store: "sqlite::memory:"', lines))
    const [memory, here, there] = [
      plan(),
      kept('store: postgres://bridge@127.0.0.1/a'),
      kept('store: postgres://bridge@127.0.0.1/b\nspool: sqlite:elsewhere.db'),
    ]
    expect(between(memory, here).needRestart).toEqual(['store'])
    expect(new Set(between(here, there).needRestart)).toEqual(new Set(['store', 'spool']))
  })

  it.each([
    ['site', 'site: Tower', 'site: Mall'],
    ['store', 'sqlite::memory:', 'sqlite:x.db'],
    ['ocpp.listen', '{ heartbeat', '{ listen: "127.0.0.1:1", heartbeat'],
    ['bacnet.device', 'instance: 4000', 'instance: 3999'],
    ['bacnet.network', 'network: 2000', 'network: 2001'],
    ['bacnet.topology', 'network: 2000', 'network: 2000, topology: flat'],
    ['modbus.priority', 'modbus: {}', 'modbus: { priority: 9 }'],
    ['modbus', 'modbus: {}\n', ''],
    ['web', 'modbus: {}', 'modbus: {}\nweb: {}'],
  ])('needs a restart for %s', (key, before, after) => {
    expect(
      between(
        plan(CONFIG.replace('mapping: full, ', '')),
        plan(CONFIG.replace('mapping: full, ', '').replace(before, after)),
      ).needRestart,
    ).toEqual([key])
  })

  it.each([
    ['ocpp.configRefresh', '{ heartbeat', '{ configRefresh: 2h, heartbeat'],
    ['ocpp.authorize', '{ heartbeat', '{ authorize: { mode: none }, heartbeat'],
    ['bacnet.allowWrites', 'network: 2000', 'network: 2000, allowWrites: [10.0.0.0/8]'],
    ['modbus.allowWrites', 'modbus: {}', 'modbus: { allowWrites: [10.0.0.0/8] }'],
    ['limits', 'modbus: {}', 'modbus: {}\nlimits: { default: 10 }'],
    ['actions', 'modbus: {}', 'modbus: {}\nactions: { trigger: write }'],
    // Nothing of it needs a restart, so it may come and go.
    ['log', 'modbus: {}', 'modbus: {}\nlog: { filter: A }'],
  ])('is followed for %s', (key, before, after) => {
    expect(between(plan(), plan(CONFIG.replace(before, after)))).toEqual({ ...nothing, settings: [key] })
  })

  it('names the chargers that come, go and change, also by their addresses alone', () => {
    const line = '  - { id: C, connectors: 1, electrical: { maxCurrent: 32 } }\n'
    expect(between(plan(), plan(CONFIG + line))).toEqual({ ...nothing, added: ['C'] })
    expect(between(plan(CONFIG + line), plan())).toEqual({ ...nothing, removed: ['C'] })
    expect(between(plan(), plan(CONFIG.replace('password: x', 'password: y')))).toEqual({ ...nothing, changed: ['B'] })
    const moved = plan(CONFIG.replace('network: 2000', 'network: 2000, instances: 5001-5999'))
    expect(between(plan(), moved)).toEqual({ ...nothing, settings: ['bacnet.instances'], changed: ['A', 'B'] })
    // In another letter case its limits and sessions are looked for under another name: as after a restart.
    expect(between(plan(), plan(CONFIG.replace('id: A', 'id: a')))).toEqual({
      ...nothing,
      added: ['a'],
      removed: ['A'],
    })
  })

  it('names the chargers of a mapping that says something else, and the bridge’s own', () => {
    const from = plan()
    const file = (name: string, text: string) => writeFileSync(join(folder, `mappings/${name}.yaml`), text)
    file('full', 'mapping: full\nextends: standard\n')
    expect(between(from, plan())).toEqual({ ...nothing, changed: ['B'] })
    const slim = plan()
    file('full', '# the same\nmapping:   full\nextends: standard\n')
    expect(between(slim, plan())).toEqual(nothing)
    file(
      'bridge',
      'mapping: bridge\nbridge:\n  - point: totalPower\n    modbus: { table: input, address: 0, type: float32 }\n',
    )
    expect(between(slim, plan())).toEqual({ ...nothing, bridge: true })
  })
})
