import { sql } from 'kysely'
import type { HistoryDatabase } from '../../src/store/history/database.ts'

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

export interface LogRow {
  readonly source: number
  readonly revision: number
  readonly at: number
  readonly charger: string
  readonly sender: string
  readonly type: string
  readonly message: string
  readonly frame: string
}

export function* logRows(count: number): Generator<LogRow> {
  const shares = types.reduce((sum, [, share]) => sum + share, 0)
  for (let n = 1; n <= count; n += 1) {
    let place = (n * 7_919) % shares
    const [type, , message] = types.find(([, share]) => (place -= share) < 0) ?? types[0]!
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

export interface TransactionRow {
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

export function* transactionRows(count: number): Generator<TransactionRow> {
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

/** What nobody measures is written as fast as the database takes it. */
export async function fill(
  db: HistoryDatabase,
  table: 'log' | 'transaction',
  rows: Iterable<LogRow | TransactionRow>,
): Promise<void> {
  const batch: (LogRow | TransactionRow)[] = []
  const write = async () => {
    await db
      .insertInto(table)
      .values(batch as never)
      .execute()
    batch.length = 0
  }
  const most = 2_000
  await db.connection().execute(async (connection) => {
    await sql`begin`.execute(connection)
    for (const row of rows) {
      batch.push(row)
      if (batch.length === most) await write()
    }
    if (batch.length > 0) await write()
    await sql`commit`.execute(connection)
  })
  await sql`analyze`.execute(db)
}

export function identifier(n: number): string {
  return `CP-${String(n + 1).padStart(4, '0')}`
}

export function tag(n: number): string {
  return `TAG${String(n % 997).padStart(5, '0')}`
}
