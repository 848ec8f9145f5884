import { type Kysely, type Migration, sql } from 'kysely'

/** What stands beside the histories in the bridge's own file, and nowhere else. */
export type LocalTables = { head: HeadTable; bookmark: BookmarkTable }

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

/** Each brings the tables of the file alone one version further; never edit one that has been released. */
export const localMigrations: Readonly<Record<string, Migration>> = {
  '0001-head': { up: heads },
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
