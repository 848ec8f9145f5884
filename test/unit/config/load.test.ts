import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { formatProblem } from '../../../src/lib/problem.ts'
import { brief, read, sections } from './sections.ts'

const charger = '{ id: A, electrical: { maxCurrent: 32 } }'

describe('config.yaml', () => {
  it('needs nothing: an empty file is a bridge with defaults and both protocols off', () => {
    const { settings, problems } = read('')
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      site: 'Site',
      store: '/site/data/bridge.db',
      limits: { default: 'rating', minimum: 6, step: 1, increaseInterval: 30_000 },
      actions: { trigger: 'edge', deadline: 30_000 },
      northbound: {},
      southbound: { ocpp: { listen: { host: '0.0.0.0', port: 8887 }, responseTimeout: 10_000 } },
      chargers: [],
    })
  })

  it('becomes the settings of chargers and protocols', () => {
    const { settings, problems } = read(`
site: Tower East
store: sqlite:/var/lib/bridge.db
modbus: { priority: 9 }
limits: { default: 16, increaseInterval: 1m }
chargers:
  - id: "49839108034579556"
    name: P1 Bay 01
    mapping: full
    connectors: 2
    electrical: { maxCurrent: 20, phases: 1 }
    registration: rejected
    password: secret
    modbus: { unit: 7 }
`)
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      site: 'Tower East',
      store: '/var/lib/bridge.db',
      limits: { default: 16, increaseInterval: 60_000 },
      northbound: { modbus: { priority: 9, tcp: { listen: { host: '0.0.0.0', port: 502 } } } },
    })
    expect(settings?.chargers).toEqual([
      {
        index: 0,
        mapping: 'full',
        northbound: { modbus: { unit: 7 } },
        settings: {
          id: '49839108034579556',
          name: 'P1 Bay 01',
          connectors: 2,
          electrical: { kind: 'ac', maxCurrent: 20, phases: 1, voltage: 230 },
          registration: 'rejected',
          securityProfile: 0,
          password: 'secret',
        },
      },
    ])
  })

  it('knows direct current by its power', () => {
    const { settings } = read('chargers: [{ id: A, electrical: { maxPower: 150000 } }]')
    expect(settings?.chargers[0]?.settings.electrical).toEqual({ kind: 'dc', maxPower: 150_000 })
  })

  it('assumes 32 A where nobody says what a charger may draw, and warns', () => {
    const { settings, problems } = read('chargers:\n  - id: A\n  - id: B\n    electrical: { phases: 1 }')
    expect(problems.map((problem) => `${brief(problem)} ${problem.warning}`)).toEqual([
      '2:5 assumed-rating true',
      '4:17 assumed-rating true',
    ])
    expect(settings?.chargers.map(({ settings: { electrical } }) => electrical)).toEqual([
      { kind: 'ac', maxCurrent: 32, phases: 3, voltage: 230 },
      { kind: 'ac', maxCurrent: 32, phases: 1, voltage: 230 },
    ])
  })

  it('takes a protocol with nothing behind its key as on, with its defaults', () => {
    expect(read('modbus:').settings?.northbound.modbus?.priority).toBe(10)
  })

  it('is frozen all the way down', () => {
    const { settings } = read(`chargers: [${charger}]`)
    expect(Object.isFrozen(settings?.chargers[0]?.settings.electrical)).toBe(true)
    expect(Object.isFrozen(settings?.southbound)).toBe(true)
  })

  it('keeps a database in memory when asked', () => {
    expect(read('store: "sqlite::memory:"').settings?.store).toBe(':memory:')
  })
})

