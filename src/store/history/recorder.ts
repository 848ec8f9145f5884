import { randomInt } from 'node:crypto'
import type { Entry } from '../../core/history.ts'
import type { StorageState } from '../../core/storage-health.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Throttle } from '../../lib/throttle.ts'

/** How long entries gather before they are handed on. */
const GATHER_MS = 50
/** More than so many in that time are a rush: whoever carries what is recorded goes first, and they wait for its end. */
const RUSH = 250
/** So many are written together. */
const PORTION = 1_000
/** And no batch has many more: handing it on takes time here, too. */
const PORTION_CHARACTERS = 1_000_000
/** What could not be written is tried again this much later. */
const AGAIN_MS = 5_000
/** A gap that goes on is told in pieces of this length. */
const GAP_MS = 10_000
/** A disk that hangs gives no answer at all. */
const SILENT_MS = 15_000
/** What waits at the most, where nothing is taken: what comes then is lost. */
const MAX_ENTRIES = 200_000
const MAX_CHARACTERS = 48_000_000
/** An entry without its text. */
const BARE_CHARACTERS = 150

/** Entries that are written together, or not at all. */
export interface Batch {
  /** Tells those of one recorder from those of any other, whatever the clock said when it began. */
  readonly run: number
  /** Grows from batch to batch: one that comes twice is known by it. */
  readonly number: number
  readonly entries: readonly Entry[]
}

export interface RecorderParts {
  readonly clock: Clock
  readonly log: Log
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

/** Gathers what happens, in bounded memory and in order, for somebody else to write. */
export class Recorder {
  readonly #parts: RecorderParts
  readonly #throttle: Throttle
  #waiting: Entry[] = []
  #characters = 0
  #underWay: Batch | undefined
  readonly #run = randomInt(1, 2 ** 47)
  #nextNumber = 1
  #cancel: Cancel | undefined
  #cancelSilence: Cancel = () => {}
  #failing = false
  #lost = 0
  /** What has not been said of it yet. */
  #loss: Loss | undefined
  #drained: (() => void) | undefined
  /** Entries that were told since it was last looked whether that is a rush. */
  #told = 0
  #isRush = false

  constructor(parts: RecorderParts) {
    this.#parts = parts
    this.#throttle = new Throttle(parts.clock)
  }

  /** Never throws, and costs little. */
  tell(entry: Entry): void {
    if (this.#waiting.length >= MAX_ENTRIES || this.#characters >= MAX_CHARACTERS) {
      this.#lose(entry)
      return
    }
    this.#waiting.push(entry)
    this.#characters += charactersOf(entry)
    if (this.#failing) {
      // Told with the next try: a count that changes with every entry is no news.
      return
    }
    this.#told += 1
    this.#later()
  }

  /** The batch under way is on disk. */
  written(number: number): void {
    if (this.#underWay?.number !== number) return
    for (const entry of this.#underWay.entries) this.#characters -= charactersOf(entry)
    this.#underWay = undefined
    this.#cancelSilence()
    if (this.#failing) {
      this.#failing = false
      this.#parts.log.info({ waiting: this.#waiting.length, lost: this.#lost }, 'histories are written again')
      this.#tellHealth()
    }
    this.#sayLoss()
    const isMuch = this.#waiting.length >= PORTION || this.#characters >= PORTION_CHARACTERS
    if (this.#drained !== undefined || (isMuch && !this.#mayWait())) this.#send()
    else if (this.#waiting.length > 0) this.#later()
  }

  /** The batch under way was not taken: it is tried again, before anything newer. */
  failed(number: number, error: string): void {
    const batch = this.#underWay
    if (batch?.number !== number) return
    this.#cancelSilence()
    this.#fail(error)
    this.#drained?.()
    this.#cancel?.()
    this.#cancel = this.#parts.clock.after(AGAIN_MS, () => this.#again())
  }

  /** Whoever writes has begun anew, and may have lost the batch under way. */
  restarted(): void {
    if (this.#underWay !== undefined) this.#again()
  }

  /** Hands everything on, once more what was not taken before; resolves once it is written, or is not taken. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve
      if (this.#underWay === undefined) this.#send()
      else if (this.#failing) this.#again()
    })
  }

  /** What waits now is never written. */
  stop(): void {
    this.#cancel?.()
    this.#cancelSilence()
    const lost = this.#waitingCount
    if (lost > 0) this.#parts.log.error({ lost }, `histories: ${lost} entries could not be written and are lost`)
  }

  /** Entries that were told and are not on disk. */
  get #waitingCount(): number {
    return this.#waiting.length + (this.#underWay?.entries.length ?? 0)
  }

  #fail(error: string): void {
    this.#failing = true
    if (this.#throttle.pass('failed') !== undefined)
      this.#parts.log.error(
        { error, waiting: this.#waitingCount, lost: this.#lost },
        `histories can't be written: ${error}; what comes is kept in memory, and written once that is possible`,
      )
    this.#tellHealth()
  }

  #later(): void {
    this.#cancel ??= this.#parts.clock.after(GATHER_MS, () => this.#gathered())
  }

  #gathered(): void {
    this.#cancel = undefined
    this.#isRush = this.#told > RUSH
    this.#told = 0
    if (this.#mayWait()) this.#later()
    else this.#send()
  }

  /** Not for long: half of the room is for what comes when nothing is taken. */
  #mayWait(): boolean {
    return this.#isRush && this.#waiting.length < MAX_ENTRIES / 2 && this.#characters < MAX_CHARACTERS / 2
  }

  #again(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#underWay !== undefined) this.#handOn(this.#underWay)
  }

  #handOn(batch: Batch): void {
    this.#cancelSilence()
    this.#cancelSilence = this.#parts.clock.after(SILENT_MS, () => this.#silent())
    this.#parts.send(batch)
  }

