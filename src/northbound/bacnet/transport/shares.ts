/** Counts what is under way for each peer, so that none of them takes more than its share. */
export class Shares {
  readonly #mostEach: number
  readonly #taken = new Map<string, number>()

  constructor(mostEach: number) {
    this.#mostEach = mostEach
  }

  /** False: this peer has all that it may have. */
  take(peer: string): boolean {
    const own = this.#taken.get(peer) ?? 0
    if (own >= this.#mostEach) return false
    this.#taken.set(peer, own + 1)
    return true
  }

  give(peer: string): void {
    const own = (this.#taken.get(peer) ?? 1) - 1
    if (own === 0) this.#taken.delete(peer)
    else this.#taken.set(peer, own)
  }
}