describe('a mistake in config.yaml', () => {
  it.each([
    ['sit: Tower', '1:1 unknown-key', 'did you mean site?'],
    ['ocpp:\n  listne: 0.0.0.0:1', '2:3 unknown-key', 'did you mean listen?'],
    ['ocpp: { guests: { registraton: pending } }', '1:19 unknown-key', 'did you mean registration?'],
    ['modbus: { listen: 0.0.0.0:5020 }', '1:11 unknown-key', '(it belongs under tcp or rtuTcp or tls)'],
    [`chargers:\n  - id: A\n    electric: { maxCurrent: 16 }`, '3:5 unknown-key', 'did you mean electrical?'],
    ['site: 4', '1:7 wrong-type', 'a text, not 4: put it in quotes'],
    ['site: Tower/East', '1:7 invalid-value', "without '.' and '/'"],
    ['site: Tower.East', '1:7 invalid-value', 'ASCII'],
    ['site: Türm', '1:7 invalid-value', 'ASCII'],
    ['ocpp: { responseTimeout: 10 }', '1:26 wrong-type', 'a text, not 10'],
    ['ocpp: { responseTimeout: 10sec }', '1:26 invalid-value', '10s, 5m'],
    ['ocpp: { guests: { registration: maybe } }', '1:33 invalid-value', 'one of accepted, pending, rejected'],
    ['ocpp: { guests: { registration: Pending } }', '1:33 invalid-value', 'did you mean pending?'],
    ['ocpp: { listen: 8887 }', '1:17 wrong-type', 'not 8887: write address:port'],
    ['ocpp: { heartbeatInterval: 300 }', '1:28 wrong-type', 'not 300: write a duration'],
    ['ocpp: { connectionLostFault: yes }', '1:30 wrong-type', 'write true'],
    ['modbus: { allowWrites: 10.0.0.0/8 }', '1:24 wrong-type', 'write [10.0.0.0/8]'],
    ['meterValues: { interval: 30s, measurands: [Power] }', '1:44 invalid-value', 'measurands[0]: write a measurand'],
    ['site: Tower: East', '1:7 yaml-syntax', 'look at the indentation'],
    ['ocpp:\n\tlisten: here', '2:1 yaml-syntax', 'indent with spaces'],
    ['ocpp: []', '1:7 wrong-type', 'a set of keys, not a list'],
    ['modbus: { priority: 17 }', '1:21 out-of-range', 'at most 16'],
    ['modbus: { allowWrites: [127.0.0.0/8, here] }', '1:38 invalid-value', 'a network'],
    ['store: bridge.db', '1:8 invalid-value', 'sqlite:'],
    ['limits: { default: full }', '1:20 invalid-value', 'rating or a number'],
    ['limits: { step: 0 }', '1:17 out-of-range', 'more than 0'],
    ['actions: { trigger: edges }', '1:21 invalid-value', 'did you mean edge?'],
    ['chargers: { id: A }', '1:11 wrong-type', 'a list'],
    ['chargers:\n  - name: Bay', '2:5 missing', 'id is missing'],
    ['chargers:\n  - id: 49839108034579556', '2:9 wrong-type', 'not 49839108034579556: put it in quotes'],
    ['chargers:\n  - { id: A, electrical: { maxCurrent: 32A } }', '2:40 wrong-type', 'write 32'],
    ['chargers:\n  - { id: A, electrical: { voltage: "230" } }', '2:37 wrong-type', 'take the quotes off'],
    ['chargers:\n  - { id: A, securityProfile: 4 }', '2:31 invalid-value', "can't be 4: one of 0, 1"],
    ['chargers:\n  - id: a/b', '2:9 invalid-value', 'letters, digits'],
    ['chargers:\n  - id: A\n    connectors: 1.5', '3:17 wrong-type', 'a whole number'],
    ['chargers:\n  - id: A\n    mapping: ../secret', '3:14 invalid-value', 'the name of a mapping'],
    ['chargers:\n  - { id: A, electrical: { phases: 4 } }', '2:36 invalid-value', 'one of 1, 2, 3'],
    ['chargers:\n  - { id: A, electrical: { maxCurrent: 32, maxPower: 9 } }', '2:54 invalid-value', 'maxCurrent'],
    ['chargers:\n  - { id: A, modbus: { unit: 248 } }', '2:30 out-of-range', 'at most 247'],
    ['chargers:\n  - { id: a.b, electrical: { maxCurrent: 32 } }', '2:11 missing', 'give it a name'],
    [`chargers:\n  - ${charger}\n  - { id: a, electrical: { maxCurrent: 32 } }`, '3:11 duplicate-id', 'line 2'],
    [
      `chargers:\n  - ${charger}\n  - { id: B, name: a, electrical: { maxCurrent: 32 } }`,
      '3:20 duplicate-name',
      'line 2',
    ],
    [`limits: { default: 40 }\nchargers: [${charger}]`, '1:20 limit-range', 'more than the 32 A that A'],
    [`limits: { default: 3 }\nchargers: [${charger}]`, '1:20 limit-range', 'counts as 0'],
    [`limits: { minimum: 33 }\nchargers: [${charger}]`, '1:20 limit-range', '33 A is more'],
    [`limits: { step: 33 }\nchargers: [${charger}]`, '1:17 limit-range', '33 A is more'],
    [
      'limits: { default: 16 }\nchargers: [{ id: D, electrical: { maxPower: 9 } }]',
      '1:20 limit-range',
      'direct current',
    ],
    [
      'chargers: [{ id: D, electrical: { maxPower: 9 }, smartCharging: { key: K } }]',
      '1:72 limit-key',
      'direct current',
    ],
    [
      'chargers: [{ id: D, connectors: 2, electrical: { maxCurrent: 6 }, smartCharging: { key: K } }]',
      '1:89 limit-key',
      'write {connector}',
    ],
    ['chargers: [{ id: D, smartCharging: { profileId: 200500 } }]', '1:49 invalid-value', "bridge's own"],
    [
      'chargers:\n  - { id: A, password: "$' + '{NOWHERE}", electrical: { maxCurrent: 6 } }',
      '2:24 environment',
      'NOWHERE',
    ],
    ['site: $' + '{SI TE}', '1:7 environment', 'no variable'],
    ['site: A\nsite: B', '2:1 duplicate-key', 'site stands here twice'],
    ['modbus: { priority: $' + '{A} }', '1:22 yaml-syntax', 'in quotes'],
    ['site: "A', '1:9 yaml-syntax', ''],
    ['- site: A', '1:1 wrong-type', 'a set of keys, not a list'],
    ['just text', '1:1 wrong-type', 'a set of keys'],
  ])('is found at its place: %j', (text, place, words) => {
    const { problems, settings } = read(text)
    expect(settings).toBeUndefined()
    const errors = problems.filter(({ warning }) => !warning)
    expect(errors.map(brief)).toEqual([place])
    expect(errors[0]?.message).toContain(words)
  })

  it('does not hide the others, of any kind, in any section', () => {
    const { problems } = read(`site: a/b
ocpp:
  listen: nowhere
  heartbeat: 5m
modbus: { priority: 0 }
limits: { default: 50 }
extra: 1
chargers:
  - id: A
    electrical: { maxCurrent: 16 }
  - id: A
    connectors: many
    password: $\{MISSING}
  - name: x.y
`)
    expect(problems.map(brief)).toEqual([
      '1:7 invalid-value',
      '3:11 invalid-value',
      '4:3 unknown-key',
      '5:21 out-of-range',
      '6:20 limit-range',
      '7:1 unknown-key',
      '11:9 duplicate-id',
      '12:17 wrong-type',
      '13:15 environment',
      '14:5 missing',
      '14:11 invalid-value',
    ])
  })

  it('leaves what is right to be looked at further', () => {
    const { draft, settings } = read(`site: a/b\nmodbus:\nchargers:\n  - ${charger}\n  - id: 5`)
    expect(settings).toBeUndefined()
    expect(draft?.chargers.map(({ settings: { id } }) => id)).toEqual(['A'])
    expect(draft?.northbound.modbus).toBeDefined()
  })

  it('is printed as file:line:column code message', () => {
    const [problem] = read('ocpp: { listen: nowhere }').problems
    expect(problem && formatProblem(problem)).toBe(
      '/site/config.yaml:1:17 invalid-value listen: write address:port, for example 0.0.0.0:8887 or 127.0.0.1:5020',
    )
  })

  it('is printed without what a terminal obeys', () => {
    const said = read('"x\\e[2J": 1').problems.map(formatProblem).join()
    expect(said).toContain('x?[2J')
    expect(said).not.toContain('\u001b')
  })
})

