import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockAlone, lockStore } from '../../../src/store/lock.ts'
import { openSqlite } from '../../../src/store/sqlite.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let folder: string
let store: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
  store = join(folder, 'deep/bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the lock of a store', () => {
  it('is given to one at a time, and to the next once it is released', () => {
    const first = lockStore(store)
    expect(first).toBeDefined()
    expect(lockStore(store)).toBeUndefined()
    // Whoever was refused takes nothing away from the first.
    expect(lockStore(store)).toBeUndefined()
    first?.release()
    first?.release()
    const second = lockStore(store)
    expect(second).toBeDefined()
    second?.release()
  })

  it('is one for every store, and the same by whatever name', () => {
    const lock = lockStore(store)
    const other = lockStore(join(folder, 'other.db'))
    expect(other).toBeDefined()
    other?.release()
    writeFileSync(store, '')
    symlinkSync(store, join(folder, 'link.db'))
    expect(lockStore(join(folder, 'link.db'))).toBeUndefined()
    lock?.release()
  })

  it('that may not be taken is told with the name of the store', () => {
    mkdirSync(`${store}.lock`, { recursive: true })
    expect(() => lockStore(store)).toThrow(`the store ${store} can't be opened (unable to open database file): do this`)
  })

  it('is everybody’s where the store is in memory', () => {
    expect(lockStore(':memory:')).toBeDefined()
    expect(lockStore(':memory:')).toBeDefined()
    expect(existsSync(':memory:.lock')).toBe(false)
  })

  it('ends with a process that is killed, and is not given before', async () => {
    const lock = join(import.meta.dirname, '../../../src/store/lock.ts')
    const script = `import(${JSON.stringify(lock)}).then(({ lockStore }) => {
      globalThis.lock = lockStore(${JSON.stringify(store)})
      console.log(globalThis.lock === undefined ? 'refused' : 'locked')
      setInterval(() => {}, 1000)
    })`
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(said.toString()).toContain('locked')
    expect(lockStore(store)).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const own = lockStore(store)
    expect(own).toBeDefined()
    own?.release()
  })

  it('lets one bridge run on a store, others write numbers beside it, and another run once it is released', () => {
    const first = lockAlone(store)
    expect(() => lockAlone(store)).toThrow(`another bridge runs on the store ${store}`)
    const beside = openSqlite(store, new FakeClock())
    beside.keepNumbers(new Map([['A', 1]]))
    beside.close()
    expect(() => lockAlone(store)).toThrow('another bridge')
    first.release()
    lockAlone(store).release()
  })
})
