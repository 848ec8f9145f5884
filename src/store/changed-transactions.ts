import type { Database } from 'better-sqlite3'
import type { StoredTransaction } from '../core/ports.ts'
import { columns, fromRow, type TransactionRow } from './transaction-row.ts'

/** A transaction as it stands in the store since its last change. */
export interface ChangedTransaction extends StoredTransaction {
  /** Grows with every change of any transaction of the store. */
  readonly revision: number
  /** When the bridge heard of its start, milliseconds UTC. */
  readonly toldAt: number
}

/** The transactions that changed after a revision, in the order of their changes. */
export type ChangedTransactions = (after: number, limit: number) => readonly ChangedTransaction[]

type ChangedRow = TransactionRow & Pick<ChangedTransaction, 'revision' | 'toldAt'>

/** The same of a store's file, on any connection; one for reading alone will do. */
export function readChangedTransactions(database: Database): ChangedTransactions {
  const changed = database.prepare(
    `SELECT ${columns}, revision, toldAt FROM "transaction" WHERE revision > ? ORDER BY revision LIMIT ?`,
  )
  return (after, limit) =>
    (changed.all(after, limit) as ChangedRow[]).map(({ revision, toldAt, ...row }) => ({
      ...fromRow(row),
      revision,
      toldAt,
    }))
}
