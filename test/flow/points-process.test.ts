import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readXlsx } from 'hucre/xlsx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
/** Of util-linux: gives a program a terminal. */
const hasScript = spawnSync('script', ['--version']).error === undefined

let folder: string
let file: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'points-'))
  file = join(folder, 'config.yaml')
  writeFileSync(
    file,
    'site: Site\nmodbus: {}\nstore: "sqlite::memory:"\nchargers: [{ id: CP-1, electrical: { maxCurrent: 32 } }]\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const command = (format: string): readonly string[] => [
  '--import',
  'tsx',
  join(root, 'src/main.ts'),
  'points',
  '--config',
  file,
  '--format',
  format,
]

describe('points --format xlsx', () => {
  it('goes into a folder, or where standard output is sent', async () => {
    const out = join(folder, 'out')
    const written = spawnSync(process.execPath, [...command('xlsx'), '--out', out], { cwd: root })
    expect(written.stdout).toHaveLength(0)
    expect(written.stderr.toString()).toContain(`${join(out, 'registers.xlsx')} written`)
    const piped = spawnSync(process.execPath, command('xlsx'), { cwd: root, maxBuffer: 16 * 2 ** 20 })
    for (const bytes of [readFileSync(join(out, 'registers.xlsx')), piped.stdout]) {
      const book = await readXlsx(bytes)
      expect(book.sheets.map(({ name }) => name)).toEqual(['Registers', 'Enum texts'])
      expect(book.sheets[0]?.rows.length).toBeGreaterThan(50)
    }
  }, 60_000)

  it.skipIf(!hasScript)(
    'is refused by a terminal, in one line (script of util-linux; skipped where it is missing)',
    () => {
      const line = [process.execPath, ...command('xlsx')].map((word) => `'${word}'`).join(' ')
      const { status, stdout } = spawnSync('script', ['-qec', line, '/dev/null'], { cwd: root })
      expect(stdout.toString().trim()).toBe(
        '--format xlsx makes a file that no terminal can show: say with --out into which folder',
      )
      expect(status).toBe(1)
    },
    60_000,
  )

  it('leaves the formats that are several files with --out alone', () => {
    const { status, stderr } = spawnSync(process.execPath, command('ede'), { cwd: root })
    expect(stderr.toString()).toBe('--format ede makes several files: say with --out into which folder\n')
    expect(status).toBe(1)
  }, 60_000)
})
