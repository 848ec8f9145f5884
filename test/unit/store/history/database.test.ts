import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { historyStores, type OpenHistories } from '../../../support/histories.ts'

describe.each(historyStores)('histories in $dialect', (store) => {
  let histories: OpenHistories | undefined
  beforeAll(() => (store.missing === undefined ? store.start() : undefined))
  afterEach(() => histories?.close())
  afterAll(() => store.stop())

  it.skipIf(store.missing)('give back what they were given, numbers as numbers', async () => {
    histories = await store.open()
    const { db } = histories
    const { id } = await db
      .insertInto('source')
      .values({ key: 'a', site: 'Tower' })
      .returning('id')
      .executeTakeFirstOrThrow()
    const row = {
      source: id,
      revision: 2 ** 40,
      id: 7,
      startedAt: 1_800_000_000_000,
      toldAt: 1_800_000_000_001,
      charger: 'CP-1',
      connector: 1,
      idTag: 'Ä"\\\n😀',
      meterStart: 0.1 + 0.2,
      meterStop: null,
      stoppedAt: null,
      stopReason: null,
      estimated: 0,
    }
    await db.insertInto('transaction').values(row).execute()
    expect(await db.selectFrom('transaction').selectAll().execute()).toEqual([row])
    const { count, sum } = await db
      .selectFrom('transaction')
      .select((of) => [of.fn.countAll<number>().as('count'), of.fn.sum<number>('startedAt').as('sum')])
      .executeTakeFirstOrThrow()
    expect({ count, sum }).toEqual({ count: 1, sum: 1_800_000_000_000 })
  })
})
