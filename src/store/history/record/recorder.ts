import type { Entry } from '../../../core/history.ts'
import type { StorageState } from '../../../core/storage-health.ts'
import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { Throttle } from '../../../lib/throttle.ts'
import type { PageFiles } from './page-files.ts'
import { type Batch, Waiting } from './waiting.ts'

/** How long entries gather before they are handed on. */
const GATHER_MS = 50
/** More than so many in that time are a rush: whoever carries what is recorded goes first, and they wait for its end. */
const RUSH = 250
/** But no longer than this: somebody may want to read them. */
const RUSH_MS = 5_000
/** A batch that takes longer holds up what comes after it, which is put into files then. */
const SLOW_MS = 1_000
/** What could not be written is tried again this much later. */
const AGAIN_MS = 5_000
/** A gap that goes on is told in pieces of this length. */
const GAP_MS = 10_000
/** A disk that hangs gives no answer at all. */
const SILENT_MS = 15_000

export interface RecorderParts {
  readonly clock: Clock
  readonly log: Log
  /** Where everything waits in a rush or behind a batch that takes long, and at other times what memory has no room for. */
  readonly files: PageFiles
  /** Takes a batch to where it is written; `written` or `failed` is the answer. One is under way at a time. */
  readonly send: (batch: Batch) => void
  /** Told whenever one of them changes. */
  readonly health: (health: StorageState) => void
}

interface Loss {
  readonly from: number
  readonly to: number
  readonly entries: number
}

/** Gathers what happens, in bounded room and in order, for somebody else to write. */
export class Recorder {
  readonly #parts: RecorderParts
  readonly #throttle: Throttle
  readonly #waiting: Waiting
  #cancel: Cancel | undefined
  #cancelSilence: Cancel = () => {}
  #failing = false
  #lost = 0
  /** What has not been said of it yet. */
  #loss: Loss | undefined
  #drained: (() => void) | undefined
  /** What is answered from now on comes too late: the next start finds out what was written. */
  #isStopped = false
  /** Entries that were told since it was last looked whether that is a rush. */
  #told = 0
  #toldSince = 0
  #isRush = false
  /** Since when something waits, by the clock that nobody sets. */
  #since: number | undefined
  /** When the batch under way was, by the same clock. */
  #handedOnAt = 0

  constructor(parts: RecorderParts) {
    this.#parts = parts
    this.#throttle = new Throttle(parts.clock)
    const trouble = (error: unknown) => this.#filesFail(error)
    this.#waiting = new Waiting({ files: parts.files, trouble })
    const left = this.#waiting.entries
    if (left === 0) return
    // It has waited for long enough, whatever comes now.
    this.#since = -Infinity
    parts.log.info({ entries: left }, `histories: ${left} entries were left from before, and are written now`)
    this.#later()
  }