  #silent(): void {
    if (this.#underWay === undefined) return
    this.#fail(`no answer for ${SILENT_MS / 1000} s, as of a disk that hangs`)
    this.#cancelSilence = this.#parts.clock.after(SILENT_MS, () => this.#silent())
  }

  #send(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#underWay !== undefined) return
    if (this.#waiting.length === 0) {
      this.#drained?.()
      return
    }
    const count = this.#portion()
    const entries = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    this.#underWay = { run: this.#run, number: this.#nextNumber, entries }
    this.#nextNumber += 1
    this.#handOn(this.#underWay)
  }

  /** How many of those that wait go together: one at least, however long it is. */
  #portion(): number {
    const most = this.#waiting.length <= PORTION * 2 ? this.#waiting.length : PORTION
    let characters = 0
    for (let count = 0; count < most; count += 1) {
      if (characters >= PORTION_CHARACTERS) return count
      const entry = this.#waiting[count]
      if (entry !== undefined) characters += charactersOf(entry)
    }
    return most
  }

  #lose({ at }: Entry): void {
    this.#lost += 1
    this.#loss = { from: this.#loss?.from ?? at, to: at, entries: (this.#loss?.entries ?? 0) + 1 }
    if (this.#throttle.pass('lost') === undefined) return
    this.#parts.log.error({ lost: this.#lost }, 'histories: entries are lost, no more of them fit in memory')
    this.#tellHealth()
  }

  /** A gap in a log is told where it is; of one that is still growing not every piece. */
  #sayLoss(): void {
    const loss = this.#loss
    if (loss === undefined) return
    if (this.#waiting.length > 0 && this.#parts.clock.now() - loss.from < GAP_MS) return
    this.#loss = undefined
    const [from, to] = [loss.from, loss.to].map((at) => new Date(at).toISOString())
    const message = `${loss.entries} entries from ${from} to ${to} were lost: they could not be written, and no more fitted in memory`
    this.#parts.log.error({ ...loss }, `histories: ${message}`)
    const note: Entry = { kind: 'note', at: this.#parts.clock.now(), type: 'EntriesLost', message }
    this.#waiting.push(note)
    this.#characters += charactersOf(note)
    this.#tellHealth()
  }

  #tellHealth(): void {
    this.#parts.health({ failing: this.#failing, waiting: this.#failing ? this.#waitingCount : 0, lost: this.#lost })
  }
}

function charactersOf(entry: Entry): number {
  switch (entry.kind) {
    case 'message':
      return BARE_CHARACTERS + entry.action.length + entry.text.length
    case 'write':
      return BARE_CHARACTERS + entry.value.length + (entry.frame?.length ?? 0)
    case 'note':
      return BARE_CHARACTERS + entry.message.length
    case 'metered':
      return BARE_CHARACTERS
  }
}
