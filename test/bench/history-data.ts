import { type HistoryDatabase, migrate, openSqliteHistories } from '../../src/store/history/database.ts'
import { openPostgresHistories } from '../../src/store/history/postgres.ts'
import type { Dialect } from '../../src/store/history/schema.ts'

export const CHARGERS = 200
const DAY_MS = 86_400_000
/** The last moment of what is generated. */
export const END = Date.UTC(2026, 10, 26)
/** How long what is generated took: about what so many chargers say in that time, on a calm site. */
const SPAN_MS = 10 * DAY_MS

/** Types and how many of a hundred thousand entries have each; some have one line in a hundred thousand only. */
const types: readonly (readonly [string, number, (n: number) => string])[] = [
  ['MeterValuesRequest', 42_000, (n) => `Connector: ${1 + (n % 2)}; Power: ${n % 22_000} W; Energy: ${1_000 + n} Wh`],
  ['MeterValuesConfirmation', 42_000, () => ''],
  ['HeartbeatRequest', 5_000, () => ''],
  ['HeartbeatConfirmation', 5_000, () => '2026-11-20T10:00:00Z'],
  ['StatusNotificationRequest', 2_400, (n) => `Connector: ${1 + (n % 2)}; Status: Charging; Error Code: NoError`],
  ['StatusNotificationConfirmation', 2_400, () => ''],
  ['StartTransactionRequest', 400, (n) => `Connector: ${1 + (n % 2)}; ID Tag: ${tag(n)}; Meter Start: ${n} Wh`],
  ['StopTransactionRequest', 400, (n) => `Transaction: ${n}; Meter Stop: ${n} Wh; Reason: EVDisconnected`],
  ['BACnetWrite', 300, (n) => `limit of connector 1: ${6 + (n % 26)} A at priority 8: accepted`],
  ['BootNotificationRequest', 50, (n) => `CP Serial: SN-${n}; CP Vendor: Bender; CP Model: CC613`],
  ['BootNotificationConfirmation', 49, () => 'Accepted'],
  ['FirmwareStatusNotificationRequest', 1, () => 'Status: InstallationFailed'],
]

function typeAt(place: number): (typeof types)[number] {
  let below = 0
  for (const each of types) {
    below += each[1]
    if (place < below) return each
  }
  throw new Error('no type has this place')
}

interface LogRow {
  readonly source: number
  readonly revision: number
  readonly at: number
  readonly charger: string
  readonly sender: string
  readonly type: string
  readonly message: string
  readonly frame: string
}

function* logRows(count: number): Generator<LogRow> {
  const shares = types.reduce((sum, [, share]) => sum + share, 0)
  for (let n = 1; n <= count; n += 1) {
    const [type, , message] = typeAt((n * 7_919) % shares)
    const request = type.endsWith('Request')
    const body = request
      ? `{"connectorId":${1 + (n % 2)},"meterValue":[{"timestamp":"2026-11-20T10:00:00Z","sampledValue":[{"value":"${n}","measurand":"Energy.Active.Import.Register","unit":"Wh"},{"value":"${n % 22_000}","measurand":"Power.Active.Import","unit":"W"}]}]}`
      : '{}'
    yield {
      source: 1,
      revision: n,
      at: Math.floor(END - SPAN_MS + (SPAN_MS * n) / count),
      charger: identifier(n % CHARGERS),
      sender: request ? 'charger' : 'bridge',
      type,
      message: n === Math.floor(count / 3) ? 'Vendor Error Code: needle-in-a-haystack' : message(n),
      frame: `[2,"${n.toString(16).padStart(12, '0')}","${type}",${body}]`,
    }
  }
}

interface TransactionRow {
  readonly source: number
  readonly revision: number
  readonly id: number
  readonly startedAt: number
  readonly toldAt: number
  readonly charger: string
  readonly connector: number
  readonly idTag: string
  readonly meterStart: number
  readonly meterStop: number | null
  readonly stoppedAt: number | null
  readonly stopReason: string | null
  readonly estimated: number
}

function* transactionRows(count: number): Generator<TransactionRow> {
  for (let n = 1; n <= count; n += 1) {
    const startedAt = Math.floor(END - 365 * DAY_MS + (365 * DAY_MS * n) / count)
    const running = n > count - 150
    yield {
      source: 1,
      revision: n,
      id: n,
      startedAt,
      toldAt: startedAt + 1_000,
      charger: identifier(n % CHARGERS),
      connector: 1 + (n % 2),
      idTag: tag(n),
      meterStart: n * 10,
      meterStop: running ? null : n * 10 + 9_000,
      stoppedAt: running ? null : startedAt + 3_600_000,
      stopReason: running ? null : 'EVDisconnected',
      estimated: 0,
    }
  }
}

/** What isn't measured is written as fast as a database takes it. */
export interface Filled {
  readonly dialect: Dialect
  readonly db: HistoryDatabase
  close(): Promise<void>
}

export async function fillSqlite(file: string, log: number, transactions: number): Promise<Filled> {
  const { raw, db } = openSqliteHistories(file)
  await migrate(db, 'sqlite')
  raw.pragma('synchronous = OFF')
  const insert = (table: string, rows: Iterable<object>) => {
    raw.exec('BEGIN')
    let statement: ReturnType<typeof raw.prepare> | undefined
    for (const row of rows) {
      const columns = Object.keys(row)
      statement ??= raw.prepare(
        `INSERT INTO "${table}" (${columns.map(snake)}) VALUES (${columns.map((column) => `@${column}`)})`,
      )
      statement.run(row)
    }
    raw.exec('COMMIT')
  }
  raw.exec("INSERT INTO source (id, key, site) VALUES (1, 'bench', 'Bench')")
  insert('log', logRows(log))
  insert('transaction', transactionRows(transactions))
  return { dialect: 'sqlite', db, close: () => db.destroy() }
}

export async function fillPostgres(url: string, log: number, transactions: number): Promise<Filled> {
  const { db, query, close } = openPostgresHistories(url)
  await migrate(db, 'postgres')
  const insert = async (table: string, rows: Iterable<object>) => {
    let batch: object[] = []
    const write = () =>
      query(`INSERT INTO "${table}" SELECT * FROM json_populate_recordset(NULL::"${table}", $1)`, [
        JSON.stringify(batch),
      ])
    for (const row of rows) {
      batch.push(Object.fromEntries(Object.entries(row).map(([column, value]) => [snake(column), value])))
      if (batch.length < 5_000) continue
      await write()
      batch = []
    }
    await write()
  }
  await query("INSERT INTO source (key, site) VALUES ('bench', 'Bench')", [])
  await insert('log', logRows(log))
  await insert('transaction', transactionRows(transactions))
  // What autovacuum does within a minute or so.
  await query('VACUUM ANALYZE', [])
  return { dialect: 'postgres', db, close }
}

function snake(column: string): string {
  return column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function identifier(n: number): string {
  return `CP-${String(n + 1).padStart(4, '0')}`
}

export function tag(n: number): string {
  return `TAG${String(n % 997).padStart(5, '0')}`
}
