import type { StoredTransaction } from '../core/ports.ts'

/** SQL knows null where we know undefined, and neither booleans nor lists. */
export type TransactionRow = {
  readonly [K in keyof Omit<StoredTransaction, 'estimated' | 'signed'>]: undefined extends StoredTransaction[K]
    ? Exclude<StoredTransaction[K], undefined> | null
    : StoredTransaction[K]
} & { readonly estimated: 0 | 1; readonly signed: string | null }

/** What a `StoredTransaction` is made of. */
export const columns =
  'id, charger, connector, idTag, meterStartWh, startedAt, timestampText, meterStopWh, stoppedAt, stopReason, estimated, signed'

export function toRow({ signed, ...transaction }: StoredTransaction): TransactionRow {
  return {
    ...transaction,
    meterStartWh: transaction.meterStartWh ?? null,
    meterStopWh: transaction.meterStopWh ?? null,
    stoppedAt: transaction.stoppedAt ?? null,
    stopReason: transaction.stopReason ?? null,
    estimated: transaction.estimated ? 1 : 0,
    signed: signed === undefined ? null : JSON.stringify(signed),
  }
}

export function fromRow({ signed, ...found }: TransactionRow): StoredTransaction {
  return {
    ...found,
    meterStartWh: found.meterStartWh ?? undefined,
    meterStopWh: found.meterStopWh ?? undefined,
    stoppedAt: found.stoppedAt ?? undefined,
    stopReason: found.stopReason ?? undefined,
    estimated: found.estimated === 1,
    ...(signed !== null && { signed: JSON.parse(signed) as NonNullable<StoredTransaction['signed']> }),
  }
}
