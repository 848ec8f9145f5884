import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/lib/problem.ts'
import { draw } from '../../src/plan.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/bacnet.md'), 'utf8')
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bacnet-md-'))
  mkdirSync(join(folder, 'mappings'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function problems(config: string): readonly string[] {
  const file = join(folder, 'config.yaml')
  const charger = 'chargers: [{ id: CP-1, name: Bay 01, MAPPING electrical: { maxCurrent: 32 } }]'
  const mapping = blocks.find((block) => block.startsWith('mapping:')) ?? ''
  writeFileSync(join(folder, 'mappings/garage.yaml'), mapping)
  writeFileSync(file, `${config}store: "sqlite::memory:"\n${charger.replace('MAPPING', 'mapping: garage,')}\n`)
  return draw(file).problems.map(formatProblem)
}

describe('docs/bacnet.md', () => {
  const configs = blocks.filter((block) => block.startsWith('site:'))

  it('has a mapping and configs that are right as they stand', () => {
    expect(configs).toHaveLength(3)
    for (const config of configs) expect(problems(config), config).toEqual([])
  })
})
