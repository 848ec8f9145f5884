import type { LogEntry } from '../query/log.ts'
import type { Day, QuarterHour, Received } from '../query/meters.ts'
import type { LoggedTransaction, Sample } from '../query/transactions.ts'
import type { Column, Table } from './table.ts'

/** Names of sites, by the source that rows have. */
export type Sites = ReadonlyMap<number, string>

/** A transaction, and how its energy grew where somebody asked for it. */
export interface SampledTransaction extends LoggedTransaction {
  readonly samples?: readonly Sample[] | undefined
}

interface OfSource {
  readonly source: number
}

export function logTable(sites: Sites): Table<LogEntry> {
  return {
    title: 'Log',
    columns: [
      { key: 'timestamp', title: 'Timestamp', width: 20, time: true, cell: ({ at }) => new Date(at) },
      { key: 'identifier', title: 'Identifier', width: 22, cell: ({ charger }) => charger },
      { key: 'type', title: 'Message Type', width: 34, cell: ({ type }) => type },
      { key: 'message', title: 'Message', width: 80, cell: ({ message }) => message },
      { key: 'sender', title: 'Sender', width: 20, cell: ({ sender }) => sender },
      { key: 'frame', title: 'Frame', width: 80, cell: ({ frame }) => frame },
      site(sites),
    ],
  }
}

/** The columns of the guide, and what else is known. */
export function transactionTable(sites: Sites): Table<SampledTransaction> {
  return {
    title: 'Transactions',
    columns: [
      { key: 'timestamp', title: 'Timestamp', width: 20, time: true, cell: ({ toldAt }) => new Date(toldAt) },
      { key: 'identifier', title: 'Identifier', width: 22, cell: ({ charger }) => charger },
      { key: 'connector', title: 'Connector Id', short: 'Connector', width: 12, cell: ({ connector }) => connector },
      { key: 'idTag', title: 'Id Tag', width: 22, cell: ({ idTag }) => idTag },
      {
        key: 'meterStart',
        title: 'Start Meter Value (Wh)',
        short: 'Start (Wh)',
        width: 20,
        cell: ({ meterStart }) => rounded(meterStart),
      },
      {
        key: 'meterStop',
        title: 'Stop Meter Value (Wh)',
        short: 'Stop (Wh)',
        width: 20,
        cell: ({ meterStop }) => rounded(meterStop),
      },
      {
        key: 'total',
        title: 'Total Meter Value (Wh)',
        short: 'Total (Wh)',
        width: 20,
        cell: ({ total }) => rounded(total),
      },
      { key: 'start', title: 'Start Time', width: 20, time: true, cell: ({ startedAt }) => new Date(startedAt) },
      { key: 'stop', title: 'Stop Time', width: 20, time: true, cell: ({ stoppedAt }) => moment(stoppedAt) },
      {
        key: 'minutes',
        title: 'Minutes Charged',
        short: 'Minutes',
        width: 15,
        cell: ({ seconds }) => Math.floor(seconds / 60),
      },
      { key: 'seconds', title: 'Seconds Charged', width: 15, cell: ({ seconds }) => seconds },
      { key: 'id', title: 'Transaction Id', short: 'Id', width: 14, cell: ({ id }) => id },
      { key: 'stopReason', title: 'Stop Reason', width: 18, cell: ({ stopReason }) => stopReason },
      { key: 'running', title: 'Running', width: 9, cell: ({ running }) => running },
      { key: 'estimated', title: 'Estimated', width: 9, cell: ({ estimated }) => estimated },
      site(sites),
    ],
    nested: ({ samples }) =>
      samples === undefined
        ? {}
        : { samples: samples.map(({ at, energy }) => ({ at: new Date(at), energy: rounded(energy) })) },
  }
}

export function receivedTable(sites: Sites): Table<Received> {
  return {
    title: 'Meters',
    columns: [
      { key: 'timestamp', title: 'Timestamp', width: 20, time: true, cell: ({ at }) => new Date(at) },
      ...connector,
      { key: 'power', title: 'Power (W)', width: 12, cell: ({ power }) => rounded(power) },
      { key: 'energy', title: 'Total Energy (Wh)', width: 18, cell: ({ energy }) => rounded(energy) },
      site(sites),
    ],
  }
}

export function quarterHourTable(sites: Sites): Table<QuarterHour> {
  return {
    title: 'Quarter Hours',
    columns: [
      { key: 'start', title: 'Start', width: 20, time: true, cell: ({ start }) => new Date(start) },
      ...connector,
      ...flow,
      site(sites),
    ],
  }
}

export function dayTable(sites: Sites): Table<Day> {
  return {
    title: 'Days',
    columns: [
      { key: 'date', title: 'Date', width: 12, date: true, cell: ({ date }) => date },
      ...connector,
      ...flow,
      site(sites),
    ],
  }
}

const connector: readonly Column<{ readonly charger: string; readonly connector: number }>[] = [
  { key: 'identifier', title: 'Identifier', width: 22, cell: (row) => row.charger },
  { key: 'connector', title: 'Connector Id', short: 'Connector', width: 12, cell: (row) => row.connector },
]

const flow: readonly Column<QuarterHour | Day>[] = [
  { key: 'energy', title: 'Energy (Wh)', width: 14, cell: ({ energy }) => rounded(energy) },
  { key: 'powerMean', title: 'Mean Power (W)', width: 16, cell: ({ powerMean }) => rounded(powerMean) },
  { key: 'powerMin', title: 'Least Power (W)', width: 16, cell: ({ powerMin }) => rounded(powerMin) },
  { key: 'powerMax', title: 'Most Power (W)', width: 16, cell: ({ powerMax }) => rounded(powerMax) },
  { key: 'samples', title: 'Samples', width: 10, cell: ({ samples }) => samples },
]

function site(sites: Sites): Column<OfSource> {
  return { key: 'site', title: 'Site', width: 20, cell: ({ source }) => sites.get(source) ?? null }
}

/** Thousandths are more than any meter knows; what lies behind them comes from calculating. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000
}

function moment(at: number | null): Date | null {
  return at === null ? null : new Date(at)
}
