import type { Entry, History, Message, Metered, Write } from '../../src/core/history.ts'

/** A history that keeps what it is told. */
export class RecordingHistory implements History {
  readonly #entries: Entry[] = []

  tell(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** Takes out the entries of a kind that were told since the last time. */
  messages(): Message[] {
    return this.#take((entry) => entry.kind === 'message')
  }

  writes(): Write[] {
    return this.#take((entry) => entry.kind === 'write')
  }

  metered(): Metered[] {
    return this.#take((entry) => entry.kind === 'metered')
  }

  #take<T extends Entry>(is: (entry: Entry) => entry is T): T[] {
    const taken = this.#entries.filter(is)
    this.#entries.splice(0, this.#entries.length, ...this.#entries.filter((entry) => !is(entry)))
    return taken
  }
}
