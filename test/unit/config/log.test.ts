import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config/load.ts'
import { checkFilter, config, passesFilter } from '../../../src/config/log.ts'
import { formatProblem } from '../../../src/lib/problem.ts'
import { parseYaml } from '../../../src/lib/yaml-file.ts'
import { sections } from './sections.ts'

const chargers = [{ settings: { id: 'CP-1', name: 'Bay 01' } }, { settings: { id: 'CP-2', name: 'Bay 02' } }]
const filterOf = (text: string) => config.parse(parseYaml('x', text).value ?? {})

describe('log.filter', () => {
  it.each([
    ['{}', []],
    ['filter: ""', []],
    ['filter: CP-1', ['CP-1']],
    ['filter: [CP-1, " Bay 02 ", ""]', ['CP-1', 'Bay 02']],
  ])('may be written as %s', (text, filter) => {
    expect(filterOf(text)).toEqual({ filter })
  })

  it.each(['log: { filter: 7 }', 'log: { filter: [7] }', 'log: { filter: { a: 1 } }', 'log: { filtr: CP-1 }'])(
    'may not be written as %s',
    (text) => {
      const source = parseYaml('/site/config.yaml', text)
      const { problems } = configOf(source, { ...sections, services: { log: config } })
      expect(problems).toHaveLength(1)
      expect(problems[0]?.path).toMatch(/^log/)
    },
  )

  it('that names no charger is a warning at its place, with the one that may be meant', () => {
    const source = parseYaml('config.yaml', 'log:\n  filter: [cp-1, CP-3, bay 02, nobody]\n')
    const problems = checkFilter({ filter: ['cp-1', 'CP-3', 'bay 02', 'nobody'] }, chargers, source)
    expect(problems.map(({ code, warning }) => [code, warning])).toEqual([
      ['log-filter', true],
      ['log-filter', true],
    ])
    expect(problems.map(formatProblem).join('\n')).toMatch(
      /^config\.yaml:2:\d+.*CP-3 is no charger of this config \(did you mean CP-[12]\?\).*\n.*nobody is no charger of this config: /,
    )
  })
})

describe('a line of the log', () => {
  const levels = ['debug', 'info', 'warn', 'error']
  const passing = (filter: readonly string[], fields: object) =>
    levels.filter((level) => passesFilter({ filter }, chargers)(level, fields as never))

  it('passes where there is no filter', () => {
    expect(passing([], { charger: 'CP-2' })).toEqual(levels)
    expect(passing([], {})).toEqual(levels)
  })

  it('passes when it is about a charger that the filter names, by id or name, in any letter case', () => {
    expect(passing(['cp-1'], { charger: 'CP-1' })).toEqual(levels)
    expect(passing(['bay 01'], { charger: 'CP-1' })).toEqual(levels)
    expect(passing(['Bay 02', 'CP-1'], { charger: 'CP-1' })).toEqual(levels)
  })

  it('does not pass when it is about another, however bad that is', () => {
    expect(passing(['CP-1'], { charger: 'CP-2' })).toEqual([])
    expect(passing(['CP-1'], { charger: 'CP-10' })).toEqual([])
  })

  it('of somebody who is turned away is about who that says to be', () => {
    expect(passing(['CP-1'], { identifier: 'CP-1' })).toEqual(levels)
    expect(passing(['GUEST'], { identifier: 'guest' })).toEqual(levels)
    expect(passing(['CP-1'], { identifier: 'guest' })).toEqual([])
  })

  it('that is about no charger passes as a warning or error', () => {
    expect(passing(['CP-1'], {})).toEqual(['warn', 'error'])
    expect(passing(['CP-1'], { charger: undefined, client: '10.0.0.1' })).toEqual(['warn', 'error'])
  })
})
