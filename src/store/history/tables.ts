import type { ColumnType } from 'kysely'

/**
 * What histories look like in a database, be it SQLite or PostgreSQL; there the names are in snake_case. Times are
 * milliseconds since 1970 (UTC), power in W, energy in Wh.
 */
export interface Tables {
  /** The bridges that write here. */
  source: SourceTable
  log: LogTable
  transaction: TransactionTable
  transactionSample: TransactionSampleTable
  meter: MeterTable
  quarterHour: QuarterHourTable
  day: DayTable
}

/** `revision` counts, per source, what was written: whoever copies rows knows by it what is new. */
interface Copied {
  readonly source: number
  readonly revision: number
}

interface SourceTable {
  readonly id: ColumnType<number, never, never>
  /** A text that no other bridge has. */
  readonly key: string
  readonly site: string
}

/** The general log: every message of a charger, every write of a building. `revision` is a row's number, too. */
export interface LogTable extends Copied {
  readonly at: number
  /** The charge point identifier; empty: the bridge itself. */
  readonly charger: string
  /** `charger`, `bridge`, or the client of a write. */
  readonly sender: string
  /** `BootNotificationRequest`, `HeartbeatConfirmation`, `BACnetWrite` and so on. */
  readonly type: string
  /** One line for people. */
  readonly message: string
  /** What it was made of, without secrets. */
  readonly frame: string
}

/** The transaction log: a row from the start on. Key: source, id and startedAt. */
export interface TransactionTable extends Copied {
  readonly id: number
  readonly startedAt: number
  /** When the bridge heard of its start. */
  readonly toldAt: number
  readonly charger: string
  readonly connector: number
  /** As it may be shown. */
  readonly idTag: string
  readonly meterStart: number | null
  readonly meterStop: number | null
  readonly stoppedAt: number | null
  readonly stopReason: string | null
  /** 1: `meterStop` was not told. */
  readonly estimated: number
}

/** The session's energy as it grew. Key: source, transaction and at. */
interface TransactionSampleTable extends Copied {
  readonly transaction: number
  readonly at: number
  readonly energy: number
}

interface OfConnector extends Copied {
  readonly charger: string
  readonly connector: number
}

/** Power and the total of energy as received. Key: source, charger, connector and at. */
export interface MeterTable extends OfConnector {
  readonly at: number
  readonly power: number | null
  readonly energy: number | null
}

interface RolledUp extends OfConnector {
  /** What flowed within it. */
  readonly energy: number
  readonly powerMin: number | null
  readonly powerMax: number | null
  /** With `samples` the mean. */
  readonly powerSum: number
  readonly samples: number
}

/** Key: source, charger, connector and start. */
export interface QuarterHourTable extends RolledUp {
  readonly start: number
}

/** Days of the site's own time. Key: source, charger, connector and date. */
export interface DayTable extends RolledUp {
  /** YYYY-MM-DD. */
  readonly date: string
}
