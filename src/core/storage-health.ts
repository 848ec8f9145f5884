/** How it stands with one place where things are kept. */
export interface StorageState {
  /** It takes nothing at the moment. */
  readonly failing: boolean
  /** Entries in memory that wait until it takes them. */
  readonly waiting: number
  /** Entries that will never stand there, since the start. */
  readonly lost: number
}

const well: StorageState = { failing: false, waiting: 0, lost: 0 }

/** How it stands with all places where the bridge keeps things. */
export class StorageHealth {
  readonly #parts = new Map<string, StorageState>()
  #changed = (): void => {}

  /** One of the places tells how it stands with it. */
  report(part: string, state: StorageState): void {
    const { failing, waiting, lost } = this.#parts.get(part) ?? well
    if (failing === state.failing && waiting === state.waiting && lost === state.lost) return
    this.#parts.set(part, state)
    this.#changed()
  }

  /** Whoever asks last is told of every change. */
  observe(changed: () => void): void {
    this.#changed = changed
  }

  get failing(): boolean {
    return [...this.#parts.values()].some(({ failing }) => failing)
  }

  get waiting(): number {
    return this.#sum('waiting')
  }

  get lost(): number {
    return this.#sum('lost')
  }

  #sum(count: 'waiting' | 'lost'): number {
    return [...this.#parts.values()].reduce((sum, state) => sum + state[count], 0)
  }
}
