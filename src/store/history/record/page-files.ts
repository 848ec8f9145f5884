import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a page is known by. */
export interface PageName {
  /** Tells those of one recorder from those of any other, whatever the clock said when it began. */
  readonly run: number
  /** Grows from page to page: one that comes twice is known by it. */
  readonly number: number
  readonly entries: number
}

export interface PageFile extends PageName {
  readonly path: string
  readonly bytes: number
}

/** Messages as they came are in them, passwords too: for nobody else to read. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** With the version of what is in them: nobody reads those of another one. */
const END = '.page1'
/** Is still written. */
const PART = '.part'
/** Beyond 15 digits there are numbers that one can't be added to: all pages that follow would have the same. */
const NAME = /^(\d{1,15})-(\d{1,15})-(\d{1,15})$/

/** Pages on disk, a file each: they outlive the process, though not for certain a power cut. */
export class PageFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What was left there, in the order in which it was told, without what an earlier process did not write to its end. */
  list(): readonly PageFile[] {
    if (!existsSync(this.#folder)) return []
    const names = readdirSync(this.#folder, { withFileTypes: true }).filter((each) => each.isFile())
    for (const { name } of names) if (name.endsWith(PART)) rmSync(join(this.#folder, name))
    return names.flatMap(({ name }) => this.#named(name) ?? []).sort((a, b) => a.number - b.number)
  }

  /** Rejects, and leaves nothing behind, where the disk doesn't take it. */
  async write(page: PageName, written: Uint8Array): Promise<PageFile> {
    const path = this.#pathOf(page)
    const part = `${path}${PART}`
    try {
      await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE })
      await writeFile(part, written, { mode: FILE_MODE })
      await rename(part, path)
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      throw error
    }
    return { ...page, path, bytes: written.length }
  }

  remove({ path }: PageFile): Promise<void> {
    return rm(path, { force: true })
  }

  #pathOf({ run, number, entries }: PageName): string {
    return join(this.#folder, `${number}-${run}-${entries}${END}`)
  }

  /** Undefined: it is none of them. */
  #named(name: string): PageFile | undefined {
    if (!name.endsWith(END)) return undefined
    const [number, run, entries] = name.slice(0, -END.length).match(NAME)?.slice(1).map(Number) ?? []
    if (number === undefined || run === undefined || entries === undefined) return undefined
    const path = join(this.#folder, name)
    return { run, number, entries, path, bytes: statSync(path).size }
  }
}
