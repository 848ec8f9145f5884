import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/lib/problem.ts'
import { draw } from '../../src/plan.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readme-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the README', () => {
  it('has a config and a mapping that are right as they stand', () => {
    const [config, mapping] = blocks('yaml')
    mkdirSync(join(folder, 'mappings'))
    writeFileSync(join(folder, 'mappings/garage.yaml'), mapping ?? '')
    const file = join(folder, 'config.yaml')
    writeFileSync(file, `${config}    mapping: garage\nstore: "sqlite::memory:"\n`)
    const { problems, listings } = draw(file)
    expect(problems.map(formatProblem)).toEqual([])
    expect(listings[1]?.points.map(({ definition }) => definition.name)).toContain('meter.Power.Offered')
  })

  it('has meter values that are right as they stand', () => {
    const file = join(folder, 'config.yaml')
    writeFileSync(file, `${blocks('yaml')[2]}store: "sqlite::memory:"\n`)
    expect(draw(file).problems.map(formatProblem)).toEqual([])
  })

  it('names no command that .ci/run does not run', () => {
    const ci = readFileSync(join(root, '.ci/run'), 'utf8')
    const commands = blocks('sh').flatMap((block) => block.trim().split('\n'))
    expect(commands.length).toBeGreaterThan(3)
    for (const command of commands) {
      // The gate runs the tests; the driver of the demo starts it as the README says.
      const run = command
        .replace('npm ci && npm run demo', 'npx tsx test/interop/drive-demo.ts')
        .replace('npm ci && npm test', 'npm run check')
      expect(ci, command).toContain(run)
    }
  })
})
