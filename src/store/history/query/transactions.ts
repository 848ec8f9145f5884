import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { HistoryDatabase } from '../database.ts'
import type { TransactionTable } from '../tables.ts'
import { isText, oneOf } from './conditions.ts'
import { type Page, type PageOf, type Path, type Search, search } from './search.ts'

/** One transaction, with what follows from it. Energy in Wh, times in milliseconds UTC. */
export interface LoggedTransaction extends Omit<Selectable<TransactionTable>, 'estimated'> {
  readonly running: boolean
  /** The meter value at the stop was not told: what is known comes from the meter values of the session. */
  readonly estimated: boolean
  /** From start to stop, or as far as the meter values of the session tell; null: nobody knows. */
  readonly total: number | null
  /** From start to stop, or until now. */
  readonly seconds: number
}

/** How the energy of a session grew. */
export interface Sample {
  readonly at: number
  readonly energy: number
}

/** Which transactions are asked for; what is absent doesn't matter. */
export interface TransactionFilter {
  readonly chargers?: readonly string[] | undefined
  readonly connector?: number | undefined
  /** As it is shown, in any letter case. */
  readonly idTag?: string | undefined
  /** Milliseconds UTC; a transaction belongs to the time of its start. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Only those without an end. */
  readonly running?: boolean | undefined
  readonly sources?: readonly number[] | undefined
}

/** Transactions by their ends. */
export interface Ended {
  /** Milliseconds UTC, of the first and behind the last. */
  readonly from: number
  readonly to: number
  /** Also those that ended before, where that became known after this revision. */
  readonly after: number
  /** The last revision that is looked at: what is written from then on is the next one's to tell. */
  readonly until: number
  readonly source: number
}

const transactions = {
  name: 'transaction',
  time: 'startedAt',
  beginning: Number.MIN_SAFE_INTEGER,
  ties: ['id', 'source'],
} as const

/** One page of transactions, in the order of their starts; `now` ends those that run. */
export async function transactionPage(
  db: HistoryDatabase,
  filter: TransactionFilter,
  page: PageOf & { readonly now: number },
): Promise<Page<LoggedTransaction>> {
  return toldPage(db, transactionSearch(filter), page)
}

/**
 * One page of those that ended within a time, and of those whose end before it became known after a revision: whoever
 * asks for one time after the other has each of them.
 */
export async function endedPage(
  db: HistoryDatabase,
  ended: Ended,
  page: PageOf & { readonly now: number },
): Promise<Page<LoggedTransaction>> {
  const { from, to, after, until, source } = ended
  const stopped = sql.ref('stoppedAt')
  const late = sql`${stopped} < ${from} and ${sql.ref('revision')} > ${after}`
  const conditions = [
    sql`${sql.ref('source')} + 0 = ${source}`,
    sql`${sql.ref('revision')} <= ${until}`,
    sql`(${stopped} >= ${from} and ${stopped} < ${to}) or (${late})`,
  ]
  return toldPage(db, { paths: [], conditions }, page)
}

/** All samples of these, in order of time, in the order of what was asked for. */
export async function samplesOf(
  db: HistoryDatabase,
  asked: readonly Pick<LoggedTransaction, 'source' | 'id'>[],
): Promise<readonly (readonly Sample[])[]> {
  const found = new Map<string, Sample[]>(asked.map(({ source, id }) => [`${source}/${id}`, []]))
  for (const [source, ids] of bySource(asked)) {
    const rows = await db
      .selectFrom('transactionSample')
      .select(['transaction', 'at', 'energy'])
      .where('source', '=', source)
      .where('transaction', 'in', ids)
      .orderBy('transaction')
      .orderBy('at')
      .execute()
    for (const { transaction, at, energy } of rows) found.get(`${source}/${transaction}`)?.push({ at, energy })
  }
  return asked.map(({ source, id }) => found.get(`${source}/${id}`) ?? [])
}

function transactionSearch({ chargers, connector, idTag, from, to, running, sources }: TransactionFilter): Search {
  return {
    from,
    to,
    paths: [
      ...oneOf('charger', chargers),
      ...(idTag === undefined ? [] : [ofTag(idTag)]),
      ...(running === true ? [{ branches: [unended], condition: unended }] : []),
    ],
    conditions: [
      ...(connector === undefined ? [] : [sql`${sql.ref('connector')} = ${connector}`]),
      ...oneOf('source', sources).map(({ condition }) => condition),
    ],
  }
}

const unended: RawBuilder<unknown> = sql`${sql.ref('stoppedAt')} is null`

function ofTag(idTag: string): Path {
  if (!isText(idTag)) return { branches: [], condition: sql`1 = 0` }
  const lower = sql`lower(${sql.ref('idTag')})`
  return { branches: [sql`${lower} = lower(${idTag})`], condition: sql`${lower} || '' = lower(${idTag})` }
}

async function toldPage(
  db: HistoryDatabase,
  what: Search,
  { now, ...page }: PageOf & { readonly now: number },
): Promise<Page<LoggedTransaction>> {
  const found = await search<Selectable<TransactionTable>>(db, transactions, what, page)
  const sampled = await lastSamples(
    db,
    found.rows.filter((row) => row.meterStop === null || row.meterStart === null),
  )
  const rows = found.rows.map((row) => {
    const { meterStart, meterStop, startedAt, stoppedAt } = row
    const total =
      meterStart === null || meterStop === null
        ? (sampled.get(`${row.source}/${row.id}`) ?? null)
        : Math.max(0, meterStop - meterStart)
    const seconds = Math.max(0, Math.floor(((stoppedAt ?? now) - startedAt) / 1000))
    return { ...row, running: stoppedAt === null, estimated: row.estimated !== 0, total, seconds }
  })
  return { ...found, rows }
}

/** The energy that each of them was last known to have taken. */
async function lastSamples(
  db: HistoryDatabase,
  asked: readonly Pick<Selectable<TransactionTable>, 'source' | 'id'>[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  for (const [source, ids] of bySource(asked)) {
    const rows = await db
      .selectFrom('transaction as told')
      .where('told.source', '=', source)
      .where('told.id', 'in', ids)
      .select((of) => [
        'told.id',
        of
          .selectFrom('transactionSample as sample')
          .select('sample.energy')
          .whereRef('sample.source', '=', 'told.source')
          .whereRef('sample.transaction', '=', 'told.id')
          .orderBy('sample.at', 'desc')
          .limit(1)
          .as('energy'),
      ])
      .execute()
    for (const { id, energy } of rows) if (energy !== null) found.set(`${source}/${id}`, energy)
  }
  return found
}

function bySource(asked: readonly { readonly source: number; readonly id: number }[]): ReadonlyMap<number, number[]> {
  const ids = new Map<number, number[]>()
  for (const { source, id } of asked) {
    const own = ids.get(source)
    if (own === undefined) ids.set(source, [id])
    else own.push(id)
  }
  return ids
}
