import type { Entry, Message } from '../../../core/history.ts'
import type { ChangedTransaction } from '../../changed-transactions.ts'
import { isTrouble } from '../../disk-trouble.ts'
import { Bookmarks } from '../bookmarks.ts'
import type { HistoryConfig } from '../config.ts'
import type { LocalHistories } from '../open-local.ts'
import { readBatch } from '../record/read-batch.ts'
import type { Batch } from '../record/waiting.ts'
import type { LogTable } from '../tables.ts'
import { describeWrite } from './describe-write.ts'
import { MeterRows } from './meter-rows.ts'
import type { Days } from './roll-up.ts'
import { type RowStatements, rowStatements } from './row-statements.ts'

export type LoggedMessage = Pick<LogTable, 'sender' | 'type' | 'message' | 'frame'>

type BatchNumber = Pick<Batch, 'run' | 'number'>

export interface WriterParts {
  /** The site's local date of a moment, YYYY-MM-DD. */
  readonly days: Days
  /** What the log says of a message; undefined: nothing. */
  readonly describe: (message: Message) => LoggedMessage | undefined
  readonly config: Pick<HistoryConfig, 'log' | 'meters'>
}

/** The name of the bookmark that says how far transactions were taken from the store. */
const TAKEN = 'transactions'
/** And of those that say which batch was the last, and whose. */
const BATCH = 'batch'
const RUN = 'run'
/** And of those that say it of the run before: its last file may be there still when a batch of the next run is written. */
const BATCH_BEFORE = 'batch-before'
const RUN_BEFORE = 'run-before'

/**
 * So many revisions are left out at each start: a power cut may take back rows that were copied elsewhere already, and no
 * other row may have their revisions.
 */
const LEFT_OUT = 1_000_000
/** So many entries and no other are not all at fault. */
const MAX_REFUSED = 10

/**
 * Writes into the bridge's own file of histories. A call is one transaction: either all of it is written, or it throws and
 * nothing is, and the same may be written later. No two writers on one file at the same time: revisions are counted here.
 */
export class HistoryWriter {
  readonly #histories: LocalHistories
  readonly #parts: WriterParts
  readonly #statements: RowStatements
  readonly #bookmarks: Bookmarks
  readonly #inTransaction: (work: () => void) => void
  /** The last that a row was written with. */
  #revision = 0
  /** The last that is left out. */
  readonly #leftOut: number

  constructor(histories: LocalHistories, parts: WriterParts) {
    this.#histories = histories
    this.#parts = parts
    this.#statements = rowStatements(histories)
    this.#bookmarks = new Bookmarks(histories)
    this.#leftOut = this.#bookmarks.get('revision') + LEFT_OUT
    this.#inTransaction = histories.raw.transaction((work: () => void) => work())
  }

