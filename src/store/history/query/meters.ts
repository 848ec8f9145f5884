import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { HistoryDatabase } from '../database.ts'
import type { DayTable, MeterTable, QuarterHourTable } from '../tables.ts'
import { oneOf } from './conditions.ts'
import { type Page, type PageOf, type Path, search } from './search.ts'

export const resolutions = ['received', 'quarterHour', 'day'] as const
export type Resolution = (typeof resolutions)[number]

/** What a meter said: power in W, and the total of energy in Wh, which only grows. */
export type Received = Selectable<MeterTable>

/** What flowed within a time, in Wh, and the power meanwhile in W; null: it was not told. */
interface Flow {
  readonly source: number
  readonly charger: string
  readonly connector: number
  readonly energy: number
  readonly powerMin: number | null
  readonly powerMax: number | null
  readonly powerMean: number | null
  readonly samples: number
}

export interface QuarterHour extends Flow {
  /** Milliseconds UTC. */
  readonly start: number
}

export interface Day extends Flow {
  /** YYYY-MM-DD, in the site's own time. */
  readonly date: string
}

/** Which meters are asked for; what is absent doesn't matter. */
interface MeterFilter<Time> {
  readonly chargers?: readonly string[] | undefined
  readonly connector?: number | undefined
  /** The first, and the one behind the last. */
  readonly from?: Time | undefined
  readonly to?: Time | undefined
  readonly sources?: readonly number[] | undefined
}

export type { MeterFilter }

const ties = ['charger', 'connector', 'source']

/** One page of what was received. */
export function receivedPage(db: HistoryDatabase, filter: MeterFilter<number>, page: PageOf): Promise<Page<Received>> {
  return meterPage(db, 'meter', 'at', filter, page)
}

/** One page of quarter hours. */
export async function quarterHourPage(
  db: HistoryDatabase,
  filter: MeterFilter<number>,
  page: PageOf,
): Promise<Page<QuarterHour>> {
  const found = await meterPage<Selectable<QuarterHourTable>>(db, 'quarterHour', 'start', filter, page)
  return { ...found, rows: found.rows.map((row) => ({ ...flow(row), start: row.start })) }
}

/** One page of days, from one date to another. */
export async function dayPage(db: HistoryDatabase, filter: MeterFilter<string>, page: PageOf): Promise<Page<Day>> {
  const found = await meterPage<Selectable<DayTable>>(db, 'day', 'date', filter, page)
  return { ...found, rows: found.rows.map((row) => ({ ...flow(row), date: row.date })) }
}

async function meterPage<Row extends object>(
  db: HistoryDatabase,
  name: 'meter' | 'quarterHour' | 'day',
  time: string,
  filter: MeterFilter<number> | MeterFilter<string>,
  page: PageOf,
): Promise<Page<Row>> {
  const { chargers, connector, from, to, sources } = filter
  const own = sources ?? (await db.selectFrom('source').select('id').execute()).map(({ id }) => id)
  const ofSource = oneOf('source', sources).map(({ condition }) => condition)
  const ofConnector = connector === undefined ? [] : [sql`${sql.ref('connector')} = ${connector}`]
  const paths = chargers === undefined ? [] : [await ofChargers(db, name, own, chargers, connector)]
  const conditions = chargers === undefined ? [...ofSource, ...ofConnector] : []
  const beginning = name === 'day' ? '' : Number.MIN_SAFE_INTEGER
  return search<Row>(db, { name, time, beginning, ties }, { from, to, paths, conditions }, page)
}

/** The key begins with all three: with each of them as they are, rows come in the order of time. */
async function ofChargers(
  db: HistoryDatabase,
  name: 'meter' | 'quarterHour' | 'day',
  sources: readonly number[],
  chargers: readonly string[],
  connector: number | undefined,
): Promise<Path> {
  const branches: RawBuilder<unknown>[] = []
  for (const source of sources) {
    for (const charger of chargers) {
      const connectors = connector === undefined ? await connectorsOf(db, name, source, charger) : [connector]
      const own = sql`${sql.ref('source')} = ${source} and ${sql.ref('charger')} = ${charger}`
      branches.push(...connectors.map((each) => sql`${own} and ${sql.ref('connector')} = ${each}`))
    }
  }
  const condition = sql`${sql.join(oneOf('charger', chargers).map((path) => path.condition))}`
  const ofSources = oneOf('source', sources).map((path) => path.condition)
  const ofConnector = connector === undefined ? [] : [sql`${sql.ref('connector')} = ${connector}`]
  return { branches, condition: sql.join([condition, ...ofSources, ...ofConnector], sql` and `) }
}

async function connectorsOf(
  db: HistoryDatabase,
  name: 'meter' | 'quarterHour' | 'day',
  source: number,
  charger: string,
): Promise<readonly number[]> {
  const found: number[] = []
  for (;;) {
    const next = await db
      .selectFrom(name)
      .select('connector')
      .where('source', '=', source)
      .where('charger', '=', charger)
      .where('connector', '>', found.at(-1) ?? -1)
      .orderBy('connector')
      .limit(1)
      .executeTakeFirst()
    if (next === undefined) return found
    found.push(next.connector)
  }
}

function flow(row: Selectable<QuarterHourTable> | Selectable<DayTable>): Flow {
  const { source, charger, connector, energy, powerMin, powerMax, powerSum, samples } = row
  const powerMean = samples === 0 ? null : powerSum / samples
  return { source, charger, connector, energy, powerMin, powerMax, powerMean, samples }
}
