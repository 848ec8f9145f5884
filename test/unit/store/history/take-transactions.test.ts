import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ChangedTransaction, ChangedTransactions } from '../../../../src/store/changed-transactions.ts'
import type { LocalHistories } from '../../../../src/store/history/open-local.ts'
import { takeTransactions } from '../../../../src/store/history/write/take-transactions.ts'
import { fillDisk } from '../../../support/full-disk.ts'
import { NOON, openLocal, ownFolder, rows, writerOn } from './support.ts'

const folder = ownFolder()
let file: string
let histories: LocalHistories

beforeEach(async () => {
  file = join(folder.path, 'history.db')
  histories = await openLocal(file)
  return () => void histories.raw.close()
})

/** A store as far as transactions go: each change gives its transaction the next revision. */
class FakeStore {
  readonly asked: number[] = []
  readonly #all = new Map<number, ChangedTransaction>()
  #revision = 0

  save(id: number, change: Partial<ChangedTransaction> = {}): void {
    this.#revision += 1
    const started = { id, charger: 'CP-1', connector: 1, idTag: 'SECRET', meterStartWh: 10, startedAt: NOON + id }
    const told = { timestampText: '', toldAt: NOON + id + 5, estimated: false }
    const running = { meterStopWh: undefined, stoppedAt: undefined, stopReason: undefined }
    this.#all.set(id, { ...started, ...told, ...running, ...this.#all.get(id), ...change, revision: this.#revision })
  }

  readonly changed: ChangedTransactions = (after, limit) => {
    this.asked.push(after)
    const newer = [...this.#all.values()].filter(({ revision }) => revision > after)
    return newer.sort((a, b) => a.revision - b.revision).slice(0, limit)
  }
}

const shown = (tag: string) => `${tag.slice(0, 2)}…`
const ids = () => rows(histories, 'transaction').map(({ id }) => id)

describe('taking transactions over from the store', () => {
  it('writes each as it stands, with its tag as it may be shown, and again when it has changed', () => {
    const store = new FakeStore()
    const writer = writerOn(histories)
    store.save(7)
    expect(takeTransactions(writer, store.changed, shown)).toBe(1)
    const row = {
      ...{
        id: 7,
        started_at: NOON + 7,
        told_at: NOON + 12,
        charger: 'CP-1',
        connector: 1,
        id_tag: 'SE…',
        meter_start: 10,
      },
      ...{ meter_stop: null, stopped_at: null, stop_reason: null, estimated: 0 },
    }
    expect(rows(histories, 'transaction')).toEqual([row])
    store.save(7, { meterStopWh: 500, stoppedAt: NOON + 99, stopReason: 'Local', estimated: true })
    expect(takeTransactions(writer, store.changed, shown)).toBe(1)
    const end = { meter_stop: 500, stopped_at: NOON + 99, stop_reason: 'Local', estimated: 1 }
    expect(rows(histories, 'transaction')).toEqual([{ ...row, ...end }])
    expect(takeTransactions(writer, store.changed, shown)).toBe(0)
  })

  it('takes many in portions, and asks only for what is new', () => {
    const store = new FakeStore()
    for (let id = 1; id <= 1001; id += 1) store.save(id)
    expect(takeTransactions(writerOn(histories), store.changed, shown)).toBe(1001)
    expect(store.asked).toEqual([0, 500, 1000])
    expect(ids()).toHaveLength(1001)
  })

  it('leaves none out where the disk takes nothing for a while, or another process goes on', async () => {
    const store = new FakeStore()
    for (let id = 1; id <= 3; id += 1) store.save(id)
    takeTransactions(writerOn(histories), store.changed, shown)
    for (let id = 4; id <= 6; id += 1) store.save(id)
    const empty = fillDisk(file, ['bookmark'])
    expect(() => takeTransactions(writerOn(histories), store.changed, shown)).toThrow('full')
    expect(ids()).toEqual([1, 2, 3])
    empty()
    histories.raw.close()
    histories = await openLocal(file)
    expect(takeTransactions(writerOn(histories), store.changed, shown)).toBe(3)
    expect(ids()).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('begins anew with a store that has not got as far, such as a backup, and doubles nothing', () => {
    const store = new FakeStore()
    for (let id = 1; id <= 5; id += 1) store.save(id)
    takeTransactions(writerOn(histories), store.changed, shown)

    const backup = new FakeStore()
    for (const id of [1, 2, 9]) backup.save(id)
    const writer = writerOn(histories)
    expect(takeTransactions(writer, backup.changed, shown)).toBe(3)
    expect(new Set(ids())).toEqual(new Set([1, 2, 3, 4, 5, 9]))
    expect(takeTransactions(writer, backup.changed, shown)).toBe(0)
    backup.save(10)
    expect(takeTransactions(writer, backup.changed, shown)).toBe(1)
  })

  it('waits for the first transaction of a store that is empty again', () => {
    const store = new FakeStore()
    for (let id = 1; id <= 5; id += 1) store.save(id)
    const writer = writerOn(histories)
    takeTransactions(writer, store.changed, shown)
    const empty = new FakeStore()
    expect(takeTransactions(writer, empty.changed, shown)).toBe(0)
    empty.save(20)
    expect(takeTransactions(writer, empty.changed, shown)).toBe(1)
    expect(ids()).toContain(20)
  })
})
