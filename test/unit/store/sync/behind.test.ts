import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Store } from '../../../../src/core/ports.ts'
import { systemClock } from '../../../../src/lib/clock.ts'
import { openSqlite } from '../../../../src/store/sqlite.ts'
import { RecordingLog } from '../../../support/recording-log.ts'

let folder: string
let file: string
let log: RecordingLog
let store: Store

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'behind-'))
  file = join(folder, 'bridge.db')
  log = new RecordingLog()
  store = openSqlite(file, systemClock, { log, syncsBehind: true })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const limit = (connector: number) =>
  ({ connector, setpoint: 'limit', unit: 'A', slots: [{ value: connector, source: 'Modbus' }] }) as const
const kept = (from = store) => new Promise((resolve) => from.keeping.whenKept(resolve))

describe('a store that syncs behind its calls', () => {
  it('calls back once all of it is on disk, and has nothing to call back for where nothing was written', async () => {
    const { keeping } = store
    const heard: string[] = []
    keeping.whenKept(() => heard.push('nothing'))
    expect(heard).toEqual(['nothing'])
    store.saveSlots('CP-1', limit(1))
    store.saveEdge('CP-1', 1, 'start', 'modbus', 1)
    expect([keeping.promised, keeping.kept]).toEqual([2, 0])
    expect(await kept()).toBeUndefined()
    expect([keeping.promised, keeping.kept]).toEqual([2, 2])
  })

  it('has everything on disk when it is to', () => {
    store.saveSlots('CP-1', limit(1))
    store.holdNow('CP-1', 'password', 'new')
    expect(store.keeping.kept).toBe(store.keeping.promised)
    store.keepNumbers(new Map([['CP-1', 1]]))
    expect(store.keeping.kept).toBe(store.keeping.promised)
  })

  it('has everything on disk once it is closed', () => {
    for (let connector = 1; connector <= 50; connector += 1) store.saveSlots('CP-1', limit(connector))
    store.close()
    expect(existsSync(`${file}-wal`)).toBe(false)
    store = openSqlite(file, systemClock)
    expect(store.slots('CP-1')).toHaveLength(50)
    expect([store.keeping.promised, store.keeping.kept]).toEqual([0, 0])
  })

  it('keeps its log short, by a thread', async () => {
    const size = () => statSync(`${file}-wal`).size
    let most = 0
    for (let round = 0; round < 60; round += 1) {
      for (let n = 0; n < 10; n += 1) store.saveSnapshotLater(`CP-${n}`, () => String(round % 10).repeat(40_000))
      await new Promise((resolve) => setTimeout(resolve, 60))
      most = Math.max(most, size())
    }
    // 24 MB were written.
    await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(300_000), 10_000)
    expect(most).toBeLessThan(16 * 2 ** 20)
    expect(log.messages('warn')).toEqual([])
  }, 60_000)

  it('refuses what a building writes while it is not where it was', async () => {
    store.saveSlots('CP-1', limit(1))
    await kept()
    rmSync(file)
    expect(() => store.saveSlots('CP-1', limit(2))).toThrow("it can't be kept")
  })
})
