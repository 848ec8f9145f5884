import type { ZodType } from 'zod'
import type { Notebook } from '../../../core/keep.ts'
import type { Log } from '../../../lib/log.ts'

/** What objects keep over restarts: JSON in the protocol's notebook. A page that can't be read counts as never written. */
export class Pages {
  readonly #notebook: Notebook
  readonly #log: Log

  constructor(notebook: Notebook, log: Log) {
    this.#notebook = notebook
    this.#log = log
  }

  read<T>(name: string, shape: ZodType<T>): T | undefined {
    const text = this.#notebook.get(name)
    if (text === undefined) return undefined
    const read = shape.safeParse(parsed(text))
    if (read.success) return read.data
    const shown = name.replaceAll('\n', ' ')
    this.#log.warn(
      { page: shown, text: text.slice(0, 200) },
      `bacnet: what was kept of ${shown} can't be read: it is begun anew`,
    )
    return undefined
  }

  /** Kept when it returns; where that can't be, it throws and nothing has changed. */
  keep(name: string, value: unknown): void {
    this.#notebook.set(name, JSON.stringify(value))
  }

  /** Gathered and written soon. */
  keepLater(name: string, value: unknown): void {
    this.#notebook.setLater(name, JSON.stringify(value))
  }
}

/** What the JSON means; undefined: it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
