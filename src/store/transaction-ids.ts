import type { Database } from 'better-sqlite3'

/** 1 to 2^24-1: exact in a float32 register, too. */
const BLOCK = 256
const BLOCKS = 2 ** 24 / BLOCK

/**
 * Hands out transaction ids from blocks that are reserved on disk before their first id is used. Each opening of the
 * store begins a block at a random free place, so that neither a new nor a restored store repeats an id that still
 * waits in some charger's queue.
 */
export class TransactionIds {
  readonly #database: Database
  readonly #random: () => number
  #next = 0
  #end = 0

  constructor(database: Database, random: () => number) {
    this.#database = database
    this.#random = random
  }

  next(): number {
    while (this.#next === this.#end) this.#reserve()
    const id = this.#next
    this.#next += 1
    // Id 0 means "no transaction" to many chargers.
    return id === 0 ? this.next() : id
  }

  #reserve(): void {
    const taken = this.#database.prepare('SELECT 1 FROM transactionBlock WHERE first = ?')
    const start = Math.floor(this.#random() * BLOCKS)
    for (let tried = 0; tried < BLOCKS; tried += 1) {
      const first = ((start + tried) % BLOCKS) * BLOCK
      if (taken.get(first) === undefined) {
        this.#take(first)
        return
      }
    }
    this.#recycle()
  }

  /** After sixteen million sessions: the block that was reserved longest ago serves again, its records make room. */
  #recycle(): void {
    const { first } = this.#database.prepare('SELECT first FROM transactionBlock ORDER BY reserved LIMIT 1').get() as {
      first: number
    }
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM transactionBlock WHERE first = ?').run(first)
      this.#database.prepare('DELETE FROM "transaction" WHERE id >= ? AND id < ?').run(first, first + BLOCK)
    })()
    this.#take(first)
  }

  #take(first: number): void {
    this.#database
      .prepare(
        'INSERT INTO transactionBlock (first, reserved) VALUES (?, (SELECT coalesce(max(reserved), 0) + 1 FROM transactionBlock))',
      )
      .run(first)
    this.#next = first
    this.#end = first + BLOCK
  }
}
