import { expect, it } from 'vitest'
import type { PageOf } from '../../../../src/store/history/query/search.ts'
import {
  endedPage,
  samplesOf,
  type TransactionFilter,
  transactionPage,
} from '../../../../src/store/history/query/transactions.ts'
import { describeHistories } from '../../../support/histories.ts'
import { addTransactions, START } from '../../../support/stored-rows.ts'

const HOUR_MS = 3_600_000
const now = START + 100 * HOUR_MS

describeHistories('transactions', (histories) => {
  const rows = async (filter: TransactionFilter, page: Partial<PageOf> = {}) =>
    (await transactionPage(histories.db, filter, { limit: 100, now, ...page })).rows
  const ids = async (filter: TransactionFilter, page: Partial<PageOf> = {}) =>
    (await rows(filter, page)).map(({ id }) => id)
  const addSamples = (transaction: number, ...energies: number[]) =>
    histories.db
      .insertInto('transactionSample')
      .values(energies.map((energy, n) => ({ source: 1, revision: n + 1, transaction, at: START + n * 1000, energy })))
      .execute()

  it('say what flowed and how long it took', async () => {
    await addTransactions(histories.db, [{ meterStart: 1063, meterStop: 2337, stoppedAt: START + 233_900 }])
    expect(await rows({})).toEqual([
      {
        source: 1,
        revision: 1,
        id: 1,
        startedAt: START,
        toldAt: START + 500,
        charger: 'CP-1',
        connector: 1,
        idTag: 'TAG',
        meterStart: 1063,
        meterStop: 2337,
        stoppedAt: START + 233_900,
        stopReason: 'EVDisconnected',
        running: false,
        estimated: false,
        total: 1274,
        seconds: 233,
      },
    ])
  })

  it('that run have taken what their last sample says, until now', async () => {
    const running = { stoppedAt: null, meterStop: null, stopReason: null }
    await addTransactions(histories.db, [running, running, {}])
    await addSamples(1, 100, 250, 700)
    await addSamples(3, 400)
    const [first, second, third] = await rows({})
    expect(first).toMatchObject({ running: true, total: 700, seconds: 360_000 })
    expect(second).toMatchObject({ running: true, total: null })
    expect(third).toMatchObject({ running: false, total: 500 })
  })

  it('without a meter value at the start have taken what their last sample says', async () => {
    await addTransactions(histories.db, [{ meterStart: null, estimated: 1 }])
    await addSamples(1, 100, 250)
    expect((await rows({}))[0]).toMatchObject({ total: 250, estimated: true, running: false })
  })

  it('have never taken less than nothing, nor ended before they began', async () => {
    await addTransactions(histories.db, [{ meterStart: 6156, meterStop: 0, stoppedAt: START - 5000 }])
    expect((await rows({}))[0]).toMatchObject({ total: 0, seconds: 0 })
  })

  it('are filtered by charger, connector, tag, start, source and whether they run', async () => {
    await addTransactions(histories.db, [
      {},
      { charger: 'CP-2', connector: 2 },
      { charger: 'CP-2', idTag: 'Abc123' },
      { source: 2, stoppedAt: null },
    ])
    expect(await ids({ chargers: ['CP-2'] })).toEqual([2, 3])
    expect(await ids({ chargers: ['CP-2'], connector: 2 })).toEqual([2])
    expect(await ids({ connector: 1 })).toEqual([1, 3, 4])
    expect(await ids({ idTag: 'aBC123' })).toEqual([3])
    expect(await ids({ idTag: 'Abc' })).toEqual([])
    expect(await ids({ from: START + HOUR_MS, to: START + 3 * HOUR_MS })).toEqual([2, 3])
    expect(await ids({ running: true })).toEqual([4])
    expect(await ids({ running: false })).toEqual([1, 2, 3, 4])
    expect(await ids({ running: true, chargers: ['CP-2'] })).toEqual([])
    expect(await ids({ sources: [2] })).toEqual([4])
    expect(await ids({ idTag: 'tag', chargers: ['CP-1'] }, { newestFirst: true })).toEqual([4, 1])
  })

  it('come page by page, each once, also those that began at one moment', async () => {
    await addTransactions(
      histories.db,
      Array.from({ length: 9 }, (_, n) => ({ startedAt: START + (n % 2), source: 1 + (n % 3 === 0 ? 1 : 0) })),
    )
    const found: number[] = []
    let cursor: string | undefined
    do {
      const page = await transactionPage(histories.db, {}, { limit: 2, now, newestFirst: true, cursor })
      found.push(...page.rows.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== undefined)
    expect(found).toEqual([8, 6, 4, 2, 9, 7, 5, 3, 1])
  })

  it('tell how their energy grew', async () => {
    await addTransactions(histories.db, [{}, {}, { source: 2 }])
    await addSamples(2, 100, 250)
    await addSamples(3, 999)
    expect(await samplesOf(histories.db, await rows({}))).toEqual([
      [],
      [
        { at: START, energy: 100 },
        { at: START + 1000, energy: 250 },
      ],
      [],
    ])
  })

  it('are told by their ends, and late ones with the next time, each once', async () => {
    // Ends at ten minutes past each hour; the second became known only after the first time was asked for.
    await addTransactions(histories.db, [
      { revision: 1 },
      { revision: 9 },
      { revision: 2 },
      { stoppedAt: null, revision: 3 },
    ])
    const ended = async (from: number, to: number, after: number, until: number) => {
      const asked = { from: START + from * HOUR_MS, to: START + to * HOUR_MS, after, until, source: 1 }
      return (await endedPage(histories.db, asked, { limit: 10, now })).rows.map(({ id }) => id)
    }
    expect(await ended(0, 2, 0, 3)).toEqual([1])
    expect(await ended(2, 4, 3, 9)).toEqual([2, 3])
    expect(await ended(4, 6, 9, 9)).toEqual([])
  })
})
