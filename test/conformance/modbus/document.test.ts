import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exceptionCodes } from '../../../src/northbound/modbus/wire/exception.ts'
import { Scene } from '../../unit/northbound/modbus/support.ts'

const document = readFileSync(join(import.meta.dirname, '../../../docs/conformance/modbus.md'), 'utf8')
const files = readdirSync(import.meta.dirname).filter(
  (file) => file !== 'document.test.ts' && file.endsWith('.test.ts'),
)
const text = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')

/** What `it.each` puts behind the title of a case. */
const EACH = / \([^()]*%[is]\)$/
const tests = files.flatMap((file) =>
  [...text(file).matchAll(/\(\s*'([TR]\d\d [^\n]*)',(?: async)?(?: \(|\n)/g)].map(([, title = '']) => ({
    title: title.replace(EACH, ''),
    file,
  })),
)

/** The rows of one section's table, without header, cell by cell. */
function rows(section: string): readonly (readonly string[])[] {
  return (document.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

const cases = [...rows('Modbus TCP (64)'), ...rows('Modbus RTU (19)')]
const numbers = new Set(cases.map(([number]) => number))

describe('docs/conformance/modbus.md', () => {
  it('has 64 cases of TCP and 19 of RTU, each once and in order', () => {
    const counted = (letter: string, count: number) =>
      Array.from({ length: count }, (_, n) => `${letter}${String(n + 1).padStart(2, '0')}`)
    expect(cases.map(([number]) => number)).toEqual([...counted('T', 64), ...counted('R', 19)])
  })

  it('names the tests that there are, and all of them', () => {
    const shown = cases.map(([number, what, does, file]) => `${number} ${what}: ${does} in ${file}`)
    expect(shown.sort()).toEqual(tests.map(({ title, file }) => `${title} in \`${file}\``).sort())
  })

  it('leaves none out', () => {
    for (const file of files) expect(text(file)).not.toMatch(/\.(skip|todo|only|skipIf|runIf)\b/)
  })

  it('names cases that there are for every function, exception, promise and mistake', () => {
    for (const section of ['Functions', 'Exceptions', 'What the server promises', 'Mistakes of other servers']) {
      expect(rows(section).length).toBeGreaterThan(5)
      for (const row of rows(section)) {
        const named = row.at(-1)?.split(', ') ?? []
        expect(named.length).toBeGreaterThan(0)
        for (const each of named) expect(numbers, row.join()).toContain(each)
      }
    }
  })

  it('has every function that the server serves, and no other', async () => {
    const scene = new Scene()
    const { client } = await scene.open()
    const served: string[] = []
    for (let code = 0; code < 256; code += 1) {
      const answer = await client.ask(7, Uint8Array.of(code))
      if (Number.parseInt(answer.slice(2), 16) !== 1) served.push(`${code}`)
    }
    await scene.close()
    expect(rows('Functions').map(([code]) => code)).toEqual(served)
  })

  it('has every exception that there is, and no other', () => {
    const codes: number[] = Object.values(exceptionCodes)
    expect(rows('Exceptions').map(([code]) => Number(code))).toEqual(codes.sort((a, b) => a - b))
  })
})
