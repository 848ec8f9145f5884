import { type Kysely, type Migration, sql } from 'kysely'

/** What stands beside the histories in the bridge's own file, and nowhere else. */
export type LocalTables = { head: HeadTable; bookmark: BookmarkTable; late: LateTable }

/** The last that a connector's meter said, by which the next is measured. Key: charger and connector. */
interface HeadTable {
  readonly charger: string
  readonly connector: number
  /** The latest moment a total was told of. */
  readonly at: number | null
  /** The highest total. */
  readonly energy: number | null
  /** The latest moment a power was told of, and that power. */
  readonly sampled: number | null
  readonly power: number | null
}

/** How far somebody got. */
interface BookmarkTable {
  readonly name: string
  readonly value: number
}

/** What was told of an interval of which only PostgreSQL has the sum any more; `row` is one of the table `name`, as JSON. */
interface LateTable {
  readonly name: string
  readonly revision: number
  readonly row: string
}

/** Each brings the tables of the file alone one version further; never edit one that has been released. */
export const localMigrations: Readonly<Record<string, Migration>> = {
  '0001-head': { up: heads },
  '0002-late': { up: late },
}

async function heads({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('head')
    .addColumn('charger', 'text', (column) => column.notNull())
    .addColumn('connector', 'integer', (column) => column.notNull())
    .addColumn('at', 'integer')
    .addColumn('energy', 'real')
    .addColumn('sampled', 'integer')
    .addColumn('power', 'real')
    .addPrimaryKeyConstraint('head_key', ['charger', 'connector'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await schema
    .createTable('bookmark')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'integer', (column) => column.notNull())
    .modifyEnd(sql`without rowid`)
    .execute()
}

async function late({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('late')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('row', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('late_key', ['name', 'revision'])
    .modifyEnd(sql`without rowid`)
    .execute()
}
