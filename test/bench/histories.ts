// npm run bench -- histories: pages of a million log entries and 100,000 transactions in both databases, and a workbook of 100,000 rows.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogFilter, logPage } from '../../src/store/history/query/log.ts'
import { type TransactionFilter, transactionPage } from '../../src/store/history/query/transactions.ts'
import { missingPostgres, startPostgres } from '../support/postgres.ts'
import { END, type Filled, fillPostgres, fillSqlite, identifier, tag } from './history-data.ts'

const LOG = 1_000_000
const TRANSACTIONS = 100_000
const ROUNDS = 15
const AIM_MS = 100
const DAY_MS = 86_400_000

const logFilters: Readonly<Record<string, (n: number) => LogFilter>> = {
  'no filter': () => ({}),
  charger: (n) => ({ chargers: [identifier(n)] }),
  'five chargers': (n) => ({ chargers: [0, 1, 2, 3, 4].map((more) => identifier(n + more)) }),
  'type, by its beginning': () => ({ types: ['BootNotification'] }),
  'a type of most rows': () => ({ types: ['MeterValuesRequest'] }),
  'a type of ten rows': () => ({ types: ['FirmwareStatusNotificationRequest'] }),
  'charger and type': (n) => ({ chargers: [identifier(n)], types: ['StatusNotification'] }),
  'charger and rare type': (n) => ({ chargers: [identifier(n)], types: ['FirmwareStatusNotification'] }),
  time: (n) => ({ from: END - 5 * DAY_MS, to: END - 4 * DAY_MS - n * 1000 }),
  'time and charger': (n) => ({ from: END - 5 * DAY_MS, to: END - 4 * DAY_MS, chargers: [identifier(n)] }),
  'time, charger, type': (n) => ({ from: END - 5 * DAY_MS, chargers: [identifier(n)], types: ['StatusNotification'] }),
  text: () => ({ text: 'faulted' }),
  'frequent text': () => ({ text: 'energy.active' }),
  'charger and text': (n) => ({ chargers: [identifier(n)], text: 'evdisconnected' }),
  'type and text': () => ({ types: ['BACnetWrite'], text: '26 A' }),
  'all four': (n) => ({ from: END - 5 * DAY_MS, chargers: [identifier(n)], types: ['Start'], text: 'TAG001' }),
  'rare text': () => ({ text: 'needle-in-a-haystack' }),
}

const transactionFilters: Readonly<Record<string, (n: number) => TransactionFilter>> = {
  'no filter': () => ({}),
  charger: (n) => ({ chargers: [identifier(n)] }),
  'charger and connector': (n) => ({ chargers: [identifier(n)], connector: 1 }),
  'id tag': (n) => ({ idTag: tag(n).toLowerCase() }),
  'charger and id tag': (n) => ({ chargers: [identifier(n)], idTag: tag(n) }),
  time: (n) => ({ from: END - 100 * DAY_MS, to: END - (90 + n / 50) * DAY_MS }),
  running: () => ({ running: true }),
  'running of a charger': (n) => ({ chargers: [identifier(n)], running: true }),
  connector: () => ({ connector: 2 }),
}

export async function histories(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'histories-bench-'))
  const began = Date.now()
  const sqlite = await fillSqlite(join(folder, 'bridge.history.db'), LOG, TRANSACTIONS)
  console.log(`a million log entries and 100,000 transactions in SQLite: ${Date.now() - began} ms`)
  await pages(sqlite)
  await sqlite.close()
  for (const [what, format] of [
    ['log', 'xlsx'],
    ['transactions', 'xlsx'],
    ['log', 'csv'],
    ['log', 'json'],
  ] as const)
    written(folder, what, format)
  rmSync(folder, { recursive: true, force: true })
  if (missingPostgres !== undefined) {
    console.log(`not measured with PostgreSQL: ${missingPostgres}`)
    return
  }
  const cluster = await startPostgres()
  const postgres = await fillPostgres(await cluster.create('bench'), LOG, TRANSACTIONS)
  await pages(postgres)
  await postgres.close()
  await cluster.remove()
}

async function pages({ dialect, db }: Filled): Promise<void> {
  for (const [name, filter] of Object.entries(logFilters)) {
    await median(`${dialect} log: ${name}`, (n) => logPage(db, filter(n), { limit: 100, newestFirst: true }))
  }
  const half = await logPage(db, { to: END - 5 * DAY_MS }, { limit: 1, newestFirst: true })
  for (const newestFirst of [true, false]) {
    await median(`${dialect} log: behind half of it, ${newestFirst ? 'newest' : 'oldest'} first`, () =>
      logPage(db, {}, { limit: 100, newestFirst, cursor: half.last }),
    )
  }
  const now = END
  for (const [name, filter] of Object.entries(transactionFilters)) {
    await median(`${dialect} transactions: ${name}`, (n) =>
      transactionPage(db, filter(n), { limit: 100, newestFirst: true, now }),
    )
  }
}

/** 100,000 rows through the command line, in a process of its own that says how much memory it had at the most. */
function written(folder: string, what: string, format: string): void {
  const config = join(folder, 'config.yaml')
  const out = join(folder, `${what}.${format}`)
  writeFileSync(config, 'store: "sqlite:bridge.db"\n')
  const tell = "data:text/javascript,process.on('exit',()=>console.error('kB',process.resourceUsage().maxRSS))"
  const main = join(import.meta.dirname, '../../dist/main.js')
  const words = ['history', what, '--limit', '100000', '--out', out, '--config', config]
  const began = performance.now()
  const { stderr } = spawnSync(process.execPath, ['--import', tell, main, ...words], { encoding: 'utf8' })
  const seconds = (performance.now() - began) / 1000
  const kilobytes = Number(/kB (\d+)/.exec(stderr)?.[1])
  const size = statSync(out).size / 1e6
  console.log(
    `${`100,000 rows of ${what} as ${format}`.padEnd(44)} ${seconds.toFixed(1)} s, ${(kilobytes / 1024).toFixed(0)} MB of memory at the most, a file of ${size.toFixed(1)} MB`,
  )
}

async function median(
  name: string,
  page: (n: number) => Promise<{ readonly rows: readonly unknown[]; readonly searchedTo: unknown }>,
): Promise<void> {
  const took: number[] = []
  let last = ''
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now()
    const { rows, searchedTo } = await page(round * 7)
    took.push(performance.now() - began)
    last = `${rows.length} rows${searchedTo === undefined ? '' : ', not all searched'}`
  }
  took.sort((a, b) => a - b)
  const middle = took[Math.floor(ROUNDS / 2)] ?? 0
  console.log(
    `${name.padEnd(44)} median ${middle.toFixed(1)} ms, most ${(took.at(-1) ?? 0).toFixed(1)} ms (aim ${AIM_MS}); ${last}`,
  )
}
