import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Entry } from '../../../../src/core/history.ts'
import type { StorageState } from '../../../../src/core/storage-health.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { localDate } from '../../../../src/lib/moment.ts'
import { defaults } from '../../../../src/store/history/config.ts'
import { Keeper } from '../../../../src/store/history/keeper.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { batchOf } from './support.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('tells how many rows PostgreSQL will never have, since the start', async () => {
  const clock = new FakeClock()
  const run = async (entries: number): Promise<number | undefined> => {
    const health: StorageState[] = []
    const keeper = new Keeper({
      file: join(folder, 'bridge.history.db'),
      // Nobody listens there.
      database: 'postgres://bridge@127.0.0.1:1/histories',
      site: 'Tower',
      folder,
      config: { ...defaults, log: { keep: 1_000 } },
      clock,
      log: silentLog,
      days: localDate,
      describe: () => undefined,
      shownTag: (idTag) => idTag,
      changed: () => [],
      health: (state) => health.push(state),
      putAside: () => {},
    })
    const note = (): Entry => ({ kind: 'note', at: clock.now(), type: 'EntriesLost', message: '' })
    await keeper.write(batchOf(1, Array.from({ length: entries }, note), entries))
    const begun = clock.now()
    const looked = (): void => {
      clock.advance(1_000)
      expect(clock.now()).toBeGreaterThan(begun + 120_000)
      expect(health.at(-1)).toEqual({ failing: true, waiting: 0, lost: entries })
    }
    await vi.waitFor(looked, { timeout: 20_000, interval: 5 })
    await keeper.stop()
    return health.at(-1)?.lost
  }
  expect(await run(3)).toBe(3)
  expect(await run(2)).toBe(2)
})
