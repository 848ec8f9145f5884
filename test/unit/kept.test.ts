import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openKept } from '../../src/kept.ts'
import { silentLog } from '../../src/lib/log.ts'
import { draw, type Plan } from '../../src/plan.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function planned(text: string): Plan {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, text)
  const { plan, problems } = draw(file)
  if (plan === undefined) throw new Error(JSON.stringify(problems))
  return plan
}

it('keeps no histories of a store in memory, nor where the config wants none', () => {
  const inMemory = openKept(planned('store: "sqlite::memory:"\n'), silentLog)
  expect(inMemory.history).toBeUndefined()
  inMemory.store.close()
  const without = openKept(planned('store: "sqlite:a.db"\nhistory: false\n'), silentLog)
  expect(without.history).toBeUndefined()
  without.store.close()
})

it('is of one bridge at a time, from before the store is opened until it is closed, and leaves nothing beside its files', async () => {
  const plan = planned('store: "sqlite:b.db"\n')
  const { store, history } = openKept(plan, silentLog)
  expect(() => openKept(plan, silentLog)).toThrow('another bridge runs on the store')
  await history?.stop?.()
  expect(() => openKept(plan, silentLog)).toThrow('another bridge runs on the store')
  store.close()
  const again = openKept(plan, silentLog)
  await again.history?.stop?.()
  again.store.close()
  expect(existsSync(join(folder, 'b.db-wal'))).toBe(false)
}, 30_000)

it('is nobody’s where the store can’t be opened', () => {
  mkdirSync(join(folder, 'c.db'))
  const plan = () => planned('store: "sqlite:c.db"\nhistory: false\n')
  const made = planned('store: "sqlite:d.db"\nhistory: false\n')
  expect(() => openKept({ ...made, settings: { ...made.settings, store: join(folder, 'c.db') } }, silentLog)).toThrow()
  rmSync(join(folder, 'c.db'), { recursive: true })
  openKept(plan(), silentLog).store.close()
})

it('is a fault as long as a damaged file stands aside that nobody has taken away', () => {
  const plan = planned('store: "sqlite:e.db"\nhistory: false\n')
  const faults = (): boolean => {
    const { health, store } = openKept(plan, silentLog)
    store.close()
    return health.failing
  }
  expect(faults()).toBe(false)
  const aside = join(folder, 'e.history.db.corrupt-2026-01-01T00-00-00.000Z')
  writeFileSync(aside, '')
  writeFileSync(`${aside}-wal`, '')
  expect(faults()).toBe(true)
  rmSync(aside)
  expect(faults()).toBe(false)
})
