import type { NotKept } from './not-kept.ts'

/** What a protocol keeps of its own over restarts: texts under names of its choice. */
export interface Notebook {
  get(name: string): string | undefined
  /** Kept when it returns; undefined forgets. */
  set(name: string, text: string | undefined): void
  /** The same, gathered and written soon: for what may lose its last change in a power cut. */
  setLater(name: string, text: string | undefined): void
}

/** What stands in a journal. What it means is the protocol's own matter. */
export interface JournalEntry {
  /** Counted from 1 in each journal, and never given again. */
  readonly number: number
  /** Milliseconds UTC; they may go back where a clock was set. */
  readonly at: number
  readonly data: Uint8Array
}

/** A bounded row of entries, kept over restarts: the newest ones, without a gap. Reads see what still waits to be written. */
export interface Journal {
  /** Number of the newest entry that there ever was; 0: none was. */
  readonly last: number
  /** How many are kept: `last - count + 1` to `last`. */
  readonly count: number
  /** Gathered and written soon; the oldest entry makes room. */
  append(at: number, data: Uint8Array): void
  /** Entries from number `first` on, at the most `count`; none where they are not kept. */
  read(first: number, count: number): readonly JournalEntry[]
  /** Number of the first entry that is newer than a moment. */
  firstAfter(at: number): number | undefined
  /** Number of the last entry that is older than a moment. */
  lastBefore(at: number): number | undefined
  /** Forgets all entries, but not their numbers; kept when it returns. */
  purge(): void
}

/** Opens the journal of that name, which keeps `keep` entries from now on. */
export type OpenJournal = (name: string, keep: number) => Journal

/**
 * When what was kept is on disk. A disk may take seconds for that, and only the answers that promise it wait: what it
 * is about counts at once.
 */
export interface Keeping {
  /** How much was kept so far; it grows with each write that somebody may be promised. */
  readonly promised: number
  /** How much of that is on disk. */
  readonly kept: number
  /** Calls back once, when all that was kept until now is on disk, or at once: NotKept where the disk doesn't take it. */
  whenKept(then: (failure: NotKept | undefined) => void): void
}

/** Where everything is on disk, or nothing ever is, as soon as it is kept. */
export const keptAtOnce: Keeping = { promised: 0, kept: 0, whenKept: (then) => then(undefined) }
