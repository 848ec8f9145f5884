import { expect, it } from 'vitest'
import { chunks } from '../../../../src/store/history/query/chunks.ts'
import { type LogFilter, logPage } from '../../../../src/store/history/query/log.ts'
import { BadCursor } from '../../../../src/store/history/query/position.ts'
import type { PageOf } from '../../../../src/store/history/query/search.ts'
import { LogTail } from '../../../../src/store/history/query/tail.ts'
import { describeHistories } from '../../../support/histories.ts'
import { addLog, START } from '../../../support/stored-rows.ts'

describeHistories('the log', (histories) => {
  const numbers = async (filter: LogFilter, page: Partial<PageOf> = {}) =>
    (await logPage(histories.db, filter, { limit: 100, ...page })).rows.map(({ revision }) => revision)

  it('comes in either order, page by page, each entry once, also those of one moment and of several bridges', async () => {
    await addLog(
      histories.db,
      Array.from({ length: 25 }, (_, n) => ({ at: START + Math.floor(n / 10), source: 1 + (n % 2) })),
    )
    for (const newestFirst of [false, true]) {
      const found: number[] = []
      let cursor: string | undefined
      do {
        const page = await logPage(histories.db, {}, { limit: 7, newestFirst, cursor })
        found.push(...page.rows.map(({ revision }) => revision))
        cursor = page.next
      } while (cursor !== undefined)
      const all = Array.from({ length: 25 }, (_, n) => n + 1)
      expect(found).toEqual(newestFirst ? all.reverse() : all)
    }
  })

  it('ends with a page that is just full', async () => {
    await addLog(histories.db, [{}, {}])
    expect((await logPage(histories.db, {}, { limit: 2 })).next).toBeUndefined()
    expect((await logPage(histories.db, {}, { limit: 1 })).next).toBeDefined()
  })

  it('filters by chargers, times and sources', async () => {
    await addLog(histories.db, [{}, { charger: 'CP-2' }, { charger: 'CP-3', source: 2 }, {}])
    expect(await numbers({ chargers: ['CP-2', 'CP-3'] })).toEqual([2, 3])
    expect(await numbers({ chargers: ['cp-2'] })).toEqual([])
    expect(await numbers({ chargers: [] })).toEqual([])
    expect(await numbers({ from: START + 2000, to: START + 4000 })).toEqual([2, 3])
    expect(await numbers({ sources: [2] })).toEqual([3])
    expect(await numbers({ chargers: ['CP-1'], from: START + 2000 })).toEqual([4])
  })

  it('finds a type by its name, or by its beginning in any letter case', async () => {
    await addLog(histories.db, [
      { type: 'BootNotificationRequest' },
      { type: 'BootNotificationConfirmation' },
      { type: 'BACnetWrite' },
      { type: 'BACnetWriteDenied' },
    ])
    expect(await numbers({ types: ['bootnotification'] })).toEqual([1, 2])
    expect(await numbers({ types: ['BACnetWrite'] })).toEqual([3])
    expect(await numbers({ types: ['BACnet', 'BootNotificationRequest'] })).toEqual([1, 3, 4])
    expect(await numbers({ types: ['Nonsense'] })).toEqual([])
    expect(await numbers({ types: [''] })).toEqual([1, 2, 3, 4])
  })

  it('finds a text in message and frame in any letter case, and takes %, _ and \\ as they stand', async () => {
    await addLog(histories.db, [
      { message: 'Status: Faulted' },
      { frame: '{"errorCode":"GroundFailure"}' },
      { message: '100 % sure' },
      { message: 'a_b' },
      { message: 'axb, 100 ? sure' },
      { message: 'C:\\temp' },
      { message: 'ÜBERTEMPERATUR' },
    ])
    expect(await numbers({ text: 'faulted' })).toEqual([1])
    expect(await numbers({ text: 'GROUNDFAILURE' })).toEqual([2])
    expect(await numbers({ text: '100 % s' })).toEqual([3])
    expect(await numbers({ text: 'a_b' })).toEqual([4])
    expect(await numbers({ text: 'C:\\T' })).toEqual([6])
    expect(await numbers({ text: 'über' })).toEqual([7])
    expect(await numbers({ text: '' })).toHaveLength(7)
    expect(await numbers({ text: 'a\0', chargers: ['CP-1\0'] })).toEqual([])
    expect(await numbers({ text: 'a\0' })).toEqual([])
    expect(await numbers({ text: "'; drop table log; --" })).toEqual([])
  })

  it('combines what is asked for', async () => {
    await addLog(histories.db, [
      { charger: 'CP-1', type: 'StatusNotificationRequest', message: 'Faulted' },
      { charger: 'CP-2', type: 'StatusNotificationRequest', message: 'Faulted' },
      { charger: 'CP-2', type: 'DataTransferRequest', message: 'Faulted' },
      { charger: 'CP-2', type: 'StatusNotificationRequest', message: 'Available' },
    ])
    expect(await numbers({ chargers: ['CP-2'], types: ['Status'], text: 'faulted' })).toEqual([2])
    expect(await numbers({ chargers: ['CP-2'], types: ['Status', 'Data'] })).toEqual([2, 3, 4])
    const many = Array.from({ length: 40 }, (_, n) => `CP-${n + 2}`)
    expect(await numbers({ chargers: many, types: ['Status'] }, { newestFirst: true })).toEqual([4, 2])
  })

  it('looks at so much a page and no more, says how far it came, and finds everything in the end', async () => {
    const [count, needle] = [70_000, 30_000]
    await addLog(
      histories.db,
      Array.from({ length: count }, (_, n) => (n + 1 === needle ? { message: 'needle' } : {})),
    )
    const at = (revision: number) => START + revision * 1000
    const pages = async (filter: LogFilter, newestFirst: boolean) => {
      const found: (readonly [number, unknown])[] = []
      let cursor: string | undefined
      do {
        const page = await logPage(histories.db, { text: 'NEEDLE', ...filter }, { limit: 10, newestFirst, cursor })
        found.push([page.rows.length, page.searchedTo])
        cursor = page.next
      } while (cursor !== undefined)
      return found
    }
    expect(await pages({}, true)).toEqual([
      [0, at(45_000)],
      [1, at(19_999)],
      [0, undefined],
    ])
    expect(await pages({}, false)).toEqual([
      [0, at(25_001)],
      [1, at(50_002)],
      [0, undefined],
    ])
    expect(await pages({ from: at(10_001), to: at(60_001) }, true)).toEqual([
      [0, at(35_000)],
      [1, undefined],
    ])
    expect(await pages({ from: at(30_001), to: at(60_001) }, false)).toEqual([
      [0, at(55_001)],
      [0, undefined],
    ])
  }, 60_000)

  it('is the same page by page as at once, whatever is asked for', async () => {
    await addLog(
      histories.db,
      Array.from({ length: 60 }, (_, n) => ({
        at: START + Math.floor(n / 4),
        charger: `CP-${n % 3}`,
        type: n % 5 === 0 ? 'BootNotificationRequest' : 'HeartbeatRequest',
        message: n % 2 === 0 ? 'even' : 'odd',
      })),
    )
    const times = [undefined, START + 3, START + 9, START + 100]
    const filters = times.flatMap((from) =>
      times.flatMap((to) => [
        { from, to },
        { from, to, chargers: ['CP-1', 'CP-2'] },
        { from, to, types: ['Boot'], text: 'even' },
      ]),
    )
    for (const filter of filters) {
      for (const newestFirst of [false, true]) {
        const paged: number[] = []
        let cursor: string | undefined
        do {
          const page = await logPage(histories.db, filter, { limit: 7, newestFirst, cursor })
          paged.push(...page.rows.map(({ revision }) => revision))
          cursor = page.next
        } while (cursor !== undefined)
        const whole = Array.from({ length: 60 }, (_, n) => n).filter((n) => {
          const at = START + Math.floor(n / 4)
          if (at < (filter.from ?? 0) || at >= (filter.to ?? Number.POSITIVE_INFINITY)) return false
          if ('chargers' in filter && n % 3 === 0) return false
          return !('types' in filter) || n % 10 === 0
        })
        const expected = whole.map((n) => n + 1)
        expect(paged, JSON.stringify(filter)).toEqual(newestFirst ? expected.reverse() : expected)
      }
    }
  }, 60_000)

  it('refuses a cursor that is none', async () => {
    for (const cursor of [
      '',
      'x',
      'bnVsbA',
      Buffer.from('["log",1,2]').toString('base64url'),
      Buffer.from('["log",{},1,1]').toString('base64url'),
      Buffer.from('["transaction",1,1,1]').toString('base64url'),
    ])
      await expect(logPage(histories.db, {}, { limit: 1, cursor })).rejects.toThrow(BadCursor)
  })

  it('is read in portions, all of it or just the newest, oldest first', async () => {
    await addLog(
      histories.db,
      Array.from({ length: 2_300 }, () => ({})),
    )
    const read = async (limit?: number) => {
      const sizes: number[] = []
      const found: number[] = []
      for await (const rows of chunks((page) => logPage(histories.db, {}, page), limit)) {
        sizes.push(rows.length)
        found.push(...rows.map(({ revision }) => revision))
      }
      return { sizes, first: found[0], last: found.at(-1), count: new Set(found).size }
    }
    expect(await read()).toEqual({ sizes: [1000, 1000, 300], first: 1, last: 2300, count: 2300 })
    expect(await read(1200)).toEqual({ sizes: [1000, 200], first: 1101, last: 2300, count: 1200 })
    expect(await read(2300)).toMatchObject({ first: 1, count: 2300 })
    expect(await read(2299)).toMatchObject({ first: 2, count: 2299 })
    expect(await read(5000)).toMatchObject({ first: 1, count: 2300 })
  })

  it('is followed: each entry once that was written since, also of a bridge that is new here', async () => {
    await addLog(histories.db, [{}, {}])
    const tail = new LogTail(histories.db, { types: ['Boot'] })
    await tail.skip()
    expect(await tail.next()).toEqual([])
    await addLog(histories.db, [{ type: 'BootNotificationRequest' }, {}], 3)
    await addLog(histories.db, [{ type: 'BootNotificationRequest', source: 3 }])
    await histories.db.insertInto('source').values({ key: 'third', site: 'Third' }).execute()
    expect((await tail.next()).map(({ source, revision }) => `${source}/${revision}`)).toEqual(['1/3', '3/1'])
    expect(await tail.next()).toEqual([])
  })
})
