import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { finishRestore, type Placing, place } from '../../../src/backup/placing.ts'
import { lockStore } from '../../../src/store/lock.ts'

let folder: string
let config: string
let placing: Placing

const names = ['config.yaml', 'data/bridge.db', 'lists/tags.csv']

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'placing-'))
  config = join(folder, 'config.yaml')
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const name of names) {
    write(name, 'old')
    write(`${name}.new`, 'new')
  }
  write('data/bridge.db-wal', 'old log')
  write('mappings/a.yaml', 'old')
  write('mappings.new/b.yaml', 'new')
  const move = (name: string) => ({
    from: join(folder, `${name}.new`),
    to: join(folder, name),
    aside: join(folder, `${name}.aside`),
  })
  const log = { to: join(folder, 'data/bridge.db-wal'), aside: join(folder, 'data/bridge.db.aside-wal') }
  const moves = [move('config.yaml'), log, move('data/bridge.db'), move('mappings'), move('lists/tags.csv')]
  placing = { store: join(folder, 'data/bridge.db'), moves }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function text(path: string): string {
  return readFileSync(join(folder, path), 'utf8')
}

function expectNew(): void {
  for (const name of names) {
    expect(text(name)).toBe('new')
    expect(text(`${name}.aside`)).toBe('old')
    expect(existsSync(join(folder, `${name}.new`))).toBe(false)
  }
  expect(existsSync(join(folder, 'data/bridge.db-wal'))).toBe(false)
  expect(text('data/bridge.db.aside-wal')).toBe('old log')
  expect(readdirSync(join(folder, 'mappings'))).toEqual(['b.yaml'])
  expect(readdirSync(join(folder, 'mappings.aside'))).toEqual(['a.yaml'])
  expect(readdirSync(folder).filter((name) => name.includes('restoring'))).toEqual([])
}

/** Does so many steps and no more, as if the process had ended then; answers whether there was more to do. */
function begin(steps: number): boolean {
  const doing = place(config, placing)
  for (let step = 0; step < steps; step += 1) if (doing.next().done === true) return false
  return true
}

describe('what a restore puts into its place', () => {
  it('is all there in the end, and what was there is kept', () => {
    for (const _ of place(config, placing));
    expectNew()
    expect(finishRestore(config)).toBe(false)
  })

  it('is finished by the next who looks at the config, after whichever step the process ended', () => {
    const root = folder
    let interrupted = 0
    for (let steps = 1; begin(steps); steps += 1) {
      interrupted += 1
      expect(finishRestore(config)).toBe(true)
      expectNew()
      expect(finishRestore(config)).toBe(false)
      // From the beginning.
      for (const name of names) {
        writeFileSync(join(root, `${name}.new`), 'new')
        writeFileSync(join(root, name), 'old')
        rmSync(join(root, `${name}.aside`))
      }
      writeFileSync(join(root, 'data/bridge.db-wal'), 'old log')
      rmSync(join(root, 'data/bridge.db.aside-wal'))
      rmSync(join(root, 'mappings'), { recursive: true })
      rmSync(join(root, 'mappings.aside'), { recursive: true })
      for (const [name, file] of [
        ['mappings', 'a'],
        ['mappings.new', 'b'],
      ] as const) {
        mkdirSync(join(root, name))
        writeFileSync(join(root, name, `${file}.yaml`), 'x')
      }
    }
    expect(interrupted).toBeGreaterThanOrEqual(10)
  })

  it('is left to whoever is at it', () => {
    begin(3)
    const lock = lockStore(placing.store)
    expect(() => finishRestore(config)).toThrow(`${config} is being restored at this moment: wait until that is done`)
    lock?.release()
    expect(finishRestore(config)).toBe(true)
    expectNew()
  })

  it('needs nothing where no restore was interrupted, and no folder', () => {
    expect(finishRestore(config)).toBe(false)
    expect(finishRestore(join(folder, 'none/config.yaml'))).toBe(false)
    expect(finishRestore(join(folder, 'config.yaml/config.yaml'))).toBe(false)
  })
})
