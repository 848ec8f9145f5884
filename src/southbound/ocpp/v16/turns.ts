import type { Ask } from './ask.ts'

/** What is told of one connector's limit, from its first call to its last. */
export interface Turn {
  /** Something newer waits: nothing more is sent. */
  readonly over: boolean
  /** Makes a call, unless the turn is over; one that still waits to be sent is thrown away when it is. */
  readonly ask: Ask
}

type Task = (turn: Turn, done: () => void) => void

interface Line {
  readonly running: OwnTurn
  next: Task | undefined
}

/**
 * One limit a connector at a time: two that are told at once would overtake one another, and the older could stand in the
 * end. A newer one doesn't wait for the rest of an older: that ends with the call whose answer is awaited.
 */
export class Turns {
  readonly #ask: Ask
  /** By connector. */
  readonly #lines = new Map<number, Line>()

  constructor(ask: Ask) {
    this.#ask = ask
  }

  /** Runs `task` next, in place of what runs or waits for this connector; `done` has to be called when it has ended. */
  take(connector: number, task: Task): void {
    const line = this.#lines.get(connector)
    if (line === undefined) {
      this.#begin(connector, task)
      return
    }
    const { next } = line
    line.next = task
    next?.(this.#neverBegun(), () => {})
    line.running.end()
  }

  #begin(connector: number, task: Task): void {
    const line: Line = { running: new OwnTurn(this.#ask), next: undefined }
    this.#lines.set(connector, line)
    task(line.running, () => {
      this.#lines.delete(connector)
      if (line.next !== undefined) this.#begin(connector, line.next)
    })
  }

  #neverBegun(): Turn {
    const turn = new OwnTurn(this.#ask)
    turn.end()
    return turn
  }
}

class OwnTurn implements Turn {
  over = false
  readonly #make: Ask
  #asked = 0
  #withdraw: () => void = () => {}

  constructor(make: Ask) {
    this.#make = make
  }

  readonly ask: Ask = (action, payload, options, done) => {
    if (this.over) {
      done('no-answer', undefined, { kind: 'none', dropped: true })
      return () => {}
    }
    this.#asked += 1
    const asked = this.#asked
    const withdraw = this.#make(action, payload, options, done)
    // A call that failed at once has been followed by another already.
    if (asked === this.#asked) this.#withdraw = withdraw
    return withdraw
  }

  end(): void {
    this.over = true
    this.#withdraw()
  }
}
