import { beforeEach, expect, it } from 'vitest'
import { dayPage, quarterHourPage, receivedPage } from '../../../../src/store/history/query/meters.ts'
import { describeHistories } from '../../../support/histories.ts'
import { START } from '../../../support/stored-rows.ts'

const QUARTER_MS = 900_000

describeHistories('meters', (histories) => {
  beforeEach(async () => {
    const connectors = [
      { source: 1, charger: 'CP-1', connector: 1 },
      { source: 1, charger: 'CP-1', connector: 2 },
      { source: 1, charger: 'CP-2', connector: 1 },
      { source: 2, charger: 'CP-1', connector: 1 },
    ]
    const each = [0, 1, 2].flatMap((n) => connectors.map((own, index) => ({ ...own, n, revision: n * 4 + index + 1 })))
    await histories.db
      .insertInto('meter')
      .values(
        each.map(({ n, ...own }) => ({
          ...own,
          at: START + n * 60_000,
          power: n === 2 ? null : 7000,
          energy: n * 100,
        })),
      )
      .execute()
    const flow = { energy: 500, powerMin: 0, powerMax: 11_000, powerSum: 9000, samples: 3 }
    await histories.db
      .insertInto('quarterHour')
      .values(each.map(({ n, ...own }) => ({ ...own, ...flow, start: START + n * QUARTER_MS })))
      .execute()
    await histories.db
      .insertInto('day')
      .values(each.map(({ n, ...own }) => ({ ...own, ...flow, date: `2026-11-0${n + 1}`, samples: n })))
      .execute()
  })
  it('as received come by charger, connector, time and source', async () => {
    const found = async (filter: Parameters<typeof receivedPage>[1], newestFirst = false) =>
      (await receivedPage(histories.db, filter, { limit: 100, newestFirst })).rows.map(({ revision }) => revision)
    expect(await found({})).toHaveLength(12)
    expect(await found({ chargers: ['CP-2'] })).toEqual([3, 7, 11])
    expect(await found({ chargers: ['CP-1'], connector: 2 }, true)).toEqual([10, 6, 2])
    expect(await found({ connector: 2 })).toEqual([2, 6, 10])
    expect(await found({ sources: [2] })).toEqual([4, 8, 12])
    expect(await found({ chargers: ['CP-1'], from: START + 60_000, to: START + 120_000 })).toEqual([5, 8, 6])
    expect(await found({ chargers: ['CP-9'] })).toEqual([])
    // So many that one walk over all is shorter.
    const many = Array.from({ length: 30 }, (_, n) => `CP-${n + 2}`)
    expect(await found({ chargers: many, connector: 1 })).toEqual([3, 7, 11])
    expect(await found({ chargers: many, sources: [2] })).toEqual([])
  })

  it('have a mean power, where power was told', async () => {
    const { rows } = await quarterHourPage(histories.db, { chargers: ['CP-2'] }, { limit: 1 })
    expect(rows).toEqual([
      {
        source: 1,
        charger: 'CP-2',
        connector: 1,
        start: START,
        energy: 500,
        powerMin: 0,
        powerMax: 11_000,
        powerMean: 3000,
        samples: 3,
      },
    ])
    const { rows: days } = await dayPage(histories.db, { chargers: ['CP-2'] }, { limit: 3 })
    expect(days.map(({ date, powerMean }) => [date, powerMean])).toEqual([
      ['2026-11-01', null],
      ['2026-11-02', 9000],
      ['2026-11-03', 4500],
    ])
  })

  it('by days come page by page, from one date to another', async () => {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await dayPage(histories.db, { from: '2026-11-02', to: '2026-11-04' }, { limit: 3, cursor })
      found.push(
        ...page.rows.map(({ date, charger, connector, source }) => `${date} ${charger}/${connector}/${source}`),
      )
      cursor = page.next
    } while (cursor !== undefined)
    expect(found).toEqual(
      ['2026-11-02', '2026-11-03'].flatMap((date) =>
        ['CP-1/1/1', 'CP-1/1/2', 'CP-1/2/1', 'CP-2/1/1'].map((own) => `${date} ${own}`),
      ),
    )
  })
})
