/** A bounded map that forgets what was not used for longest. */
export class Recent<K, V> {
  readonly #most: number
  /** The one that was used last stands last. */
  readonly #entries = new Map<K, V>()

  constructor(most: number) {
    this.#most = most
  }

  /** Looking at it is no use of it. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)
  }

  use(key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#most) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }

  entries(): readonly (readonly [K, V])[] {
    return [...this.#entries]
  }
}
