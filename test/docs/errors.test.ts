import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
const read = (file: string) => readFileSync(join(root, 'src', file), 'utf8')

/** The rows of the table of one section, without header. */
function rows(title: string): readonly (readonly string[])[] {
  const section = page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}

const firsts = (title: string) => rows(title).map(([first]) => first ?? '')

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join(folder, file)))
}

/** What stands in quotes at the places of a pattern's groups. */
function found(texts: readonly string[], pattern: RegExp): readonly string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(pattern)].flatMap((match) => match.slice(1).filter((each) => each !== undefined)),
  )
}

function union(text: string, name: string): readonly string[] {
  const declared = new RegExp(`export type ${name} =([^]*?)\\n\\n`).exec(text)?.[1] ?? ''
  return found([declared], /'([a-z-]+)'/g)
}

const sorted = (codes: Iterable<string>) => [...new Set(codes)].sort()

describe('docs/errors.md', () => {
  it('has every problem of config and mappings, and no other', () => {
    const texts = [
      ...['config', 'mapping'].flatMap(sources),
      ...[
        'lib/validate.ts',
        'lib/yaml-file.ts',
        'southbound/ocpp/check.ts',
        'web/config.ts',
        'store/history/check-export.ts',
        'northbound/modbus/check-layout.ts',
      ].map(read),
      ...['bacnet', 'modbus'].flatMap((name) => [
        read(`northbound/${name}/check.ts`),
        read(`northbound/${name}/config.ts`),
      ]),
    ]
    const codes = [
      ...found(texts, /\bproblem\(\s*(?:\w+ \? )?'([a-z-]+)'(?: : '([a-z-]+)')?/g),
      ...found(texts, /\bcode: (?:\w+ \? )?'([a-z-]+)'(?: : '([a-z-]+)')?/g),
      // Of helpers whose first argument is the code; that of `limits` is a key.
      ...found(
        texts.filter((text) => !text.includes('keyof LimitSettings')),
        /\b(?:add|refuse)\(\s*'([a-z-]+)',/g,
      ),
      ...(read('lib/validate.ts').includes(": 'invalid-value'") ? ['invalid-value'] : []),
      ...(/`duplicate-\$\{key\}`/.test(read('config/check.ts')) ? ['duplicate-id', 'duplicate-name'] : []),
    ].filter((code) => code !== 'custom' && code !== 'x')
    expect(codes.length).toBeGreaterThan(50)
    expect(sorted(firsts('Problems of config and mappings'))).toEqual(sorted(codes))
  })

  it('has every refusal, with what each protocol makes of it', () => {
    const refusals = union(read('core/ports.ts'), 'Refusal')
    const bacnet = new Map(
      [...read('northbound/bacnet/downlink.ts').matchAll(/^ {2}'?([a-z-]+)'?: \['([a-z-]+)', '([a-z-]+)'\]/gm)].map(
        ([, refusal, errorClass, code]) => [refusal, `${errorClass}, ${code}`],
      ),
    )
    const modbus = new Map(
      [...read('northbound/modbus/downlink.ts').matchAll(/^ {2}'?([a-z-]+)'?: exceptionCodes\.(\w+)/gm)].map(
        ([, refusal, name = '']) => [refusal, name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)],
      ),
    )
    // Whoever may not, and a disk that takes nothing, come first: core knows of neither.
    const told = rows('Writes that are refused').slice(2)
    expect(sorted(told.map(([refusal]) => refusal ?? ''))).toEqual(sorted(refusals))
    for (const [refusal, error, exception] of told) {
      expect(error, refusal).toBe(bacnet.get(refusal))
      expect(exception?.replace(/^\d+ /, ''), refusal).toBe(modbus.get(refusal))
    }
  })

  it('has every reason for which a charger is turned away, with its answer', () => {
    const reasons = [...union(read('core/ports.ts'), 'TurnedAway'), 'no-identifier']
    const answers = new Map(
      [...read('southbound/ocpp/transport/gate.ts').matchAll(/^ {2}'?([a-z-]+)'?: ['`](\d{3}) /gm)].map(
        ([, reason, status]) => [reason, status],
      ),
    )
    const told = rows('Chargers that are turned away')
    expect(sorted(told.map(([reason]) => reason ?? ''))).toEqual(sorted(reasons))
    for (const [reason, answer] of told) if (answer !== 'let in') expect(answer, reason).toBe(answers.get(reason))
  })

  it.each(['What is said of the store', 'What is said of histories', 'What is said of backups'])(
    'has, in “%s”, only words that the bridge says',
    (title) => {
      const texts = sources('.').join('\n')
      // Where something is put in stands an ellipsis.
      const said = firsts(title).flatMap((each) =>
        each.split('…').map((part) => part.replace(/^[\s:)]+|[\s:(]+$/g, '')),
      )
      expect(said.length).toBeGreaterThan(3)
      expect(said.filter((words) => !texts.includes(words))).toEqual([])
    },
  )

  it('has every code of the HTTP API', () => {
    const texts = sources('web').filter((text) => !text.includes("config.yaml's section"))
    const codes = [
      ...found(texts, /\bcode: '([a-z-]+)'/g),
      ...found(texts, /\b(?:action|payload|\d{3}): '([a-z]+(?:-[a-z]+)?)'/g),
    ]
    expect(sorted(firsts('Calls by hand'))).toEqual(sorted(codes))
  })
})