describe('$' + '{ENV} in config.yaml', () => {
  it('is replaced inside any text, and only there', () => {
    const { settings, problems } = read('site: $' + '{A}-$' + '{B}-$$' + '{A}', { A: 'x', B: '9' })
    expect(problems).toEqual([])
    expect(settings?.site).toBe('x-9-$' + '{A}')
  })

  it('never makes YAML of what a variable holds', () => {
    expect(read('site: $' + '{A}', { A: 'x: {y' }).settings?.site).toBe('x: {y')
    expect(read('modbus: { priority: "$' + '{A}" }', { A: '5' }).problems.map(brief)).toEqual(['1:21 wrong-type'])
  })
})

describe('a file that is none', () => {
  it('is one problem when it does not exist', () => {
    const { problems, draft } = loadConfig('/nowhere/config.yaml', sections, {})
    expect(problems.map(formatProblem)).toEqual([
      '/nowhere/config.yaml:1:1 file the file does not exist: write one, or name another with --config (config.example.yaml has every key)',
    ])
    expect(draft).toBeUndefined()
  })

  it('is refused when its aliases multiply themselves', () => {
    const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 12; level += 1)
      lines.push(
        `${'b'.repeat(level)}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      )
    const { problems } = read(lines.join('\n'))
    expect(problems.map(brief)).toEqual(['1:1 yaml-syntax'])
  })

  it('lets two thousand chargers share one alias', () => {
    const { problems, settings } = read(
      `limits: {}\nchargers:\n  - { id: A, electrical: &e { maxCurrent: 16 } }\n${Array.from({ length: 2000 }, (_, n) => `  - { id: C${n}, electrical: *e }`).join('\n')}`,
    )
    expect(problems).toEqual([])
    expect(settings?.chargers.at(-1)?.settings.electrical).toMatchObject({ maxCurrent: 16 })
  })

  it('is refused when it is nested beyond reason', () => {
    const { settings } = read('['.repeat(50_000))
    expect(settings).toBeUndefined()
  })

  it('has no way to reach the prototype of anything', () => {
    const { problems } = read('__proto__: { polluted: true }\nchargers: [{ id: A, __proto__: { connectors: 2 } }]')
    expect(problems.length).toBeGreaterThan(0)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('gives problems at places inside it, whatever it holds', () => {
    const valid = `site: A\nocpp: { listen: 1.2.3.4:5 }\nmodbus:\nlimits: { default: 16 }\nchargers:\n  - ${charger}\n`
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated(valid)), (text) => {
        const { problems, settings } = read(text)
        const lines = text.split(/\n/).length
        expect(settings === undefined).toBe(problems.some(({ warning }) => !warning))
        for (const { line, column, message } of problems) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(lines + 1)
          expect(column).toBeGreaterThanOrEqual(1)
          expect(message).not.toBe('')
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** A valid text with a piece of it replaced by something else. */
function mutated(text: string) {
  return fc
    .tuple(
      fc.nat(text.length),
      fc.nat(12),
      fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom(': ', '\n', '- ', '&a', '*a', '{', ']')),
    )
    .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length))
}
