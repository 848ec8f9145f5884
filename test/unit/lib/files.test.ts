import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceFile } from '../../../src/lib/replace-file.ts'
import { watchFiles } from '../../../src/lib/watch-files.ts'
import { writeWhole } from '../../../src/lib/whole-file.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'))
  file = join(folder, 'config.yaml')
  writeFileSync(file, 'old')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a file that is replaced', () => {
  it('keeps its mode and its links, and leaves nothing else behind', () => {
    chmodSync(file, 0o640)
    const link = join(folder, 'link.yaml')
    symlinkSync('config.yaml', link)
    replaceFile(link, 'new €')
    expect(readFileSync(file, 'utf8')).toBe('new €')
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(readlinkSync(link)).toBe('config.yaml')
    expect(readdirSync(folder).sort()).toEqual(['config.yaml', 'link.yaml'])
  })

  it('has to be there', () => {
    expect(() => replaceFile(join(folder, 'none'), 'x')).toThrow('ENOENT')
  })
})

describe('files that are watched', () => {
  function watched() {
    const clock = new FakeClock()
    let changes = 0
    const watch = watchFiles(
      clock,
      () => [file],
      () => {
        changes += 1
      },
    )
    return { clock, watch, changes: () => changes }
  }

  it('tell once when they were written, after they have been quiet', () => {
    const { clock, changes } = watched()
    clock.advance(5_000)
    expect(changes()).toBe(0)
    writeFileSync(file, 'half')
    clock.advance(1_000)
    writeFileSync(file, 'whole thing')
    clock.advance(1_000)
    expect(changes()).toBe(0)
    clock.advance(1_000)
    expect(changes()).toBe(1)
    clock.advance(60_000)
    expect(changes()).toBe(1)
  })

  it('tell of a rename over them, of going and of coming back', () => {
    const { clock, changes } = watched()
    writeFileSync(join(folder, 'draft'), 'old')
    renameSync(join(folder, 'draft'), file)
    clock.advance(3_000)
    expect(changes()).toBe(1)
    rmSync(file)
    clock.advance(3_000)
    expect(changes()).toBe(2)
    writeFileSync(file, 'old')
    clock.advance(3_000)
    expect(changes()).toBe(3)
  })

  it('tell at once when asked, not again by themselves, and no more when stopped', () => {
    const { clock, watch, changes } = watched()
    writeFileSync(file, 'new')
    watch.now()
    clock.advance(5_000)
    expect(changes()).toBe(1)
    watch.stop()
    writeFileSync(file, 'newer')
    clock.advance(5_000)
    expect(changes()).toBe(1)
    expect(clock.waiting).toBe(0)
  })
})

describe('a file that appears whole', () => {
  it('follows no link that somebody has laid in its way', async () => {
    const whole = join(folder, 'log.csv')
    symlinkSync(file, join(folder, `.log.csv.${process.pid}.tmp`))
    await writeWhole(whole, Readable.from(['new']))
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(readFileSync(whole, 'utf8')).toBe('new')
    expect(readdirSync(folder).sort()).toEqual(['config.yaml', 'log.csv'])
  })

  it('is readable as all that the process writes, or as it is told to be', async () => {
    const [usual, own] = [join(folder, 'usual.csv'), join(folder, 'own.csv')]
    await writeWhole(usual, Readable.from(['new']))
    await writeWhole(own, Readable.from(['new']), { mode: 0o600 })
    expect(statSync(usual).mode).toBe(statSync(file).mode)
    expect(statSync(own).mode & 0o777).toBe(0o600)
  })
})
