import type { Database } from 'better-sqlite3'
import type { Notebook } from '../core/keep.ts'

/** What protocols keep of their own. All of it stands in memory as well: it is read on the way of every request. */
export class Notes {
  readonly #database: Database
  readonly #waits: () => void
  readonly #books = new Map<string, Map<string, string>>()
  /** Not yet on disk, by protocol and name; undefined: to be forgotten. */
  readonly #later = new Map<string, Map<string, string | undefined>>()
  readonly #save
  readonly #forget

  /** `waits` is told of everything that waits to be written. */
  constructor(database: Database, waits: () => void) {
    this.#database = database
    this.#waits = waits
    this.#save = database.prepare('INSERT OR REPLACE INTO note (protocol, name, text) VALUES (?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM note WHERE protocol = ? AND name = ?')
    const rows = database.prepare('SELECT protocol, name, text FROM note').all()
    for (const { protocol, name, text } of rows as { protocol: string; name: string; text: string }[])
      bookOf(this.#books, protocol).set(name, text)
  }

  get waiting(): boolean {
    return this.#later.size > 0
  }

  of(protocol: string): Notebook {
    const book = bookOf(this.#books, protocol)
    const take = (name: string, text: string | undefined): void => {
      if (text === undefined) book.delete(name)
      else book.set(name, text)
    }
    return {
      get: (name) => book.get(name),
      set: (name, text) => {
        const later = this.#later.get(protocol)
        if (book.get(name) === text && !later?.has(name)) return
        // First written: what throws here has changed nothing.
        this.#put(protocol, name, text)
        later?.delete(name)
        take(name, text)
      },
      setLater: (name, text) => {
        // Whatever is told after the store's end is lost, as in a power cut.
        if (!this.#database.open || book.get(name) === text) return
        take(name, text)
        bookOf<string | undefined>(this.#later, protocol).set(name, text)
        this.#waits()
      },
    }
  }

  /** Writes what waits, within the caller's transaction. */
  write(): void {
    for (const [protocol, book] of this.#later) for (const [name, text] of book) this.#put(protocol, name, text)
  }

  /** That transaction is on disk. */
  written(): void {
    this.#later.clear()
  }

  #put(protocol: string, name: string, text: string | undefined): void {
    if (text === undefined) this.#forget.run(protocol, name)
    else this.#save.run(protocol, name, text)
  }
}

function bookOf<T>(books: Map<string, Map<string, T>>, protocol: string): Map<string, T> {
  let book = books.get(protocol)
  if (book === undefined) {
    book = new Map()
    books.set(protocol, book)
  }
  return book
}
