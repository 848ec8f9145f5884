import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { openPostgresHistories, type PostgresHistories } from '../../src/store/history/postgres.ts'
import { Authority } from './authority.ts'
import { Copying } from './copying.ts'
import { FakeClock } from './fake-clock.ts'
import { type HistoryRows, rowOf, rowsOf, tableNames, writtenRows } from './history-rows.ts'
import { type Cluster, startPostgres } from './postgres.ts'

/** When its bridges begin. */
export const T0 = Date.UTC(2026, 0, 1)

/** A PostgreSQL with a new database for each test, and bridges whose histories go there. */
export class PostgresSite {
  readonly ended: (() => Promise<unknown>)[] = []
  folder = ''
  url = ''
  #number = 0
  #authority: Authority | undefined
  #cluster: Cluster | undefined
  #postgres: PostgresHistories | undefined

  /** Within a `describe`: starts the server before its tests, and removes everything after them. */
  constructor() {
    beforeAll(async () => {
      this.#authority = await Authority.root('Site CA')
      const names = [{ type: 'ip', value: '127.0.0.1' }] as const
      this.#cluster = await startPostgres({ tls: await this.#authority.issue('db', { names }) })
    }, 60_000)
    afterAll(() => this.#cluster?.remove())
    beforeEach(async () => {
      this.folder = mkdtempSync(join(tmpdir(), 'copier-'))
      this.#number += 1
      this.url = await this.cluster.create(this.database)
      this.#postgres = openPostgresHistories(this.url)
    })
    afterEach(async () => {
      for (const end of this.ended.splice(0)) await end()
      await this.#postgres?.close()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  get database(): string {
    return `copier_${this.#number}`
  }

  get authority(): Authority {
    return there(this.#authority)
  }

  get cluster(): Cluster {
    return there(this.#cluster)
  }

  get postgres(): PostgresHistories {
    return there(this.#postgres)
  }

  file(name = 'a'): string {
    return join(this.folder, `${name}.history.db`)
  }

  async bridge(name = 'a', url = this.url): Promise<Copying> {
    const copying = await Copying.start(this.file(name), url, new FakeClock(T0))
    this.ended.push(() => copying.copier.stop())
    return copying
  }

  /** Holds what the database has of a bridge against what was written. */
  async expectAll({ rows }: Pick<Copying, 'rows'>): Promise<void> {
    expect(await this.rowsOf(rows)).toEqual(writtenRows(rows))
  }

  rowsOf({ histories: { raw, source } }: HistoryRows): ReturnType<typeof rowsOf> {
    return rowsOf(this.postgres.db, raw.prepare('SELECT key FROM source WHERE id = ?').pluck().get(source) as string)
  }
}

/** Rows of each table. */
export function fill(rows: HistoryRows, from: number, to: number): void {
  for (let n = from; n < to; n += 1) for (const name of tableNames) rows.write(name, rowOf(name, n, T0))
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('within a test alone')
  return value
}
