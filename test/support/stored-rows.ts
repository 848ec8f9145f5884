import type { Insertable } from 'kysely'
import type { HistoryDatabase } from '../../src/store/history/database.ts'
import type { LogTable, TransactionTable } from '../../src/store/history/tables.ts'

/** A moment that tests of histories count from. */
export const START = Date.UTC(2026, 10, 1)

/** Two bridges write here. */
export async function addSources(db: HistoryDatabase): Promise<void> {
  for (const site of ['Tower', 'Quay']) await db.insertInto('source').values({ key: site, site }).execute()
}

/** Entries of the log, numbered from `first` on; a second apart. */
export async function addLog(
  db: HistoryDatabase,
  entries: readonly Partial<Insertable<LogTable>>[],
  first = 1,
): Promise<void> {
  const rows = entries.map((entry, index) => ({
    source: 1,
    revision: first + index,
    at: START + (first + index) * 1000,
    charger: 'CP-1',
    sender: 'charger',
    type: 'HeartbeatRequest',
    message: '',
    frame: '[2,"1","Heartbeat",{}]',
    ...entry,
  }))
  for (let done = 0; done < rows.length; done += 1000)
    await db
      .insertInto('log')
      .values(rows.slice(done, done + 1000))
      .execute()
}

/** Ended transactions an hour apart, numbered from 1 on: ten minutes and 500 Wh each. */
export async function addTransactions(
  db: HistoryDatabase,
  transactions: readonly Partial<Insertable<TransactionTable>>[],
): Promise<void> {
  const rows = transactions.map((transaction, index) => {
    const startedAt = START + index * 3_600_000
    return {
      source: 1,
      revision: index + 1,
      id: index + 1,
      startedAt,
      toldAt: startedAt + 500,
      charger: 'CP-1',
      connector: 1,
      idTag: 'TAG',
      meterStart: 1000,
      meterStop: 1500,
      stoppedAt: startedAt + 600_000,
      stopReason: 'EVDisconnected',
      estimated: 0,
      ...transaction,
    }
  })
  await db.insertInto('transaction').values(rows).execute()
}
