import { Readable } from 'node:stream'
import type { exportForms } from '../config.ts'
import type { HistoryDatabase } from '../database.ts'
import { chunks, type Pages } from '../query/chunks.ts'
import { type LogFilter, logPage } from '../query/log.ts'
import { dayPage, type MeterFilter, quarterHourPage, receivedPage } from '../query/meters.ts'
import { sitesOf } from '../query/sites.ts'
import {
  type Ended,
  endedPage,
  type LoggedTransaction,
  samplesOf,
  type TransactionFilter,
  transactionPage,
} from '../query/transactions.ts'
import {
  dayTable,
  logTable,
  quarterHourTable,
  receivedTable,
  type SampledTransaction,
  type Sites,
  transactionTable,
} from './columns.ts'
import { csv } from './csv.ts'
import { json } from './json.ts'
import type { Table } from './table.ts'
import { xlsx } from './xlsx.ts'

export type ExportForm = (typeof exportForms)[number]

/** What is to be written: all that a filter lets through, oldest first, or the newest of it up to `limit`. */
export type Export = { readonly limit?: number | undefined } & (
  | { readonly history: 'log'; readonly filter: LogFilter }
  | {
      readonly history: 'transactions'
      readonly filter: TransactionFilter
      /** Ends those that run. */
      readonly now: number
      /** With the energy samples of each, where the format has room for them. */
      readonly samples?: boolean | undefined
    }
  | { readonly history: 'ended'; readonly filter: Ended; readonly now: number }
  | { readonly history: 'meters'; readonly filter: MeterFilter<number> }
  | { readonly history: 'quarterHours'; readonly filter: MeterFilter<number> }
  | { readonly history: 'days'; readonly filter: MeterFilter<string> }
)

/**
 * The bytes of a file, made while they are read: whoever reads slowly, or ends early, holds up or ends the reading of the
 * database. An error of the database ends the stream with it.
 */
export async function exportHistory(db: HistoryDatabase, what: Export, form: ExportForm): Promise<Readable> {
  const sites = await sitesOf(db)
  return withRows(db, what, sites, (table, pages) =>
    Readable.from(writers[form](table, chunks(pages, what.limit)), { objectMode: false }),
  )
}

const writers = { csv, json, xlsx } as const

/** The columns of what is asked for, and its pages, for whoever shows them. */
export function withRows<T>(
  db: HistoryDatabase,
  what: Export,
  sites: Sites,
  use: <Row>(table: Table<Row>, pages: Pages<Row>) => T,
): T {
  switch (what.history) {
    case 'log':
      return use(logTable(sites), (page) => logPage(db, what.filter, page))
    case 'transactions': {
      const { filter, now, samples } = what
      const pages: Pages<LoggedTransaction> = (page) => transactionPage(db, filter, { ...page, now })
      return use(transactionTable(sites), samples ? withSamples(db, pages) : pages)
    }
    case 'ended':
      return use(transactionTable(sites), (page) => endedPage(db, what.filter, { ...page, now: what.now }))
    case 'meters':
      return use(receivedTable(sites), (page) => receivedPage(db, what.filter, page))
    case 'quarterHours':
      return use(quarterHourTable(sites), (page) => quarterHourPage(db, what.filter, page))
    case 'days':
      return use(dayTable(sites), (page) => dayPage(db, what.filter, page))
  }
}

function withSamples(db: HistoryDatabase, pages: Pages<LoggedTransaction>): Pages<SampledTransaction> {
  return async (page) => {
    const found = await pages(page)
    const samples = await samplesOf(db, found.rows)
    return { ...found, rows: found.rows.map((row, index) => ({ ...row, samples: samples[index] })) }
  }
}
