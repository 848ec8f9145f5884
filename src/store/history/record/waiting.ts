import { randomInt } from 'node:crypto'
import type { Entry } from '../../../core/history.ts'
import { Memory } from './memory.ts'
import type { Page } from './page.ts'
import type { PageFile, PageFiles, PageName } from './page-files.ts'

/** Full pages beyond these go to disk, where nobody says that all of them do. */
const IN_MEMORY = 4
/** So much is there at the most. */
const FILE_BYTES = 256 * 2 ** 20

/** Entries that are written together, or not at all. */
export interface Batch extends PageName {
  /** What `readPage` reads, in memory that is used again once the batch is written, or in a file that is removed then. */
  readonly page: Uint8Array | { readonly file: string }
}

/** A page that is full, or was handed on; it is in memory, in a file, or in both. */
interface Piece extends PageName {
  page: Page | undefined
  file: PageFile | undefined
}

export interface WaitingParts {
  readonly files: PageFiles
  /** A file could not be read, written or removed. */
  readonly trouble: (error: unknown) => void
}

/**
 * What was told and isn't written yet, in the order in which it was told: a few pages in memory, and what is behind them
 * in files. What one process leaves in files waits for the next one.
 */
export class Waiting {
  readonly #parts: WaitingParts
  readonly #memory = new Memory()
  readonly #run = randomInt(1, 2 ** 47)
  #nextNumber = 1
  /** The oldest first. */
  readonly #pieces: Piece[] = []
  /** Is filled. */
  #page: Page | undefined
  /** The first of the pieces was handed on. */
  #isUnderWay = false
  /** So many stay in memory. */
  #inMemory = IN_MEMORY
  /** The one that is put into a file. */
  #moving: Piece | undefined
  #moved: Promise<void> = Promise.resolve()
  #bytesInFiles = 0
  /** The disk took no file: not tried again before something is written, or is tried again. */
  #isRefused = false

  constructor(parts: WaitingParts) {
    this.#parts = parts
    try {
      for (const file of parts.files.list()) this.#takeUp(file)
    } catch (error) {
      parts.trouble(error)
    }
  }

  /** With what is under way. */
  get entries(): number {
    return this.#pieces.reduce((count, { entries }) => count + entries, this.#page?.entries ?? 0)
  }

  /** Beside what is under way. */
  get hasFullPage(): boolean {
    return this.#pieces.length > (this.#isUnderWay ? 1 : 0)
  }

  get isHalfFull(): boolean {
    return this.#memory.isHalfTaken || this.#bytesInFiles >= FILE_BYTES / 2
  }

  /** False: there is no room for it. */
  put(entry: Entry): boolean {
    if (this.#page?.add(entry) === true) return true
    const page = this.#memory.take(entry)
    if (page === undefined) return false
    this.#close()
    this.#page = page
    this.#move()
    return page.add(entry)
  }

  /** Nothing is handed on for a while: everything goes into files, so that it outlives this process. */
  putOff(): void {
    this.#inMemory = 0
    // As long as nothing goes there, a page is filled: memory is for more than what comes in a moment.
    if (this.#moving === undefined && !this.#isRefused) this.#close()
    this.#move()
  }

  /** The oldest, under way from now on; undefined: there is none. Not while another one is. */
  next(): Batch | undefined {
    this.#inMemory = IN_MEMORY
    if (this.#pieces.length === 0) this.#close()
    const [first] = this.#pieces
    if (first === undefined) return undefined
    this.#isUnderWay = true
    return batchOf(first)
  }

  get underWay(): Batch | undefined {
    const [first] = this.#pieces
    return first !== undefined && this.#isUnderWay ? batchOf(first) : undefined
  }

  /** What was under way is to be handed on again: a disk that takes nothing is asked again, for files too. */
  again(): Batch | undefined {
    this.#isRefused = false
    this.#move()
    return this.underWay
  }

  /** What was under way needn't be kept any more. */
  done(): void {
    const first = this.#pieces.shift()
    this.#isUnderWay = false
    this.#isRefused = false
    if (first !== undefined) this.#release(first)
    this.#move()
  }

  /** Puts everything into files, for the next start; answers how many entries can't be. */
  async leave(): Promise<number> {
    this.#close()
    this.#isRefused = true
    await this.#moved
    let lost = 0
    for (const piece of this.#pieces) {
      if (piece.page === undefined || piece.file !== undefined) continue
      try {
        await this.#write(piece, piece.page)
      } catch (error) {
        this.#parts.trouble(error)
        lost += piece.entries
      }
    }
    return lost
  }

  #takeUp(file: PageFile): void {
    const { run, number, entries, bytes } = file
    this.#pieces.push({ run, number, entries, file, page: undefined })
    this.#bytesInFiles += bytes
    this.#nextNumber = number + 1
  }

  #close(): void {
    const page = this.#page
    this.#page = undefined
    if (page === undefined) return
    page.close()
    this.#pieces.push({ run: this.#run, number: this.#nextNumber, entries: page.entries, page, file: undefined })
    this.#nextNumber += 1
  }

  /** Nobody needs it any more, unless it is on its way into a file. */
  #release(piece: Piece): void {
    const { page, file } = piece
    if (piece === this.#moving) return
    if (page !== undefined) this.#memory.giveBack(page)
    if (file === undefined) return
    this.#bytesInFiles -= file.bytes
    this.#parts.files.remove(file).catch(this.#parts.trouble)
  }

  /** One at a time goes into a file, as long as there are any to go there. */
  #move(): void {
    if (this.#moving !== undefined || this.#isRefused) return
    const piece = this.#pieces.find(({ file }, index) => file === undefined && index >= this.#inMemory)
    if (piece?.page === undefined) return
    this.#moving = piece
    this.#moved = this.#write(piece, piece.page).then(
      (file) => this.#isMoved(piece, file),
      (error: unknown) => {
        this.#isRefused = true
        this.#parts.trouble(error)
        this.#isMoved(piece, undefined)
      },
    )
  }

  #isMoved(piece: Piece, file: PageFile | undefined): void {
    piece.file = file
    this.#moving = undefined
    if (!this.#pieces.includes(piece)) this.#release(piece)
    else if (file !== undefined && piece.page !== undefined && piece.number !== this.underWay?.number) {
      this.#memory.giveBack(piece.page)
      piece.page = undefined
    }
    this.#move()
  }

  async #write({ run, number, entries }: PageName, { written }: Page): Promise<PageFile> {
    if (this.#bytesInFiles + written.length > FILE_BYTES)
      throw new Error(`${FILE_BYTES / 2 ** 20} MB wait in files already`)
    const file = await this.#parts.files.write({ run, number, entries }, written)
    this.#bytesInFiles += file.bytes
    return file
  }
}

function batchOf({ run, number, entries, page, file }: Piece): Batch {
  return { run, number, entries, page: page?.written ?? { file: file?.path ?? '' } }
}
