import type { Database } from 'better-sqlite3'
import type { StartKey, StoredTransaction } from '../core/ports.ts'
import { columns, fromRow, type TransactionRow, toRow } from './transaction-row.ts'

/** The newest that are answered of those that ended for one reason. */
export const ENDED = 20
/** Announced in the same words: more than one only where a clock stands still. */
const SAME = 20
/** Stops that fit no transaction, of all chargers: one that sends such for ever fills no disk. */
const ORPHANS = 10_000

/** A stop that fits no transaction. */
export interface OrphanStop {
  readonly charger: string
  readonly at: number
  readonly text: string
}

/** Transactions, and stops that fit none, as they stand on disk. */
export class Transactions {
  readonly #sql
  readonly #saveOrphanStop

  constructor(database: Database) {
    const sql = statements(database)
    this.#sql = sql
    this.#saveOrphanStop = database.transaction((stop: OrphanStop) => {
      if (sql.saveOrphanStop.run(stop).changes > 0) sql.forgetOrphanStops.run()
    })
  }

  /** `now`: milliseconds UTC. Where it is new, that is when the bridge heard of it. */
  save(transaction: StoredTransaction, now: number, toldAt = now): void {
    this.#sql.save.run({ ...toRow(transaction), now, toldAt })
  }

  byId(id: number): StoredTransaction | undefined {
    return one(this.#sql.byId.get(id))
  }

  sameStarts({ charger, connector, idTag, meterStartWh, timestampText }: StartKey): readonly StoredTransaction[] {
    return all(this.#sql.sameStarts.all(charger, connector, idTag, timestampText, meterStartWh ?? null))
  }

  open(charger: string): readonly StoredTransaction[] {
    return all(this.#sql.open.all(charger))
  }

  ended(charger: string, reason: string): readonly StoredTransaction[] {
    return all(this.#sql.ended.all(charger, reason)).toReversed()
  }

  /** Each once; the newest stay. */
  saveOrphanStop({ charger, at, text }: OrphanStop): void {
    this.#saveOrphanStop({ charger, at, text })
  }
}

function statements(database: Database) {
  return {
    // Above all earlier ones also where the newest has gone, or where the store is one of an earlier day.
    save: database.prepare(
      `INSERT INTO "transaction" (${columns}, revision, toldAt)
       VALUES (@id, @charger, @connector, @idTag, @meterStartWh, @startedAt, @timestampText, @meterStopWh, @stoppedAt,
         @stopReason, @estimated, @signed, max(@now, (SELECT coalesce(max(revision), 0) + 1 FROM "transaction")), @toldAt)
       ON CONFLICT (id) DO UPDATE SET (${columns}, revision) = (excluded.id, excluded.charger, excluded.connector,
         excluded.idTag, excluded.meterStartWh, excluded.startedAt, excluded.timestampText, excluded.meterStopWh,
         excluded.stoppedAt, excluded.stopReason, excluded.estimated, excluded.signed, excluded.revision)`,
    ),
    byId: database.prepare(`SELECT ${columns} FROM "transaction" WHERE id = ?`),
    sameStarts: database.prepare(
      `SELECT ${columns} FROM "transaction" WHERE charger = ? AND connector = ? AND idTag = ? COLLATE NOCASE
       AND timestampText = ? AND meterStartWh IS ? ORDER BY stoppedAt IS NULL DESC, startedAt DESC LIMIT ${SAME}`,
    ),
    open: database.prepare(
      `SELECT ${columns} FROM "transaction" WHERE charger = ? AND stoppedAt IS NULL ORDER BY startedAt`,
    ),
    ended: database.prepare(
      `SELECT ${columns} FROM "transaction" WHERE charger = ? AND stopReason = ? ORDER BY startedAt DESC LIMIT ${ENDED}`,
    ),
    saveOrphanStop: database.prepare(
      `INSERT INTO orphanStop (charger, at, text) SELECT @charger, @at, @text
       WHERE NOT EXISTS (SELECT 1 FROM orphanStop WHERE charger = @charger AND text = @text)`,
    ),
    // Only the oldest ever go: row ids tell how many there are, and which came first.
    forgetOrphanStops: database.prepare(
      `DELETE FROM orphanStop WHERE rowid <= (SELECT max(rowid) FROM orphanStop) - ${ORPHANS}`,
    ),
  }
}

function one(row: unknown): StoredTransaction | undefined {
  return row === undefined ? undefined : fromRow(row as TransactionRow)
}

function all(rows: readonly unknown[]): readonly StoredTransaction[] {
  return rows.map((row) => fromRow(row as TransactionRow))
}
