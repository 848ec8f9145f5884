import type { Keeping } from '../../core/keep.ts'
import { NotKept } from '../../core/not-kept.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'

/** A disk that takes longer counts as one that takes nothing: whoever waits for it has asked again. */
const PATIENCE_MS = 10_000
/** So many answers wait at the most. */
const MAX_WAITING = 10_000

export interface SyncerParts {
  readonly clock: Clock
  /** Resolves once everything that was written before is on disk. */
  readonly sync: () => Promise<void>
  /** The same after `sync` has failed: the system may have dropped what it could not write, and says so only once. */
  readonly repair: () => Promise<void>
  /** The disk took nothing, or takes too long. */
  readonly failed: (error: unknown) => void
  /** An answer could not be given, by a mistake of whoever gives it: the others are given. */
  readonly wrong: (error: unknown) => void
}

interface Waiting {
  /** On disk with so much of what was kept. */
  readonly with: number
  readonly then: (failure: NotKept | undefined) => void
}

/** Syncs what was written behind the back of whoever wrote it: one sync for all that came while the one before ran. */
export class Syncer implements Keeping {
  readonly #parts: SyncerParts
  #promised = 0
  #kept = 0
  #isRunning = false
  /** Something was written since the last sync began. */
  #isDue = false
  #failure: NotKept | undefined
  #waiting: Waiting[] = []
  #cancel: Cancel = () => {}
  #isStopped = false

  constructor(parts: SyncerParts) {
    this.#parts = parts
  }

  get promised(): number {
    return this.#promised
  }

  get kept(): number {
    return this.#kept
  }

  /** Why nothing gets to disk at the moment. */
  get failure(): NotKept | undefined {
    return this.#failure
  }

  /** Something was written that somebody may be promised. */
  promise(): void {
    this.#promised += 1
    this.soon()
  }

  /** Something was written. */
  soon(): void {
    this.#isDue = true
    if (this.#isRunning || this.#failure !== undefined) return
    this.#isRunning = true
    // What one message brings is written by and by, and synced together.
    queueMicrotask(() => this.#run(this.#parts.sync))
  }

  whenKept(then: Waiting['then']): void {
    if (this.#kept === this.#promised) then(undefined)
    else if (this.#failure !== undefined) then(this.#failure)
    else if (this.#waiting.length >= MAX_WAITING) then(new NotKept('too many wait for the disk'))
    else this.#waiting.push({ with: this.#promised, then })
  }

  /** Tries once more what failed. */
  again(): void {
    if (this.#failure !== undefined && !this.#isRunning) this.#run(this.#parts.repair)
  }

  /** Everything is on disk, by another way. */
  all(): void {
    this.#isDue = false
    this.#isKept(this.#promised)
  }

  /** Nobody is called back any more, and nothing is synced. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
    this.#waiting = []
  }

  #run(sync: () => Promise<void>): void {
    if (this.#isStopped) return
    const { clock } = this.#parts
    const promised = this.#promised
    this.#isRunning = true
    this.#isDue = false
    this.#cancel()
    this.#cancel = clock.after(PATIENCE_MS, () => this.#fails(`it takes more than ${PATIENCE_MS / 1000} s`))
    sync().then(
      () => this.#ended(() => this.#isKept(promised)),
      (error: unknown) => this.#ended(() => this.#fails(error)),
    )
  }

  #ended(how: () => void): void {
    this.#cancel()
    this.#isRunning = false
    if (this.#isStopped) return
    how()
    if (this.#isDue && this.#failure === undefined && !this.#isRunning) this.#run(this.#parts.sync)
  }

  #isKept(promised: number): void {
    this.#failure = undefined
    this.#kept = Math.max(this.#kept, promised)
    const ready = this.#waiting.filter((each) => each.with <= promised)
    this.#waiting = this.#waiting.filter((each) => each.with > promised)
    this.#callBack(ready, undefined)
  }

  #fails(error: unknown): void {
    const failure = new NotKept(error)
    this.#failure = failure
    const waiting = this.#waiting
    this.#waiting = []
    this.#callBack(waiting, failure)
    this.#parts.failed(error)
  }

  #callBack(all: readonly Waiting[], failure: NotKept | undefined): void {
    for (const { then } of all) {
      try {
        then(failure)
      } catch (error) {
        this.#parts.wrong(error)
      }
    }
  }
}
