import type { Database } from 'better-sqlite3'
import type { StartKey, StoredTransaction } from '../core/ports.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { DiskHealth } from './disk-health.ts'
import { isTrouble } from './disk-trouble.ts'
import type { TransactionIds } from './transaction-ids.ts'
import { TransactionMemory } from './transaction-memory.ts'
import { ENDED, type OrphanStop, Transactions } from './transactions.ts'
import { UnsavedTransactions } from './unsaved-transactions.ts'

/** Those that one write takes: chargers don't wait for all that a night has gathered. */
const PORTION = 500
/** The last ones that are remembered for a disk that can't be read: more than run at a time. */
const MAX_REMEMBERED = 2_000
const MAX_REMEMBERED_CHARACTERS = 8_000_000

export interface LastingParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly ids: TransactionIds
  readonly health: DiskHealth
  /** The disk took nothing, or could not be read; what waits is to be written later. */
  readonly failed: (error: unknown) => void
  /** What is to be acknowledged was written. */
  readonly kept: () => void
  /** Told of every change that was written. */
  readonly changed: () => void
}

/** Transactions whatever the disk does: what it doesn't take is kept in memory, is read there, and is written in its order once that is possible. */
export class LastingTransactions {
  readonly #parts: LastingParts
  readonly #disk: Transactions
  readonly #unsaved = new UnsavedTransactions()
  /** Whichever was saved or read last stands last. */
  readonly #remembered = new TransactionMemory()
  #lost = 0

  constructor(parts: LastingParts) {
    this.#parts = parts
    this.#disk = new Transactions(parts.database)
  }

  /** How many the disk has not taken. */
  get waiting(): number {
    return this.#unsaved.count
  }

  /** How many no disk would take. */
  get lost(): number {
    return this.#lost
  }

  /** Written, or in memory while the disk takes nothing; throws where that is full as well. */
  save(transaction: StoredTransaction): void {
    const now = this.#parts.clock.now()
    const taken = this.#put(
      () => this.#disk.save(transaction, now),
      () => this.#unsaved.keep(transaction, now),
    )
    this.#remember([transaction])
    if (taken) this.#parts.changed()
  }

  saveOrphanStop(stop: OrphanStop): void {
    this.#put(
      () => this.#disk.saveOrphanStop(stop),
      () => this.#unsaved.keepStop(stop),
    )
  }

  byId(id: number): StoredTransaction | undefined {
    const unsaved = this.#unsaved.transactions.byId(id)
    if (unsaved !== undefined) return plain(unsaved)
    return this.#read(
      () => this.#disk.byId(id),
      () => this.#remembered.byId(id),
    )
  }

  sameStart(start: StartKey): StoredTransaction | undefined {
    const same = this.#merged(
      () => this.#disk.sameStarts(start),
      (memory) => memory.sameStarts(start),
    )
    return same.toSorted((a, b) => openFirst(a, b) || b.startedAt - a.startedAt)[0]
  }

  open(charger: string): readonly StoredTransaction[] {
    return this.#merged(
      () => this.#disk.open(charger),
      (memory) => memory.open(charger),
    ).toSorted(byStart)
  }

  ended(charger: string, reason: string): readonly StoredTransaction[] {
    return this.#merged(
      () => this.#disk.ended(charger, reason),
      (memory) => memory.ended(charger, reason),
    )
      .toSorted(byStart)
      .slice(-ENDED)
  }

  /** Writes a portion of what waits, or everything; throws where that isn't possible, and all of it waits on. */
  write(how: 'portion' | 'all', database = this.#parts.database): void {
    const { ids, health, changed, kept } = this.#parts
    const disk = database === this.#parts.database ? this.#disk : new Transactions(database)
    ids.settle(database)
    do {
      const transactions = this.#unsaved.transactions.first(PORTION)
      const stops = this.#unsaved.stops(PORTION)
      if (transactions.length + stops.length === 0) return
      const written = database.transaction(() => [
        ...transactions.map((each) => this.#unlessWrong(() => disk.save(plain(each), this.#now, each.toldAt))),
        ...stops.map((each) => this.#unlessWrong(() => disk.saveOrphanStop(each))),
      ])()
      // Their answers have left: a start that is repeated waits for the disk all the same.
      kept()
      this.#unsaved.forget(transactions, stops)
      this.#lost += written.filter((done) => !done).length
      health.wrote(written.filter((done) => done).length)
      changed()
    } while (how === 'all')
  }

  get #now(): number {
    return this.#parts.clock.now()
  }

  /** True: it is written. */
  #put(write: () => void, keep: () => boolean): boolean {
    let cause: unknown
    // Whatever waits already comes first.
    if (this.waiting === 0 && !this.#parts.ids.owing) {
      try {
        write()
        this.#parts.kept()
        return true
      } catch (error) {
        if (!isTrouble(error)) throw error
        cause = error
      }
    }
    if (!keep()) {
      const message = `the store takes nothing, and ${this.waiting} transactions wait in memory already`
      throw new Error(message, { cause })
    }
    if (cause === undefined) this.#parts.health.changed()
    else this.#parts.failed(cause)
    return false
  }

  /** False: it breaks a rule of the store, and would keep all others from being written. */
  #unlessWrong(write: () => void): boolean {
    try {
      write()
      return true
    } catch (error) {
      if (isTrouble(error)) throw error
      this.#parts.log.error({ error: String(error) }, `a transaction can't be stored, and is lost: ${error}`)
      return false
    }
  }

  /** What is on disk, with what is newer in memory in its place. */
  #merged(
    disk: () => readonly StoredTransaction[],
    memory: (memory: TransactionMemory) => readonly StoredTransaction[],
  ): readonly StoredTransaction[] {
    const unsaved = this.#unsaved.transactions
    const stored = this.#read(disk, () => memory(this.#remembered))
    if (unsaved.size === 0) return stored
    return [...stored.filter(({ id }) => !unsaved.has(id)), ...memory(unsaved as TransactionMemory).map(plain)]
  }

  /** A disk that can't be read ends no charger's session: the last ones are in memory. */
  #read<T extends StoredTransaction | undefined | readonly StoredTransaction[]>(disk: () => T, otherwise: () => T): T {
    try {
      const found = disk()
      if (found !== undefined) this.#remember(Array.isArray(found) ? found : [found as StoredTransaction])
      return found
    } catch (error) {
      if (!isTrouble(error)) throw error
      this.#parts.failed(error)
      return otherwise()
    }
  }

  #remember(transactions: readonly StoredTransaction[]): void {
    for (const transaction of transactions) {
      this.#remembered.delete(transaction.id)
      this.#remembered.set(transaction)
    }
    const remembered = this.#remembered
    while (remembered.size > MAX_REMEMBERED || remembered.characters > MAX_REMEMBERED_CHARACTERS) {
      const [oldest] = remembered.first(1)
      if (oldest === undefined) return
      remembered.delete(oldest.id)
    }
  }
}

function plain({ toldAt: _toldAt, ...transaction }: StoredTransaction & { readonly toldAt?: number }) {
  return transaction
}

function openFirst(a: StoredTransaction, b: StoredTransaction): number {
  return Number(a.stoppedAt !== undefined) - Number(b.stoppedAt !== undefined)
}

function byStart(a: StoredTransaction, b: StoredTransaction): number {
  return a.startedAt - b.startedAt
}
