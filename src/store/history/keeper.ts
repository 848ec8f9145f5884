import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Note } from '../../core/history.ts'
import type { StorageState } from '../../core/storage-health.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Throttle } from '../../lib/throttle.ts'
import { setAside } from '../aside.ts'
import type { ChangedTransactions } from '../changed-transactions.ts'
import { inodeOf } from '../in-place.ts'
import { Bookmarks } from './bookmarks.ts'
import { CautiousTime } from './cautious-time.ts'
import type { HistoryConfig } from './config.ts'
import { Copier } from './copy/copier.ts'
import { isCorrupt } from './corrupt.ts'
import { ScheduledExport } from './export/scheduled-export.ts'
import { type LocalHistories, openInPlaceOf, openLocalHistories } from './open-local.ts'
import type { Batch } from './record/waiting.ts'
import { Pruning, TIME } from './retain/pruning.ts'
import type { Days } from './write/roll-up.ts'
import { takeTransactions } from './write/take-transactions.ts'
import { HistoryWriter, type WriterParts } from './write/writer.ts'

/** Changes of transactions come in bursts. */
const GATHER_MS = 50
/** What could not be done is tried again this much later. */
const AGAIN_MS = 5_000
const PRUNE_EVERY_MS = 60_000
const HEALTH_EVERY_MS = 2_000
/** Between two steps of it others have their turn. */
const PRUNE_PAUSE_MS = 5

export interface KeeperParts {
  /** The bridge's own file of histories. */
  readonly file: string
  /** URL of a PostgreSQL to which all of it goes; undefined: the file is all. */
  readonly database: string | undefined
  readonly site: string
  /** Where relative paths of the config start. */
  readonly folder: string
  readonly config: HistoryConfig
  readonly clock: Clock
  readonly log: Log
  readonly days: Days
  readonly describe: WriterParts['describe']
  /** A tag as it may be shown. */
  readonly shownTag: (idTag: string) => string
  /** What changed in the store. */
  readonly changed: ChangedTransactions
  readonly health: (health: StorageState) => void
  /** A damaged file was put aside: somebody has to look after that. */
  readonly putAside: () => void
}

/** What is open at a time: another file takes its place where one turns out to be damaged. */
interface Open {
  readonly histories: LocalHistories
  /** Which file it is: another may come to stand under its name. */
  readonly inode: number
  readonly writer: HistoryWriter
  readonly pruning: Pruning
  readonly copier: Copier | undefined
  /** How many rows it had lost before this start. */
  readonly lostBefore: number
  readonly scheduled: ScheduledExport | undefined
}

