import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bibbs, gatewayBibbs } from '../../src/northbound/bacnet/capabilities.ts'
import { picsPage, shownByCode } from '../support/pics-page.ts'

const root = join(import.meta.dirname, '../..')
const file = join(root, 'docs/conformance/bacnet.md')
const shown = shownByCode()

/** Without what the formatter of the repository does to tables. */
function plain(text: string): string {
  return text.replace(/ *\| */g, '|').replace(/-{3,}/g, '---')
}

describe('docs/conformance/bacnet.md', () => {
  it('is what the code says (UPDATE=1 writes it again)', () => {
    const generated = picsPage(shown)
    if (process.env.UPDATE === '1') writeFileSync(file, generated)
    expect(plain(readFileSync(file, 'utf8'))).toBe(plain(generated))
  })

  it('claims every building block of the profile B-GW, and each once', () => {
    const names = bibbs.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...gatewayBibbs]))
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(bibbs)('claims $name with services that are executed and objects that are there', ({ executes, objects }) => {
    expect((executes ?? []).filter((name) => !shown.executed.has(name))).toEqual([])
    expect((objects ?? []).filter((type) => !shown.objects.has(type))).toEqual([])
  })

  it('leaves no service out, but for the old summaries that alarms have beside GetEventInformation', () => {
    const claimed = new Set<string>(bibbs.flatMap(({ executes = [] }) => executes))
    expect([...shown.executed].filter((name) => !claimed.has(name)).sort()).toEqual([
      'get-alarm-summary',
      'get-enrollment-summary',
    ])
  })

  it('has the properties of every type that devices say they support', () => {
    expect([...shown.objects.keys()].sort()).toEqual([...shown.types].sort())
  })

  it.each(bibbs.flatMap(({ name, tests }) => tests.map(([path, title]) => ({ name, path, title }))))(
    'names a test of $name that there is: $path: $title',
    ({ path, title }) => {
      const tested = join(root, 'test', path)
      const text = existsSync(tested) ? readFileSync(tested, 'utf8') : ''
      const found = [...text.matchAll(/\bit(?:\.each\([^\n]*\))?\(\s*(['"`])(.*?)\1,/g)].map((match) => match[2])
      expect(found).toContain(title)
    },
  )

  it('names a test of each', () => {
    expect(bibbs.filter(({ tests }) => tests.length === 0).map(({ name }) => name)).toEqual([])
  })
})
