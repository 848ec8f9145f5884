import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { expect, it, vi } from 'vitest'
import { silentLog } from '../../../../src/lib/log.ts'
import { defaults } from '../../../../src/store/history/config.ts'
import { Keeper } from '../../../../src/store/history/keeper.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { batchOf, localDays, message, NOON, ownFolder } from './support.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const YEAR_MS = 365 * DAY_MS

const folder = ownFolder()
const file = () => join(folder.path, 'bridge.history.db')

function started(clock: FakeClock): Keeper {
  return new Keeper({
    ...{ file: file(), database: undefined, site: 'Depot', folder: folder.path },
    ...{ config: defaults, clock, log: silentLog, days: localDays('UTC') },
    describe: ({ from, action, text }) => ({ sender: from, type: action, message: '', frame: text }),
    shownTag: (idTag) => idTag,
    changed: () => [],
    health: () => {},
    putAside: () => {},
  })
}

function found(query: string): readonly unknown[] {
  const database = new SqliteDatabase(file(), { readonly: true })
  try {
    return database.prepare(query).pluck().all()
  } finally {
    database.close()
  }
}

const frames = () => found('SELECT frame FROM log')
/** It stands in the file once a round of pruning is over. */
const prunedAt = (time: number) =>
  vi.waitFor(() => expect(found("SELECT value FROM bookmark WHERE name = 'time'")).toEqual([time]))

it('nothing is deleted after a start with a clock that is a year ahead, until it has gone on so for a day', async () => {
  const clock = new FakeClock(NOON)
  const first = started(clock)
  await first.write(batchOf(1, [message({ text: 'kept' })]))
  clock.advance(MINUTE_MS)
  await prunedAt(NOON + MINUTE_MS)
  await first.stop()

  const ahead = new FakeClock(NOON + YEAR_MS)
  const keeper = started(ahead)
  await keeper.write(batchOf(2, []))
  ahead.advance(MINUTE_MS)
  await prunedAt(NOON + 2 * MINUTE_MS)
  expect(frames()).toEqual(['kept'])
  await vi.waitFor(() => {
    ahead.advance(DAY_MS)
    expect(frames()).toEqual([])
  })
  await keeper.stop()
})
