import { type Selectable, sql } from 'kysely'
import type { LocalTables } from '../local-tables.ts'
import type { LocalHistories } from '../open-local.ts'
import type { Tables } from '../tables.ts'
import { type PlaceOf, prepare } from './prepare.ts'

type Row<Table extends keyof Tables> = Selectable<Tables[Table]>
type HeadRow = Selectable<LocalTables['head']>

/** Everything that the writer asks of its file, prepared once. */
export type RowStatements = ReturnType<typeof rowStatements>

export function rowStatements({ raw, local }: Pick<LocalHistories, 'raw' | 'local'>) {
  return {
    log: prepare<Row<'log'>>(raw, (place) => local.insertInto('log').values(places(place, logColumns))),
    transaction: prepare<Row<'transaction'>>(raw, (place) =>
      local
        .insertInto('transaction')
        .values(places(place, transactionColumns))
        .onConflict((conflict) =>
          conflict.columns(['source', 'id', 'startedAt']).doUpdateSet((eb) => ({
            revision: eb.ref('excluded.revision'),
            toldAt: eb.ref('excluded.toldAt'),
            charger: eb.ref('excluded.charger'),
            connector: eb.ref('excluded.connector'),
            idTag: eb.ref('excluded.idTag'),
            meterStart: eb.ref('excluded.meterStart'),
            meterStop: eb.ref('excluded.meterStop'),
            stoppedAt: eb.ref('excluded.stoppedAt'),
            stopReason: eb.ref('excluded.stopReason'),
            estimated: eb.ref('excluded.estimated'),
          })),
        ),
    ),
    sample: prepare<Row<'transactionSample'>>(raw, (place) =>
      local
        .insertInto('transactionSample')
        .values(places(place, ['source', 'revision', 'transaction', 'at', 'energy']))
        .onConflict((conflict) =>
          conflict
            .columns(['source', 'transaction', 'at'])
            .doUpdateSet((eb) => ({ revision: eb.ref('excluded.revision'), energy: eb.ref('excluded.energy') })),
        ),
    ),
    /** What a row has already, and a repeated reading doesn't say, stays. */
    meter: prepare<Row<'meter'>>(raw, (place) =>
      local
        .insertInto('meter')
        .values(places(place, ['source', 'revision', 'charger', 'connector', 'at', 'power', 'energy']))
        .onConflict((conflict) =>
          conflict.columns(['source', 'charger', 'connector', 'at']).doUpdateSet((eb) => ({
            revision: eb.ref('excluded.revision'),
            power: sql`coalesce(excluded.power, power)`,
            energy: sql`coalesce(excluded.energy, energy)`,
          })),
        ),
    ),
    metered: prepare<Pick<Row<'meter'>, 'source' | 'charger' | 'connector' | 'at'>, Pick<Row<'meter'>, 'power'>>(
      raw,
      (place) =>
        local
          .selectFrom('meter')
          .select('power')
          .where('source', '=', place('source'))
          .where('charger', '=', place('charger'))
          .where('connector', '=', place('connector'))
          .where('at', '=', place('at')),
    ),
    quarterHour: prepare<Row<'quarterHour'>>(raw, (place) =>
      local
        .insertInto('quarterHour')
        .values(places(place, [...rolledUpColumns, 'start']))
        .onConflict((conflict) => conflict.columns(['source', 'charger', 'connector', 'start']).doUpdateSet(grown)),
    ),
    day: prepare<Row<'day'>>(raw, (place) =>
      local
        .insertInto('day')
        .values(places(place, [...rolledUpColumns, 'date']))
        .onConflict((conflict) => conflict.columns(['source', 'charger', 'connector', 'date']).doUpdateSet(grown)),
    ),
    head: prepare<Pick<HeadRow, 'charger' | 'connector'>, HeadRow>(raw, (place) =>
      local
        .selectFrom('head')
        .selectAll()
        .where('charger', '=', place('charger'))
        .where('connector', '=', place('connector')),
    ),
    moveHead: prepare<HeadRow>(raw, (place) =>
      local
        .insertInto('head')
        .values(places(place, ['charger', 'connector', 'at', 'energy', 'sampled', 'power']))
        .onConflict((conflict) =>
          conflict.columns(['charger', 'connector']).doUpdateSet((eb) => ({
            at: eb.ref('excluded.at'),
            energy: eb.ref('excluded.energy'),
            sampled: eb.ref('excluded.sampled'),
            power: eb.ref('excluded.power'),
          })),
        ),
    ),
  }
}

const logColumns = ['source', 'revision', 'at', 'charger', 'sender', 'type', 'message', 'frame'] as const
const transactionColumns = [
  ...(['source', 'revision', 'id', 'startedAt', 'toldAt', 'charger', 'connector', 'idTag'] as const),
  ...(['meterStart', 'meterStop', 'stoppedAt', 'stopReason', 'estimated'] as const),
]
const rolledUpColumns = [
  ...(['source', 'revision', 'charger', 'connector'] as const),
  ...(['energy', 'powerMin', 'powerMax', 'powerSum', 'samples'] as const),
]

/** How a row that is there already takes in another. */
const grown = {
  revision: sql<number>`excluded.revision`,
  energy: sql<number>`energy + excluded.energy`,
  // SQLite's min and max of several values are null where one of them is.
  powerMin: sql<number>`min(coalesce(power_min, excluded.power_min), coalesce(excluded.power_min, power_min))`,
  powerMax: sql<number>`max(coalesce(power_max, excluded.power_max), coalesce(excluded.power_max, power_max))`,
  powerSum: sql<number>`power_sum + excluded.power_sum`,
  samples: sql<number>`samples + excluded.samples`,
}

/** A place for each column; the compiler sees to it that none is missing where they are used as a row. */
function places<Values extends object, Names extends keyof Values>(
  place: PlaceOf<Values>,
  names: readonly Names[],
): Pick<Values, Names> {
  return Object.fromEntries(names.map((name) => [name, place(name)])) as Pick<Values, Names>
}
