import type { Database } from 'better-sqlite3'
import type { Journal, JournalEntry, OpenJournal } from '../core/keep.ts'
import { isTrouble } from './disk-trouble.ts'

/** Entries that one write takes: a building's thousands of logs fall due in the same moment, chargers don't wait for that. */
const PORTION = 500
/** Entries that wait at the most, where the disk takes none: what comes then is lost. */
const MAX_WAITING = 200_000

/** One journal as it is now, what waits included. */
interface Book {
  readonly protocol: string
  readonly name: string
  /** Undefined: it stands nowhere yet. */
  id: number | undefined
  keep: number
  /** Number of the oldest entry that is kept; one more than `last` where none is. */
  first: number
  last: number
  /** From this entry on no moment is earlier than the one before it. */
  orderedFrom: number
  newestAt: number
  /** Not yet on disk: the newest entries. */
  waiting: JournalEntry[]
  /** What is on disk below it has to go. */
  trimmedTo: number
}

type BookRow = Pick<Book, 'protocol' | 'name' | 'first' | 'last' | 'orderedFrom'> & {
  readonly id: number
  readonly newestAt: number | null
}

/** Bounded rows of entries. Where each begins and ends stands in memory, the entries on disk. */
export class Journals {
  readonly #database: Database
  readonly #written: () => void
  readonly #unsynced: (write: () => void) => void
  readonly #synced: (write: () => void) => void
  readonly #sql
  readonly #books = new Map<string, Book>()
  /** Those with something to write, whoever waits longest first. */
  readonly #unwritten = new Set<Book>()
  #waiting = 0
  #lost = 0

  /**
   * `written` is told of everything that waits to be written; `unsynced` is a transaction that a power cut may undo,
   * `synced` one that it may not.
   */
  constructor(
    database: Database,
    written: () => void,
    unsynced: (write: () => void) => void,
    synced: (write: () => void) => void,
  ) {
    this.#database = database
    this.#written = written
    this.#unsynced = unsynced
    this.#synced = synced
    this.#sql = statements(database)
    for (const row of this.#sql.all.all() as BookRow[]) {
      const { newestAt, ...known } = row
      const book = { ...known, keep: Infinity, newestAt: newestAt ?? -Infinity, waiting: [], trimmedTo: row.first }
      this.#books.set(bookName(row.protocol, row.name), book)
    }
  }

  get waiting(): boolean {
    return this.#unwritten.size > 0
  }

  /** How many entries wait to be written. */
  get entries(): number {
    return this.#waiting
  }

  /** How many came while too many waited. */
  get lost(): number {
    return this.#lost
  }

