/** Those who have more to do than fits one turn, one after the other: between two of them, whoever asks little is answered. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #due = false

  /** Runs `turn` when all that wait already have had theirs. */
  await(turn: () => void): void {
    this.#waiting.push(turn)
    this.#next()
  }

  #next(): void {
    if (this.#due || this.#waiting.length === 0) return
    this.#due = true
    setImmediate(() => {
      this.#due = false
      this.#waiting.shift()?.()
      this.#next()
    })
  }
}
