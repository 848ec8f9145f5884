import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre/xlsx'
import { expect, it } from 'vitest'
import { type Export, exportHistory } from '../../../../src/store/history/export/export.ts'
import { describeHistories } from '../../../support/histories.ts'
import { addLog, addTransactions, START } from '../../../support/stored-rows.ts'

const now = START + 90_500
const everyLog: Export = { history: 'log', filter: {} }
const everyTransaction: Export = { history: 'transactions', filter: {}, now }

describeHistories('an export', (histories) => {
  const bytes = async (what: Export, form: 'csv' | 'xlsx' | 'json') =>
    Buffer.concat(await (await exportHistory(histories.db, what, form)).toArray())
  const csvRows = async (what: Export) =>
    parse(await bytes(what, 'csv'), { columns: true }) as Readonly<Record<string, string>>[]

  it('has the columns of the guide, and the same values in every format', async () => {
    await addTransactions(histories.db, [
      { meterStart: 1063, meterStop: 2337.0004, stoppedAt: START + 233_900 },
      { meterStop: null, stoppedAt: null, stopReason: null, startedAt: START + 500, toldAt: START + 500, source: 2 },
    ])
    const titles = [
      'Timestamp',
      'Identifier',
      'Connector Id',
      'Id Tag',
      'Start Meter Value (Wh)',
      'Stop Meter Value (Wh)',
      'Total Meter Value (Wh)',
      'Start Time',
      'Stop Time',
      'Minutes Charged',
      'Seconds Charged',
      'Transaction Id',
      'Stop Reason',
      'Running',
      'Estimated',
      'Site',
    ]
    const time = (ms: number) => new Date(START + ms).toISOString()
    const first = [time(500), 'CP-1', 1, 'TAG', 1063, 2337, 1274, time(0), time(233_900), 3, 233, 1, 'EVDisconnected']
    const second = [time(500), 'CP-1', 1, 'TAG', 1000, null, null, time(500), null, 1, 90, 2, null]
    const json = JSON.parse((await bytes(everyTransaction, 'json')).toString()) as Readonly<Record<string, unknown>>[]
    expect(json.map((row) => Object.values(row))).toEqual([
      [...first, false, false, 'Tower'],
      [...second, true, false, 'Quay'],
    ])
    const [header, ...csv] = parse(await bytes(everyTransaction, 'csv')) as string[][]
    expect(header).toEqual(titles)
    expect(csv).toEqual([
      [...first, false, false, 'Tower'].map((cell) => String(cell ?? '')),
      [...second, true, false, 'Quay'].map((cell) => String(cell ?? '')),
    ])
    const sheet = (await readXlsx(await bytes(everyTransaction, 'xlsx'))).sheets[0]
    expect(sheet?.name).toBe('Transactions')
    const [titled, row, running] = sheet?.rows ?? []
    expect(titled).toEqual(titles.map((title) => title.replace(/^(Timestamp|St.* Time)$/, '$1 (UTC)')))
    expect(row?.[7]).toEqual(new Date(START))
    expect(row?.slice(1, 7)).toEqual(first.slice(1, 7))
    expect(row?.[13]).toBe(false)
    expect(running?.[8] ?? null).toBeNull()
  })

  it('has days that a sheet can group by months, and text elsewhere', async () => {
    const own = { source: 1, revision: 1, charger: 'CP-1', connector: 1, date: '2026-11-26' }
    const flow = { energy: 5, powerMin: null, powerMax: null, powerSum: 0, samples: 0 }
    await histories.db
      .insertInto('day')
      .values({ ...own, ...flow })
      .execute()
    const everyDay: Export = { history: 'days', filter: {} }
    const sheet = (await readXlsx(await bytes(everyDay, 'xlsx'))).sheets[0]
    expect(sheet?.rows[1]?.[0]).toEqual(new Date('2026-11-26T00:00Z'))
    expect(await csvRows(everyDay)).toMatchObject([{ Date: '2026-11-26' }])
  })

  it('has no formula that a charger wrote, and nothing that breaks a file', async () => {
    const message = '=HYPERLINK("http://x")'
    await addLog(histories.db, [
      { message, frame: 'a,"b"\nc' },
      { message: '\u0001+1', frame: 'x'.repeat(40_000) },
    ])
    const csv = await csvRows(everyLog)
    expect(csv.map((row) => row.Message)).toEqual([`'${message}`, '\u0001+1'])
    expect(csv[0]?.Frame).toBe('a,"b"\nc')
    const rows = (await readXlsx(await bytes(everyLog, 'xlsx'))).sheets[0]?.rows ?? []
    expect(rows[1]?.[3]).toBe(message)
    expect(rows[2]?.[3]).toBe('+1')
    expect(String(rows[2]?.[5])).toHaveLength(32_767)
  })

  it('is valid when nothing fits', async () => {
    expect((await bytes(everyLog, 'json')).toString()).toBe('[]\n')
    expect((await bytes(everyLog, 'csv')).toString()).toBe(
      'Timestamp,Identifier,Message Type,Message,Sender,Frame,Site\n',
    )
    expect((await readXlsx(await bytes(everyLog, 'xlsx'))).sheets[0]?.rows).toHaveLength(1)
  })

  it('has the energy samples of each transaction where somebody asks for them', async () => {
    await addTransactions(histories.db, [{}])
    await histories.db
      .insertInto('transactionSample')
      .values({ source: 1, revision: 1, transaction: 1, at: START, energy: 0.30000000000000004 })
      .execute()
    const json = async (samples: boolean) =>
      JSON.parse((await bytes({ ...everyTransaction, samples } as Export, 'json')).toString())[0]
    expect((await json(true)).samples).toEqual([{ at: new Date(START).toISOString(), energy: 0.3 }])
    expect(await json(false)).not.toHaveProperty('samples')
  })

  it('reads no further than somebody takes', async () => {
    await addLog(
      histories.db,
      Array.from({ length: 20_000 }, () => ({ frame: 'x'.repeat(100) })),
    )
    const stream = await exportHistory(histories.db, everyLog, 'csv')
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    await histories.db.deleteFrom('log').where('revision', '>', 10_000).execute()
    let rest = ''
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) rest += String(next.value)
    expect(rest.match(/\n/g)?.length).toBeLessThan(10_001)
  })

  it('of meters is by received values, quarter hours and days', async () => {
    const own = { source: 1, revision: 1, charger: 'CP-1', connector: 1 }
    const flow = { energy: 500, powerMin: -20, powerMax: 11_000, powerSum: 10_000, samples: 3 }
    await histories.db
      .insertInto('meter')
      .values({ ...own, at: START, power: -12.5, energy: 100 })
      .execute()
    await histories.db
      .insertInto('quarterHour')
      .values({ ...own, ...flow, start: START })
      .execute()
    await histories.db
      .insertInto('day')
      .values({ ...own, ...flow, date: '2026-11-01' })
      .execute()
    const lines = async (history: 'meters' | 'quarterHours' | 'days') =>
      (await bytes({ history, filter: {} }, 'csv')).toString().split('\n')
    const time = new Date(START).toISOString()
    expect(await lines('meters')).toEqual([
      'Timestamp,Identifier,Connector Id,Power (W),Total Energy (Wh),Site',
      `${time},CP-1,1,-12.5,100,Tower`,
      '',
    ])
    const columns = 'Identifier,Connector Id,Energy (Wh),Mean Power (W),Least Power (W),Most Power (W),Samples,Site'
    expect(await lines('quarterHours')).toEqual([
      `Start,${columns}`,
      `${time},CP-1,1,500,3333.333,-20,11000,3,Tower`,
      '',
    ])
    expect((await lines('days'))[1]).toBe('2026-11-01,CP-1,1,500,3333.333,-20,11000,3,Tower')
  })
})
