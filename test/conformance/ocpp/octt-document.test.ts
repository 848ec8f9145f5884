import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The cases for a central system, by chapter. */
const chapters: Readonly<Record<string, string>> = {
  Core: '001 003 004_1 004_2 005_1 007 010 011_1 011_2 012 013 014 017_1 017_2 018_1 019_1 019_2 021 023_1 023_2 023_3 024 026 028 030 031 032_1 037_1 037_3 039 040_1 040_2 061 064',
  'Local authorization list': '042_1 042_2 043_1 043_3 043_4 043_5',
  'Firmware management': '044_1 044_2 044_3 045_1 045_2',
  Reservation: '046 047 048_1 048_2 048_3 048_4 049 051 052 053',
  'Remote trigger': '054 055',
  'Smart charging': '056 057 059 066 067',
  Security: '073 074 075_1 075_2 076 077 078 079 080 081 083 085 086 087 088',
}

const document = readFileSync(join(import.meta.dirname, '../../../docs/conformance/ocpp.md'), 'utf8')
const rows = [...document.matchAll(/^\| (TC_\w+) +\| (.+?) +\| (.+?) +\| `(.+?)` +\|$/gm)].map(
  ([, number = '', name = '', what = '', file = '']) => ({ number, title: `${number} ${name}: ${what}`, file }),
)
const tests = readdirSync(import.meta.dirname)
  .filter((file) => file.startsWith('octt-') && file.endsWith('.test.ts') && file !== 'octt-document.test.ts')
  .flatMap((file) =>
    [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/'(TC_\d[^']*)'/g)].map(([, title = '']) => ({
      title,
      file,
    })),
  )

describe('docs/conformance/ocpp.md', () => {
  it('has each of the 77 cases once, in the order of the chapters', () => {
    const all = Object.values(chapters).flatMap((numbers) => numbers.split(' ').map((each) => `TC_${each}_CSMS`))
    expect(all).toHaveLength(77)
    expect(rows.map(({ number }) => number)).toEqual(all)
  })

  it('says how many each chapter has', () => {
    for (const [chapter, numbers] of Object.entries(chapters))
      expect(document).toContain(`## ${chapter} (${numbers.split(' ').length})`)
  })

  it('names the tests that there are, and all of them', () => {
    const shown = rows.map(({ title, file }) => ({ title, file })).sort(byTitle)
    expect(shown).toEqual([...tests].sort(byTitle))
  })

  it('leaves none out', () => {
    for (const { file } of tests)
      expect(readFileSync(join(import.meta.dirname, file), 'utf8')).not.toMatch(/\.(skip|todo|only|skipIf|runIf)\b/)
  })
})

function byTitle(a: { readonly title: string }, b: { readonly title: string }): number {
  return a.title < b.title ? -1 : 1
}
