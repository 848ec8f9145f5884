import { type ColumnDataType, type Kysely, type Migration, sql } from 'kysely'

export type Dialect = 'sqlite' | 'postgres'

/** Each brings a database one version further; never edit one that has been released. */
export function migrations(dialect: Dialect): Readonly<Record<string, Migration>> {
  return { '0001-histories': { up: (db: Kysely<unknown>) => histories(db, dialect) } }
}

/** Names are in snake_case here, whatever `tables.ts` calls them. */
async function histories(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { schema } = db
  /** Milliseconds and revisions outgrow 32 bits. */
  const long: ColumnDataType = dialect === 'sqlite' ? 'integer' : 'bigint'
  const real: ColumnDataType = dialect === 'sqlite' ? 'real' : 'double precision'

  await schema
    .createTable('source')
    .addColumn('id', dialect === 'sqlite' ? 'integer' : 'serial', (column) => column.primaryKey())
    .addColumn('key', 'text', (column) => column.notNull().unique())
    .addColumn('site', 'text', (column) => column.notNull())
    .execute()

  const table = (name: string) =>
    schema
      .createTable(name)
      .addColumn('source', 'integer', (column) => column.notNull())
      .addColumn('revision', long, (column) => column.notNull())

  await table('log')
    .addColumn('at', long, (column) => column.notNull())
    .addColumn('charger', 'text', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('frame', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('log_key', ['source', 'revision'])
    .execute()
  await schema.createIndex('log_at').on('log').columns(['at']).execute()
  await schema.createIndex('log_charger').on('log').columns(['charger', 'at']).execute()
  await schema.createIndex('log_type').on('log').columns(['type', 'at']).execute()

  await table('transaction')
    .addColumn('id', 'integer', (column) => column.notNull())
    .addColumn('started_at', long, (column) => column.notNull())
    .addColumn('told_at', long, (column) => column.notNull())
    .addColumn('charger', 'text', (column) => column.notNull())
    .addColumn('connector', 'integer', (column) => column.notNull())
    .addColumn('id_tag', 'text', (column) => column.notNull())
    .addColumn('meter_start', real)
    .addColumn('meter_stop', real)
    .addColumn('stopped_at', long)
    .addColumn('stop_reason', 'text')
    .addColumn('estimated', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('transaction_key', ['source', 'id', 'started_at'])
    .execute()
  await schema.createIndex('transaction_started').on('transaction').columns(['started_at']).execute()
  await schema.createIndex('transaction_charger').on('transaction').columns(['charger', 'started_at']).execute()
  await schema
    .createIndex('transaction_id_tag')
    .on('transaction')
    .expression(sql`lower("id_tag"), "started_at"`)
    .execute()
  await schema
    .createIndex('transaction_running')
    .on('transaction')
    .column('started_at')
    .where(sql<boolean>`"stopped_at" is null`)
    .execute()

  await table('transaction_sample')
    .addColumn('transaction', 'integer', (column) => column.notNull())
    .addColumn('at', long, (column) => column.notNull())
    .addColumn('energy', real, (column) => column.notNull())
    .addPrimaryKeyConstraint('transaction_sample_key', ['source', 'transaction', 'at'])
    .execute()

  const ofConnector = (name: string) =>
    table(name)
      .addColumn('charger', 'text', (column) => column.notNull())
      .addColumn('connector', 'integer', (column) => column.notNull())
  await ofConnector('meter')
    .addColumn('at', long, (column) => column.notNull())
    .addColumn('power', real)
    .addColumn('energy', real)
    .addPrimaryKeyConstraint('meter_key', ['source', 'charger', 'connector', 'at'])
    .execute()
  await schema.createIndex('meter_at').on('meter').columns(['at']).execute()

  const rolledUp = (name: string) =>
    ofConnector(name)
      .addColumn('energy', real, (column) => column.notNull())
      .addColumn('power_min', real)
      .addColumn('power_max', real)
      .addColumn('power_sum', real, (column) => column.notNull())
      .addColumn('samples', 'integer', (column) => column.notNull())
  await rolledUp('quarter_hour')
    .addColumn('start', long, (column) => column.notNull())
    .addPrimaryKeyConstraint('quarter_hour_key', ['source', 'charger', 'connector', 'start'])
    .execute()
  await schema.createIndex('quarter_hour_start').on('quarter_hour').columns(['start']).execute()
  await rolledUp('day')
    .addColumn('date', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('day_key', ['source', 'charger', 'connector', 'date'])
    .execute()
  await schema.createIndex('day_date').on('day').columns(['date']).execute()

  for (const name of copied)
    await schema.createIndex(`${name}_revision`).on(name).columns(['source', 'revision']).execute()
}

/** All but the log, whose key that is. */
const copied = ['transaction', 'transaction_sample', 'meter', 'quarter_hour', 'day']
