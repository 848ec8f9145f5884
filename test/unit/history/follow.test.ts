import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followLog } from '../../../src/history/follow.ts'
import type { ReadHistories } from '../../../src/history/open-histories.ts'
import { LogLines } from '../../../src/history/table.ts'
import { migrate, openSqliteHistories, type SqliteHistories } from '../../../src/store/history/database.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { addLog, addSources } from '../../support/stored-rows.ts'

let folder: string
let histories: SqliteHistories
let clock: FakeClock
let shown: string[]
let complaints: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'follow-'))
  histories = openSqliteHistories(join(folder, 'bridge.history.db'))
  await migrate(histories.db, 'sqlite')
  await addSources(histories.db)
  clock = new FakeClock()
  shown = []
  complaints = []
})
afterEach(async () => {
  await histories.db.destroy()
  rmSync(folder, { recursive: true, force: true })
})

/** Lets the next look happen, to its end. */
async function look(): Promise<void> {
  clock.advance(500)
  while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
}

function follow(stop: AbortController): Promise<void> {
  const reader = openSqliteHistories(join(folder, 'bridge.history.db'), { readonly: true })
  const read: ReadHistories = { db: reader.db, isReplaced: () => false, close: () => reader.db.destroy() }
  const parts = {
    clock,
    open: async () => 'nothing else is there',
    filter: {},
    lines: new LogLines(false),
    limit: 2,
    print: (text: string) => shown.push(...text.split('\n').filter((line) => line !== '')),
    complain: (text: string) => complaints.push(text),
  }
  return followLog(read, parts, stop.signal)
}

const messages = () => shown.map((line) => line.split(/ +/).at(-1))

describe('a log that is followed', () => {
  it('is shown twice a second, each entry once, until it is stopped', async () => {
    await addLog(histories.db, [{ message: 'one' }, { message: 'two' }, { message: 'three' }])
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    const stop = new AbortController()
    const ended = follow(stop)
    while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(messages()).toEqual(['two', 'three'])
    for (let number = 4; number < 20; number += 1) {
      await addLog(histories.db, [{ message: String(number) }], number)
      await look()
      expect(messages().at(-1)).toBe(String(number))
    }
    await look()
    expect(shown).toHaveLength(18)
    stop.abort()
    await ended
    expect(clock.waiting).toBe(0)
    process.off('warning', warn)
    expect([warnings, complaints]).toEqual([[], []])
  })

  it('says once that it can not be read, and goes on when it can', async () => {
    const stop = new AbortController()
    const ended = follow(stop)
    while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
    histories.raw.exec('ALTER TABLE source RENAME TO elsewhere')
    await look()
    await look()
    expect(complaints).toEqual(["the log can't be read, and that is tried again: no such table: source"])
    histories.raw.exec('ALTER TABLE elsewhere RENAME TO source')
    await addLog(histories.db, [{ message: 'again' }])
    await look()
    expect(messages()).toEqual(['again'])
    stop.abort()
    await ended
  })
})