  /** A batch that was written already is passed over, unread: whoever sent it didn't hear of that. Numbers of one run grow. */
  writeBatch(batch: Batch): { readonly missing: number; readonly refused: readonly unknown[] } {
    if (this.#isWritten(batch)) return { missing: 0, refused: [] }
    const entries = readBatch(batch)
    return { missing: Math.max(0, batch.entries - entries.length), refused: this.write(entries, batch) }
  }

  /** Answers what is wrong with entries that no disk would take: they are left out, or nothing would be written ever again. */
  write(entries: readonly Entry[], batch?: BatchNumber): readonly unknown[] {
    try {
      this.#transact(() => {
        this.#mark(batch)
        this.#put(entries)
      })
      return []
    } catch (error) {
      if (isTrouble(error)) throw error
    }
    const refused: unknown[] = []
    this.#transact(() => {
      this.#mark(batch)
      for (const entry of entries) {
        try {
          this.#transact(() => this.#put([entry]))
        } catch (error) {
          if (isTrouble(error)) throw error
          refused.push(error)
        }
      }
      // Then it is none of theirs.
      if (refused.length >= MAX_REFUSED && refused.length === entries.length) throw refused[0]
    })
    return refused
  }

  #put(entries: readonly Entry[]): void {
    const meters = this.#meters()
    for (const entry of entries) {
      if (entry.kind === 'metered') meters.add(entry)
      else if (this.#parts.config.log !== false) this.#log(entry)
    }
    meters.write()
  }

  #mark(batch: BatchNumber | undefined): void {
    if (batch === undefined) return
    const run = this.#bookmarks.get(RUN)
    if (batch.run !== run) {
      this.#bookmarks.set(RUN_BEFORE, run)
      this.#bookmarks.set(BATCH_BEFORE, this.#bookmarks.get(BATCH))
    }
    this.#bookmarks.set(RUN, batch.run)
    this.#bookmarks.set(BATCH, batch.number)
  }

  #isWritten({ run, number }: BatchNumber): boolean {
    const upTo = (runs: string, batches: string) =>
      run === this.#bookmarks.get(runs) && number <= this.#bookmarks.get(batches)
    return upTo(RUN, BATCH) || upTo(RUN_BEFORE, BATCH_BEFORE)
  }

  /** The revision up to which the store's transactions have been taken; 0: none has. */
  get taken(): number {
    return this.#bookmarks.get(TAKEN)
  }

  /** Writes transactions as they stand in the store now; `taken` is the revision up to which that is all of them. */
  writeTransactions(transactions: readonly ChangedTransaction[], taken: number): void {
    const { source } = this.#histories
    this.#transact(() => {
      for (const { id, startedAt, toldAt, charger, connector, idTag, ...rest } of transactions) {
        const { meterStartWh, meterStopWh, stoppedAt, stopReason, estimated } = rest
        const start = { id, startedAt, toldAt, charger, connector, idTag, meterStart: meterStartWh ?? null }
        const end = { meterStop: meterStopWh ?? null, stoppedAt: stoppedAt ?? null, stopReason: stopReason ?? null }
        const row = { ...start, ...end, estimated: estimated ? 1 : 0 }
        this.#statements.transaction.run({ source, revision: this.#next(), ...row })
      }
      this.#bookmarks.set(TAKEN, taken)
    })
  }

  #meters(): MeterRows {
    const { config, days } = this.#parts
    return new MeterRows({
      statements: this.#statements,
      source: this.#histories.source,
      days,
      raw: config.meters !== false,
      nextRevision: () => this.#next(),
    })
  }

  #log(entry: Exclude<Entry, { kind: 'metered' }>): void {
    const logged = this.#describe(entry)
    if (logged === undefined) return
    const { sender, type, message, frame } = logged
    const { source } = this.#histories
    const { at } = entry
    const charger = entry.kind === 'note' ? '' : (entry.charger ?? '')
    this.#statements.log.run({ source, revision: this.#next(), at, charger, sender, type, message, frame })
  }

  #describe(entry: Exclude<Entry, { kind: 'metered' }>): LoggedMessage | undefined {
    switch (entry.kind) {
      case 'message':
        return this.#describeMessage(entry)
      case 'write':
        return describeWrite(entry)
      case 'note':
        return { sender: 'bridge', type: entry.type, message: entry.message, frame: '' }
    }
  }

  /** A message that nobody can describe keeps none of the others waiting. */
  #describeMessage(message: Message): LoggedMessage | undefined {
    try {
      return this.#parts.describe(message)
    } catch (error) {
      const { from, text } = message
      return { sender: from, type: 'Unreadable', message: `${text.length} characters: ${error}`, frame: '' }
    }
  }

  #next(): number {
    this.#revision += 1
    return this.#revision
  }

  #transact(work: () => void): void {
    this.#inTransaction(() => {
      // Not remembered: a copier may have moved it on.
      const before = Math.max(this.#leftOut, this.#bookmarks.get('revision'))
      this.#revision = before
      work()
      if (this.#revision !== before) this.#bookmarks.set('revision', this.#revision)
    })
  }
}
