import type { ChangedTransactions } from '../../changed-transactions.ts'
import type { HistoryWriter } from './writer.ts'

/** Transactions that one write takes. */
const PORTION = 500

/**
 * Takes over every transaction that changed in the store since the last time, and answers how many. How far it got stands
 * beside what it wrote: whatever is killed, none is left out. `shownTag` is a tag as it may be shown.
 */
export function takeTransactions(
  writer: HistoryWriter,
  changed: ChangedTransactions,
  shownTag: (idTag: string) => string,
): number {
  let after = begin(writer.taken, changed)
  let count = 0
  for (;;) {
    const portion = changed(after, PORTION)
    const last = portion.at(-1)
    if (last === undefined) return count
    writer.writeTransactions(
      portion.map((transaction) => ({ ...transaction, idTag: shownTag(transaction.idTag) })),
      last.revision,
    )
    after = last.revision
    count += portion.length
    if (portion.length < PORTION) return count
  }
}

/** A store that has not got as far as it was taken is another one, such as a backup: all of it is taken again. */
function begin(taken: number, changed: ChangedTransactions): number {
  return taken > 0 && changed(taken - 1, 1).length === 0 ? 0 : taken
}