  /** Never throws, and costs little. */
  tell(entry: Entry): void {
    if (!this.#waiting.put(entry)) {
      this.#lose(entry)
      return
    }
    this.#since ??= this.#parts.clock.steady()
    // While nothing is written it is told with the next try: a count that changes with every entry is no news.
    if (this.#failing || this.#isStopped) return
    if (this.#told === 0) this.#toldSince = this.#parts.clock.steady()
    this.#told += 1
    this.#later()
  }

  /** The batch under way is on disk, but for so many of its entries that nobody can read any more. */
  written(number: number, missing = 0): void {
    if (!this.#isUnderWay(number)) return
    this.#waiting.done()
    this.#cancelSilence()
    if (this.#failing) {
      this.#failing = false
      this.#parts.log.info({ waiting: this.#waiting.entries, lost: this.#lost }, 'histories are written again')
      this.#tellHealth()
    }
    this.#sayMissing(missing)
    this.#sayLoss()
    if (this.#waiting.entries === 0) this.#since = undefined
    if (this.#drained !== undefined || (this.#waiting.hasFullPage && !this.#mayWait())) this.#send()
    else if (this.#waiting.entries > 0) {
      this.#cancelLater()
      this.#later()
    }
  }

  /** The batch under way was not taken: it is tried again, before anything newer. */
  failed(number: number, error: string): void {
    if (!this.#isUnderWay(number)) return
    this.#cancelSilence()
    this.#fail(error)
    this.#drained?.()
    this.#cancel?.()
    this.#cancel = this.#parts.clock.after(AGAIN_MS, () => this.#again())
  }

  /** Whoever writes has begun anew, and may have lost the batch under way. */
  restarted(): void {
    if (this.#waiting.underWay !== undefined) this.#again()
  }

  /** Hands everything on, once more what was not taken before; resolves once it is written, or is not taken. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve
      if (this.#waiting.underWay === undefined) this.#send()
      else if (this.#failing) this.#again()
    })
  }

  /** What waits now waits in files for the next start; what the disk doesn't take is lost. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel?.()
    this.#cancelSilence()
    const lost = await this.#waiting.leave()
    if (lost > 0) this.#parts.log.error({ lost }, `histories: ${lost} entries could not be written and are lost`)
    const left = this.#waiting.entries - lost
    if (left > 0) this.#parts.log.info({ left }, `histories: ${left} entries wait for the next start`)
  }

  #isUnderWay(number: number): boolean {
    return !this.#isStopped && this.#waiting.underWay?.number === number
  }

  #fail(error: string): void {
    this.#failing = true
    if (this.#throttle.pass('failed') !== undefined)
      this.#parts.log.error(
        { error, waiting: this.#waiting.entries, lost: this.#lost },
        `histories can't be written: ${error}; what comes is kept, and written once that is possible`,
      )
    this.#tellHealth()
  }

  #filesFail(error: unknown): void {
    if (this.#throttle.pass('files') === undefined) return
    this.#parts.log.warn(
      { error: String(error) },
      `histories: what waits to be written can't be put into files: ${error}; so much as there is room for waits in memory`,
    )
  }

  /** What was to be done later is not. */
  #cancelLater(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #later(ms = GATHER_MS): void {
    this.#cancel ??= this.#parts.clock.after(ms, () => this.#gathered())
  }

  #gathered(): void {
    this.#cancel = undefined
    this.#isRush = this.#told > RUSH * Math.max(1, (this.#parts.clock.steady() - this.#toldSince) / GATHER_MS)
    this.#told = 0
    if (this.#mayWait()) {
      this.#waiting.putOff()
      this.#later()
    } else if (this.#isSlow) {
      this.#waiting.putOff()
      this.#later(SLOW_MS)
    } else this.#send()
  }

  get #isSlow(): boolean {
    return this.#waiting.underWay !== undefined && this.#parts.clock.steady() - this.#handedOnAt >= SLOW_MS
  }

  /** Not for long: half of the room is for what comes when nothing is taken. */
  #mayWait(): boolean {
    const { clock } = this.#parts
    return this.#isRush && !this.#waiting.isHalfFull && clock.steady() - (this.#since ?? -Infinity) < RUSH_MS
  }

  #again(): void {
    this.#cancelLater()
    const batch = this.#waiting.again()
    if (batch !== undefined) this.#handOn(batch)
    this.#waiting.putOff()
  }

  #handOn(batch: Batch): void {
    this.#handedOnAt = this.#parts.clock.steady()
    this.#cancelSilence()
    this.#cancelSilence = this.#parts.clock.after(SILENT_MS, () => this.#silent())
    this.#parts.send(batch)
  }

  #silent(): void {
    if (this.#waiting.underWay === undefined) return
    this.#fail(`no answer for ${SILENT_MS / 1000} s, as of a disk that hangs`)
    this.#cancelSilence = this.#parts.clock.after(SILENT_MS, () => this.#silent())
  }

  #send(): void {
    this.#cancelLater()
    if (this.#waiting.underWay !== undefined) return
    const batch = this.#waiting.next()
    if (batch !== undefined) this.#handOn(batch)
    else this.#drained?.()
  }

  #lose({ at }: Entry): void {
    this.#lost += 1
    this.#loss = { from: this.#loss?.from ?? at, to: at, entries: (this.#loss?.entries ?? 0) + 1 }
    if (this.#throttle.pass('lost') === undefined) return
    this.#parts.log.error({ lost: this.#lost }, 'histories: entries are lost, there is no more room for them')
    this.#tellHealth()
  }

  /** A gap in a log is told where it is; of one that is still growing not every piece. */
  #sayLoss(): void {
    const loss = this.#loss
    if (loss === undefined) return
    if (this.#waiting.entries > 0 && this.#parts.clock.now() - loss.from < GAP_MS) return
    const [from, to] = [loss.from, loss.to].map((at) => new Date(at).toISOString())
    const message = `${loss.entries} entries from ${from} to ${to} were lost: they could not be written, and there was no more room for them`
    if (this.#note(message)) this.#loss = undefined
  }

  #sayMissing(entries: number): void {
    if (entries === 0) return
    this.#lost += entries
    const message = `${entries} entries were lost: the file in which they waited is damaged, or was taken away`
    // One for each file: their number is in the point, and each has its place in the log.
    this.#note(message, this.#throttle.pass('missing') !== undefined)
  }

  /** False: there is no room for it yet. */
  #note(message: string, aloud = true): boolean {
    const { clock, log } = this.#parts
    if (!this.#waiting.put({ kind: 'note', at: clock.now(), type: 'EntriesLost', message })) return false
    if (aloud) log.error({ lost: this.#lost }, `histories: ${message}`)
    this.#tellHealth()
    return true
  }

  #tellHealth(): void {
    const waiting = this.#failing ? this.#waiting.entries : 0
    this.#parts.health({ failing: this.#failing, waiting, lost: this.#lost })
  }
}
