import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest'
import { type HistoryDatabase, migrate, openSqliteHistories } from '../../src/store/history/database.ts'
import { openPostgresHistories } from '../../src/store/history/postgres.ts'
import type { Dialect } from '../../src/store/history/schema.ts'
import { type Cluster, missingPostgres, startPostgres } from './postgres.ts'
import { addSources } from './stored-rows.ts'

/** An empty, migrated database of histories. */
export interface OpenHistories {
  readonly dialect: Dialect
  readonly db: HistoryDatabase
  close(): Promise<void>
}

export interface HistoryStore {
  readonly dialect: Dialect
  /** Why it can't be tested here, for `describe.skipIf`. */
  readonly missing: string | undefined
  /** Once, before the first is opened. */
  start(): Promise<void>
  /** Another one at each call. */
  open(): Promise<OpenHistories>
  /** Once, after the last is closed. */
  stop(): Promise<void>
}

const sqlite: HistoryStore = {
  dialect: 'sqlite',
  missing: undefined,
  start: async () => {},
  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'histories-'))
    const { db } = openSqliteHistories(join(folder, 'bridge.history.db'))
    await migrate(db, 'sqlite')
    return {
      dialect: 'sqlite',
      db,
      async close() {
        await db.destroy()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
  stop: async () => {},
}

let cluster: Cluster | undefined
let databases = 0

const postgres: HistoryStore = {
  dialect: 'postgres',
  missing: missingPostgres,
  async start() {
    cluster = await startPostgres()
  },
  async open() {
    if (cluster === undefined) throw new Error('start it first')
    databases += 1
    const url = await cluster.create(`histories_${databases}`)
    const { db, close } = openPostgresHistories(url)
    await migrate(db, 'postgres')
    return { dialect: 'postgres', db, close }
  },
  async stop() {
    await cluster?.remove()
    cluster = undefined
  },
}

/**
 * Both databases that histories stand in:
 * `describe.each(historyStores)('… in $dialect', (store) => …)`, within it `describe.skipIf(store.missing)` or `it.skipIf`.
 */
export const historyStores: readonly HistoryStore[] = [sqlite, postgres]

/** Tests in both databases, where there are both; each test has another one, in which nothing stands but two bridges. */
export function describeHistories(what: string, tests: (histories: Pick<OpenHistories, 'db'>) => void): void {
  describe.each(historyStores)(`${what} in $dialect`, (store) => {
    if (store.missing !== undefined) {
      it.skip(store.missing, () => {})
      return
    }
    let opened: OpenHistories

    beforeAll(() => store.start(), 60_000)
    afterAll(() => store.stop())
    beforeEach(async () => {
      opened = await store.open()
      await addSources(opened.db)
    })
    afterEach(() => opened.close())

    tests({
      get db() {
        return opened.db
      },
    })
  })
}
