import type { Database } from 'better-sqlite3'
import { isTrouble } from './disk-trouble.ts'

/** 1 to 2^24-1: exact in a float32 register, too. */
const BLOCK = 256
const BLOCKS = 2 ** 24 / BLOCK

/**
 * Hands out transaction ids from blocks that are reserved before their first id is used, and on disk with that; the next one is
 * reserved before it is needed, so that a disk that takes nothing for a while is not asked. Each opening of the store
 * begins a block at a random free place, so that neither a new nor a restored store repeats an id that still waits in
 * some charger's queue.
 */
export class TransactionIds {
  readonly #database: Database
  readonly #random: () => number
  readonly #failed: (error: unknown) => void
  /** First ids of the blocks that are taken, the one that was reserved longest ago first. */
  readonly #taken: Set<number>
  /** Those among them that the disk doesn't know of yet. */
  readonly #owed: { readonly first: number; readonly recycled: boolean }[] = []
  #next = 0
  #end = 0
  /** The block that is used after this one. */
  #spare: number | undefined

  /** `failed` is told where a block could not be reserved: `settle` makes good for it. */
  constructor(database: Database, random: () => number, failed: (error: unknown) => void) {
    this.#database = database
    this.#random = random
    this.#failed = failed
    const taken = database.prepare('SELECT first FROM transactionBlock ORDER BY reserved').pluck().all()
    this.#taken = new Set(taken as number[])
  }

  next(): number {
    if (this.#next === this.#end) {
      this.#next = this.#spare ?? this.#take()
      this.#end = this.#next + BLOCK
      this.#spare = undefined
    }
    const id = this.#next
    this.#next += 1
    this.prepare()
    // Id 0 means "no transaction" to many chargers.
    return id === 0 ? this.next() : id
  }

  /** The disk doesn't know of a block that is in use: that it has to be told before anything else. */
  get owing(): boolean {
    return this.#owed.length > 0
  }

  /** Reserves the next block when half of this one is used. */
  prepare(): void {
    // The disk takes nothing: the next one can wait.
    if (this.owing || this.#spare !== undefined || this.#end - this.#next > BLOCK / 2) return
    this.#spare = this.#take()
  }

  /** Reserves what the disk did not take; throws where it still doesn't. */
  settle(database = this.#database): void {
    if (!this.owing) return
    database.transaction(() => {
      for (const { first, recycled } of this.#owed) write(database, first, recycled)
    })()
    this.#owed.length = 0
  }

  /** A block that is nobody's, by all that is known. */
  #take(): number {
    const free = this.#free()
    const [oldest = 0] = this.#taken
    // After sixteen million sessions: the block that was reserved longest ago serves again, its records make room.
    const first = free ?? oldest
    this.#taken.delete(first)
    this.#taken.add(first)
    const block = { first, recycled: free === undefined }
    try {
      if (this.owing) this.#owed.push(block)
      else this.#database.transaction(() => write(this.#database, first, block.recycled))()
    } catch (error) {
      if (!isTrouble(error)) throw error
      this.#owed.push(block)
      this.#failed(error)
    }
    return first
  }

  #free(): number | undefined {
    const start = Math.floor(this.#random() * BLOCKS)
    for (let tried = 0; tried < BLOCKS; tried += 1) {
      const first = ((start + tried) % BLOCKS) * BLOCK
      if (!this.#taken.has(first)) return first
    }
    return undefined
  }
}

function write(database: Database, first: number, recycled: boolean): void {
  if (recycled) {
    database.prepare('DELETE FROM transactionBlock WHERE first = ?').run(first)
    database.prepare('DELETE FROM "transaction" WHERE id >= ? AND id < ?').run(first, first + BLOCK)
  }
  database
    .prepare(
      'INSERT OR REPLACE INTO transactionBlock (first, reserved) VALUES (?, (SELECT coalesce(max(reserved), 0) + 1 FROM transactionBlock))',
    )
    .run(first)
}
