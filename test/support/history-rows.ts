import type { Database, Statement } from 'better-sqlite3'
import type { HistoryDatabase } from '../../src/store/history/database.ts'
import type { LocalHistories } from '../../src/store/history/open-local.ts'
import { openLocalHistories } from '../../src/store/history/open-local.ts'

type Values = Readonly<Record<string, string | number | null>>

const keys = {
  log: ['revision'],
  transaction: ['id', 'started_at'],
  transaction_sample: ['transaction', 'at'],
  meter: ['charger', 'connector', 'at'],
  quarter_hour: ['charger', 'connector', 'start'],
  day: ['charger', 'connector', 'date'],
} as const
export type TableName = keyof typeof keys
export const tableNames = Object.keys(keys) as readonly TableName[]

/** A bridge's own file of histories, and what was ever written into it. */
export class HistoryRows {
  readonly histories: LocalHistories
  /** The last of each row, without its revision, by its key. */
  readonly written = new Map<TableName, Map<string, Values>>(tableNames.map((name) => [name, new Map()]))

  readonly #statements = new Map<string, Statement>()

  constructor(histories: LocalHistories) {
    this.histories = histories
  }

  static async open(file: string, now: number): Promise<HistoryRows> {
    return new HistoryRows((await openLocalHistories(file, 'Tower', now)).histories)
  }

  get raw(): Database {
    return this.histories.raw
  }

  /** Rows in one transaction, each with a revision of its own, as the bridge writes them. */
  write(name: TableName, ...rows: readonly Values[]): void {
    const { raw, source } = this.histories
    let { revision } = this
    raw.transaction(() => {
      for (const row of rows) {
        revision += 1
        const whole: Values = { source, revision, ...row }
        const columns = Object.keys(whole)
        this.#prepare(
          `INSERT OR REPLACE INTO "${name}" (${columns.map((column) => `"${column}"`).join()}) VALUES (${columns.map(() => '?').join()})`,
        ).run(Object.values(whole))
        this.written.get(name)?.set(keys[name].map((key) => whole[key]).join('\n'), withoutNumbers(whole))
      }
      this.#prepare("INSERT OR REPLACE INTO bookmark (name, value) VALUES ('revision', ?)").run(revision)
    })()
  }

  #prepare(text: string): Statement {
    const known = this.#statements.get(text) ?? this.raw.prepare(text)
    this.#statements.set(text, known)
    return known
  }

  /** The last that was given to a row. */
  get revision(): number {
    return this.bookmark('revision')
  }

  bookmark(name: string): number {
    return (this.raw.prepare('SELECT value FROM bookmark WHERE name = ?').pluck().get(name) as number | undefined) ?? 0
  }

  count(name: TableName): number {
    return this.raw.prepare(`SELECT count(*) FROM "${name}"`).pluck().get() as number
  }

  close(): void {
    this.raw.close()
  }
}

/** Everything that a database has of a bridge, as `written` has it; sorted. */
export async function rowsOf(db: HistoryDatabase, key: string): Promise<ReadonlyMap<TableName, readonly string[]>> {
  const plain = db.withoutPlugins().withTables<Record<TableName | 'source', Record<string, string | number | null>>>()
  const found = new Map<TableName, readonly string[]>()
  for (const name of tableNames) {
    const rows = await plain
      .selectFrom(name)
      .selectAll()
      .where('source', 'in', plain.selectFrom('source').select('id').where('key', '=', key))
      .execute()
    found.set(name, sortedTexts(rows))
  }
  return found
}

export function writtenRows({ written }: HistoryRows): ReadonlyMap<TableName, readonly string[]> {
  return new Map([...written].map(([name, rows]) => [name, sortedTexts([...rows.values()])]))
}

function sortedTexts(rows: readonly Values[]): readonly string[] {
  return rows.map((row) => JSON.stringify(Object.entries(withoutNumbers(row)).sort())).sort()
}

function withoutNumbers({ source, revision, ...row }: Values): Values {
  return row
}

/** The `n`th row of a table, all columns filled; of the log texts with whatever texts may hold. */
export function rowOf(name: TableName, n: number, at: number): Values {
  const charger = `CP-${n % 7}`
  const connector = 1 + (n % 2)
  const rolledUp = { energy: n / 3, power_min: n % 2 ? null : n / 7, power_max: n, power_sum: n * 1.1, samples: n % 90 }
  switch (name) {
    case 'log':
      return {
        at,
        charger,
        sender: 'charger',
        type: 'HeartbeatRequest',
        message: `ä "${n}" \\ 😀\n`,
        frame: `[2,"${n}"]`,
      }
    case 'transaction':
      return {
        ...{ id: n, started_at: at, told_at: at + 1, charger, connector, id_tag: 'TAG', meter_start: n / 3 },
        ...{ meter_stop: null, stopped_at: null, stop_reason: null, estimated: 0 },
      }
    case 'transaction_sample':
      return { transaction: n % 11, at: at + n, energy: n / 9 }
    case 'meter':
      return { charger, connector, at: at + n, power: n % 3 ? n / 7 : null, energy: n * 1e3 + 0.1 }
    case 'quarter_hour':
      return { charger, connector, start: at + 900_000 * Math.floor(n / 14), ...rolledUp }
    case 'day':
      return {
        charger,
        connector,
        date: `2026-01-${String(1 + (Math.floor(n / 14) % 28)).padStart(2, '0')}`,
        ...rolledUp,
      }
  }
}