/** Everything that is done with histories beside telling them: written, taken from the store, pruned, copied, exported. */
export class Keeper {
  readonly #parts: KeeperParts
  readonly #throttle: Throttle
  /** By which rows grow old: one for all files that are open one after another. */
  #time: CautiousTime | undefined
  #open: Open | undefined
  /** One thing at a time touches what is open. */
  #turn: Promise<unknown> = Promise.resolve()
  #cancelTake: Cancel | undefined
  #cancelPrune: Cancel = () => {}
  #cancelHealth: Cancel = () => {}
  #stopped = false
  /** What the new file is to say of the one before it. */
  #damage: Note | undefined

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#throttle = new Throttle(parts.clock)
    this.#pruneLater(PRUNE_EVERY_MS)
    this.#tellHealth()
    this.transactionsChanged(0)
  }

  /** Writes a batch, and answers how many of its entries nobody can read any more; rejects where nothing is taken, having changed nothing. */
  async write(batch: Batch): Promise<number> {
    // Another try, on a timer: the file is to be closed, and not opened again.
    if (this.#stopped) throw new Error('it is stopped')
    const { missing, refused } = await this.#inTurn(({ writer }) => writer.writeBatch(batch))
    const [wrong] = refused
    if (wrong !== undefined && this.#throttle.pass('wrong') !== undefined)
      this.#parts.log.error({ error: String(wrong) }, `histories: an entry can't be written, and is left out: ${wrong}`)
    return missing
  }

  /** There is something to take from the store. */
  transactionsChanged(inMs = GATHER_MS): void {
    if (!this.#stopped) this.#cancelTake ??= this.#parts.clock.after(inMs, () => void this.#take())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelPrune()
    this.#cancelHealth()
    this.#cancelTake?.()
    this.#cancelTake = undefined
    await this.#take()
    await this.#turn
    await this.#close()
  }

  async #take(): Promise<void> {
    this.#cancelTake = undefined
    try {
      const { changed, shownTag } = this.#parts
      await this.#inTurn(({ writer }) => takeTransactions(writer, changed, shownTag))
    } catch (error) {
      this.#complain('transactions', error)
      this.transactionsChanged(AGAIN_MS)
    }
  }

  async #prune(): Promise<void> {
    try {
      const inFile = await this.#inTurn(({ pruning }) => pruning.inFile())
      const inDatabase = await this.#open?.pruning.inDatabase()
      this.#pruneLater(inFile || inDatabase ? PRUNE_PAUSE_MS : PRUNE_EVERY_MS)
    } catch (error) {
      this.#complain('retention', error)
      this.#pruneLater(PRUNE_EVERY_MS)
    }
  }

  #pruneLater(ms: number): void {
    if (!this.#stopped) this.#cancelPrune = this.#parts.clock.after(ms, () => void this.#prune())
  }

  #complain(what: string, error: unknown): void {
    if (this.#throttle.pass(what) !== undefined)
      this.#parts.log.error({ what, error: String(error) }, `histories: ${what}: ${error}; tried again and again`)
  }

  #inTurn<T>(work: (open: Open) => T | Promise<T>): Promise<T> {
    const result = this.#turn.then(() => this.#work(work))
    // Whoever asked hears of what went wrong; the next one's turn comes all the same.
    this.#turn = result.catch(() => {})
    return result
  }

  /** Where the file turns out to be damaged, it is put aside, and all is done once more in a new one. */
  async #work<T>(work: (open: Open) => T | Promise<T>): Promise<T> {
    try {
      return await work(await this.#opened())
    } catch (error) {
      if (!isCorrupt(error)) throw error
      const { clock, file, site } = this.#parts
      await this.#close()
      const aside = setAside(file, clock.now())
      this.#sayDamaged(aside, error)
      this.#open = this.#begin(await openInPlaceOf(aside, file, site, clock.now()))
      return work(this.#open)
    }
  }

  /** By whoever copies, who reads what nobody else does any more. */
  async #foundDamaged(where: LocalHistories, error: unknown): Promise<void> {
    try {
      await this.#inTurn(({ histories }) => {
        if (histories === where && !this.#stopped) throw error
      })
    } catch (failed) {
      this.#complain('a damaged file', failed)
    }
  }

  async #opened(): Promise<Open> {
    // SQLite goes on writing into a file that has no name any more, and nobody would ever read it.
    if (this.#open !== undefined && inodeOf(this.#parts.file) !== this.#open.inode) await this.#leaveTaken(this.#open)
    this.#open ??= await this.#openFile()
    return this.#open
  }

  async #openFile(): Promise<Open> {
    const { clock, file, site } = this.#parts
    const { histories, damaged } = await openLocalHistories(file, site, clock.now())
    if (damaged !== undefined) this.#sayDamaged(damaged.aside, damaged.error)
    return this.#begin(histories)
  }

  #begin(histories: LocalHistories): Open {
    const { clock, config, database: url, days, describe, file, log } = this.#parts
    const inode = inodeOf(file)
    this.#time ??= new CautiousTime(clock, new Bookmarks(histories).get(TIME) || undefined)
    const damagedThere = (error: unknown) => void this.#foundDamaged(histories, error)
    const copier = url === undefined ? undefined : new Copier({ histories, url, clock, log, damaged: damagedThere })
    copier?.start()
    const scheduled = this.#exports(histories, copier)
    scheduled?.start()
    const writer = new HistoryWriter(histories, { days, describe, config })
    if (this.#damage !== undefined) writer.write([this.#damage])
    this.#damage = undefined
    return {
      histories,
      inode,
      writer,
      pruning: new Pruning({ histories, copier, config, days, time: this.#time }),
      copier,
      lostBefore: copier?.state.lost ?? 0,
      scheduled,
    }
  }

  #exports(histories: LocalHistories, copier: Copier | undefined): ScheduledExport | undefined {
    const { clock, config, folder, log } = this.#parts
    const settings = config.export
    if (settings === undefined) return undefined
    const where = () => {
      if (copier === undefined) return histories
      // It was connected when everything was found to be there.
      if (copier.rows === undefined) throw new Error('PostgreSQL is away')
      return copier.rows
    }
    return new ScheduledExport({
      clock,
      log,
      settings,
      folder: resolve(folder, settings.to),
      get db() {
        return where().db
      },
      get source() {
        return where().source
      },
      bookmarks: new Bookmarks(histories),
      hasArrived: (revision) => copier === undefined || (copier.rows !== undefined && copier.hasCopied(revision)),
    })
  }

  async #leaveTaken({ histories }: Open): Promise<void> {
    const { file, log } = this.#parts
    try {
      // Where it was moved, all of it is there then.
      histories.raw.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // It was deleted, maybe to make room.
    }
    await this.#close()
    // What SQLite keeps beside a file is for no other one, though somebody may read it still.
    if (inodeOf(file) === 0) for (const beside of ['-wal', '-shm']) rmSync(`${file}${beside}`, { force: true })
    log.error({ file }, `somebody has taken the histories in ${file} away: what comes is written anew there`)
    this.transactionsChanged(0)
  }

  #sayDamaged(aside: string, error: unknown): void {
    const { clock, file, log } = this.#parts
    const message = `the histories in ${file} are damaged (${error}): they are in ${aside} now, and begin anew`
    log.error({ file, aside, error: String(error) }, message)
    this.#damage = { kind: 'note', at: clock.now(), type: 'HistoriesDamaged', message }
    this.#parts.putAside()
    // The new file has none of them.
    this.transactionsChanged(0)
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.scheduled?.stop()
    await open?.copier?.stop()
    open?.histories.raw.close()
  }

  /** Rows that PostgreSQL doesn't have wait in the file: they are in no danger. How many a damaged file held, nobody knows. */
  #tellHealth(): void {
    const { copier, lostBefore = 0 } = this.#open ?? {}
    const { failingSince, lost = 0 } = copier?.state ?? {}
    const failing = failingSince !== undefined
    this.#parts.health({ failing, waiting: 0, lost: lost - lostBefore })
    if (!this.#stopped) this.#cancelHealth = this.#parts.clock.after(HEALTH_EVERY_MS, () => this.#tellHealth())
  }
}