  of(protocol: string): OpenJournal {
    return (name, keep) => {
      const book = this.#book(protocol, name)
      book.keep = Math.max(1, keep)
      if (this.#trim(book)) this.#later(book)
      return this.#journal(book)
    }
  }

  /** Writes a portion of what waits, or everything. */
  write(how: 'portion' | 'all'): void {
    const batch: Book[] = []
    let room = how === 'all' ? Number.POSITIVE_INFINITY : PORTION
    for (const book of this.#unwritten) {
      if (room <= 0) break
      room -= book.waiting.length + 1
      batch.push(book)
    }
    if (batch.length > 0) this.#save(batch, this.#unsynced)
  }

  #journal(book: Book): Journal {
    return {
      get last() {
        return book.last
      },
      get count() {
        return book.last - book.first + 1
      },
      append: (at, data) => {
        // Whatever is told after the store's end is lost, as in a power cut.
        if (!this.#database.open) return
        if (this.#waiting >= MAX_WAITING) {
          this.#lost += 1
          return
        }
        book.last += 1
        if (at < book.newestAt) book.orderedFrom = book.last
        book.newestAt = at
        book.waiting.push({ number: book.last, at, data })
        this.#waiting += 1
        this.#trim(book)
        this.#forgetTrimmed(book)
        this.#later(book)
      },
      read: (first, count) => {
        this.#settle(book)
        const from = Math.max(first, book.first)
        const to = Math.min(first + count - 1, book.last)
        if (from > to) return []
        const written = book.id === undefined ? [] : (this.#sql.read.all(book.id, from, to) as JournalEntry[])
        return [...written, ...book.waiting.filter(({ number }) => number >= from && number <= to)]
      },
      firstAfter: (at) => this.#search(book, 'forward', at),
      lastBefore: (at) => this.#search(book, 'backward', at),
      purge: () => {
        const empty = { ...book, first: book.last + 1, waiting: [] }
        this.#save([empty], this.#synced)
        this.#waiting -= book.waiting.length
        Object.assign(book, empty)
        this.#unwritten.delete(book)
      },
    }
  }

  #book(protocol: string, name: string): Book {
    const key = bookName(protocol, name)
    let book = this.#books.get(key)
    if (book === undefined) {
      const empty = { id: undefined, keep: 1, first: 1, last: 0, orderedFrom: 1, newestAt: -Infinity }
      book = { protocol, name, ...empty, waiting: [], trimmedTo: 1 }
      this.#books.set(key, book)
    }
    return book
  }

  /** The number of the first entry after a moment, or of the last one before it. */
  #search(book: Book, way: 'forward' | 'backward', at: number): number | undefined {
    this.#settle(book)
    const { first, last, orderedFrom } = book
    // A clock that was set back has mixed them up: they are looked at one by one.
    if (orderedFrom > first) return this.#scan(book, way, at)
    // Halving: `low` is the first entry that is beyond the border.
    let low = first
    let high = last + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const moment = this.#at(book, middle)
      if (way === 'forward' ? moment > at : moment >= at) high = middle
      else low = middle + 1
    }
    if (way === 'forward') return low > last ? undefined : low
    return low > first ? low - 1 : undefined
  }

  #scan({ id, first, last, waiting }: Book, way: 'forward' | 'backward', at: number): number | undefined {
    const scan = way === 'forward' ? this.#sql.firstAfter : this.#sql.lastBefore
    const written = id === undefined ? undefined : (scan.get(id, first, last, at) as number | undefined)
    if (way === 'forward') return written ?? waiting.find((entry) => entry.at > at)?.number
    return waiting.findLast((entry) => entry.at < at)?.number ?? written
  }

  /** When an entry came, be it on disk or not. */
  #at({ id, waiting }: Book, number: number): number {
    const [oldest] = waiting
    const entry = oldest === undefined ? undefined : waiting[number - oldest.number]
    return entry?.at ?? (this.#sql.at.get(id, number) as number)
  }

  #trim(book: Book): boolean {
    const first = Math.max(book.first, book.last - book.keep + 1)
    if (first === book.first) return false
    book.first = first
    return true
  }

  /** Entries that made room before they were written. */
  #forgetTrimmed({ first, waiting }: Book): void {
    const [oldest] = waiting
    if (oldest === undefined || oldest.number >= first) return
    waiting.shift()
    this.#waiting -= 1
  }

  #later(book: Book): void {
    this.#unwritten.add(book)
    this.#written()
  }

  /** Brings what waits to where it can be read; while the disk takes nothing it is read where it is. */
  #settle(book: Book): void {
    if (!this.#unwritten.has(book)) return
    try {
      this.#save([book], this.#unsynced)
    } catch (error) {
      if (!isTrouble(error)) throw error
      this.#written()
    }
  }

  #save(books: readonly Book[], transaction: (write: () => void) => void): void {
    let ids: readonly number[] = []
    transaction(() => {
      ids = books.map((book) => this.#write(book))
    })
    // Only now: what could not be written waits on.
    books.forEach((book, index) => {
      this.#waiting -= book.waiting.length
      Object.assign(book, { id: ids[index], trimmedTo: book.first, waiting: [] })
      this.#unwritten.delete(book)
    })
  }

  #write({ id: known, protocol, name, first, last, orderedFrom, trimmedTo, waiting }: Book): number {
    const { create, update, trim, add } = this.#sql
    const id = known ?? Number(create.run(protocol, name, first, last, orderedFrom).lastInsertRowid)
    if (known !== undefined) update.run(first, last, orderedFrom, id)
    if (first > trimmedTo) trim.run(id, first)
    for (const { number, at, data } of waiting) if (number >= first) add.run(id, number, at, data)
    return id
  }
}

function statements(database: Database) {
  return {
    all: database.prepare(
      `SELECT journal.*, at AS newestAt FROM journal
       LEFT JOIN journalEntry ON journalEntry.journal = journal.id AND number = last`,
    ),
    create: database.prepare('INSERT INTO journal (protocol, name, first, last, orderedFrom) VALUES (?, ?, ?, ?, ?)'),
    update: database.prepare('UPDATE journal SET first = ?, last = ?, orderedFrom = ? WHERE id = ?'),
    trim: database.prepare('DELETE FROM journalEntry WHERE journal = ? AND number < ?'),
    add: database.prepare('INSERT OR REPLACE INTO journalEntry (journal, number, at, data) VALUES (?, ?, ?, ?)'),
    read: database.prepare(
      'SELECT number, at, data FROM journalEntry WHERE journal = ? AND number BETWEEN ? AND ? ORDER BY number',
    ),
    at: database.prepare('SELECT at FROM journalEntry WHERE journal = ? AND number = ?').pluck(),
    firstAfter: database
      .prepare(
        'SELECT number FROM journalEntry WHERE journal = ? AND number BETWEEN ? AND ? AND at > ? ORDER BY number LIMIT 1',
      )
      .pluck(),
    lastBefore: database
      .prepare(
        'SELECT number FROM journalEntry WHERE journal = ? AND number BETWEEN ? AND ? AND at < ? ORDER BY number DESC LIMIT 1',
      )
      .pluck(),
  }
}

function bookName(protocol: string, name: string): string {
  return `${protocol}\n${name}`
}
