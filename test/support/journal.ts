import type { Journal, JournalEntry, OpenJournal } from '../../src/core/keep.ts'

/** What journals in memory hold: give it to other ones to go on where these stopped. */
export type Shelf = Map<string, { entries: JournalEntry[]; last: number; keep: number }>

/** Journals in memory. */
export function journals(shelf: Shelf = new Map()): OpenJournal & { readonly shelf: Shelf } {
  const open = (name: string, keep: number): Journal => {
    const book = shelf.get(name) ?? { entries: [], last: 0, keep }
    shelf.set(name, book)
    const trim = () => void book.entries.splice(0, book.entries.length - book.keep)
    book.keep = keep
    trim()
    return {
      get last() {
        return book.last
      },
      get count() {
        return book.entries.length
      },
      append(at, data) {
        book.last += 1
        book.entries.push({ number: book.last, at, data: data.slice() })
        trim()
      },
      read: (first, count) => book.entries.filter(({ number }) => number >= first && number < first + count),
      firstAfter: (at) => book.entries.find((entry) => entry.at > at)?.number,
      lastBefore: (at) => book.entries.findLast((entry) => entry.at < at)?.number,
      purge: () => void book.entries.splice(0),
    }
  }
  return Object.assign(open, { shelf })
}
