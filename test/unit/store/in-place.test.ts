import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NotKept } from '../../../src/core/not-kept.ts'
import type { StorageState } from '../../../src/core/storage-health.ts'
import { type Log, silentLog } from '../../../src/lib/log.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'in-place-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function opened() {
  const clock = new FakeClock()
  const lines: string[] = []
  const health: StorageState[] = []
  const write = (_fields: object, message: string) => void lines.push(message)
  const log: Log = { ...silentLog, warn: write, error: write }
  return { clock, lines, health, store: openSqlite(file, clock, { log, health: (state) => health.push(state) }) }
}

const kept = () => {
  const store = openSqlite(file, new FakeClock())
  const held = [...store.held('CP-1')]
  store.close()
  return held
}

describe('a store whose file somebody deletes while it is open', () => {
  it('acknowledges nothing more, says so, and is there again once it is closed', () => {
    const { clock, lines, health, store } = opened()
    store.hold('CP-1', 'before', '1')
    rmSync(file)
    expect(() => store.hold('CP-1', 'after', '2')).toThrow(NotKept)
    store.saveSnapshotLater('CP-1', () => 'state')
    clock.advance(10_000)
    expect(health.at(-1)).toMatchObject({ failing: true })
    expect(lines.filter((line) => line.includes('it was deleted, moved or replaced'))).not.toEqual([])
    store.close()
    expect(lines.at(-1)).toBe(`the store ${file} was taken away: it is in ${file} now`)
    expect(kept()).toEqual([['before', '1']])
  })

  it('goes on where the file is put back', () => {
    const { clock, health, store } = opened()
    store.hold('CP-1', 'before', '1')
    renameSync(file, `${file}.moved`)
    store.saveSnapshotLater('CP-1', () => 'state')
    clock.advance(10_000)
    renameSync(`${file}.moved`, file)
    clock.advance(10_000)
    expect(health.at(-1)).toMatchObject({ failing: false })
    store.hold('CP-1', 'after', '2')
    store.close()
    expect(kept()).toEqual([
      ['after', '2'],
      ['before', '1'],
    ])
  })

  it('is written beside a file that took its place', () => {
    const { store } = opened()
    store.hold('CP-1', 'before', '1')
    rmSync(file)
    writeFileSync(file, 'something else')
    store.close()
    const [beside] = readdirSync(folder).filter((name) => name.startsWith('bridge.db.replaced-'))
    expect(existsSync(join(folder, beside ?? ''))).toBe(true)
    const own = openSqlite(join(folder, beside ?? ''), new FakeClock())
    expect(own.held('CP-1').get('before')).toBe('1')
    own.close()
  })
})
