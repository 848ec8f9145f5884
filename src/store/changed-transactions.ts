import type { StoredTransaction } from '../core/ports.ts'

/** A transaction as it stands in the store since its last change. */
export interface ChangedTransaction extends StoredTransaction {
  /** Grows with every change of any transaction of the store. */
  readonly revision: number
  /** When the bridge heard of its start, milliseconds UTC. */
  readonly toldAt: number
}

/** The transactions that changed after a revision, in the order of their changes. */
export type ChangedTransactions = (after: number, limit: number) => readonly ChangedTransaction[]
