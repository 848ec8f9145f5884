import { sql } from 'kysely'
import type { RowsOf } from './kept-table.ts'

/** Transactions that are deleted together. */
const TOGETHER = 50

export interface PrunedTransactions {
  readonly transactions: number
  readonly samples: number
}

/**
 * Deletes some of a source's oldest transactions that started before a moment, their samples first: no more than `limit` of
 * them, the rest with the next call. One that runs stays, however old it is. Undefined: there are no more.
 */
export async function pruneTransactions(
  { db, source }: RowsOf,
  before: number,
  limit: number,
): Promise<PrunedTransactions | undefined> {
  const oldest = await db
    .selectFrom('transaction')
    .select(['id', 'revision'])
    // The plus keeps the index of sources out of it: it would find all rows only to sort them.
    .where(sql<number>`+source`, '=', source)
    .where('startedAt', '<', before)
    .where('stoppedAt', 'is not', null)
    .orderBy('startedAt')
    .limit(TOGETHER)
    .execute()
  if (oldest.length === 0) return undefined
  const samples = await db
    .deleteFrom('transactionSample')
    .where('source', '=', source)
    .where('revision', 'in', (eb) =>
      eb
        .selectFrom('transactionSample')
        .select('revision')
        .where('source', '=', source)
        .where(
          'transaction',
          'in',
          oldest.map(({ id }) => id),
        )
        .limit(limit),
    )
    .executeTakeFirst()
  const deletedSamples = Number(samples.numDeletedRows)
  if (deletedSamples === limit) return { transactions: 0, samples: deletedSamples }
  // By revision: one that has changed meanwhile is looked at again.
  const transactions = await db
    .deleteFrom('transaction')
    .where('source', '=', source)
    .where(
      'revision',
      'in',
      oldest.map(({ revision }) => revision),
    )
    .executeTakeFirst()
  return { transactions: Number(transactions.numDeletedRows), samples: deletedSamples }
}
