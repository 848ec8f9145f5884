import {
  chmodSync,
  chownSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { syncFile, syncFolder } from './sync.ts'

/** Where something waits until it goes to `target`: beside it, so that a rename is all that it takes. */
export function waiting(target: string): string {
  return join(dirname(target), `.restoring-${basename(target)}`)
}

/** New files beside those whose place they will take; until then nothing of it counts. */
export class Staging {
  readonly #folders: string[] = []
  readonly #staged = new Set<string>()

  /** Makes a folder and those above it that are missing; they go again with `abandon`. */
  folder(path: string): void {
    if (existsSync(path)) return
    this.folder(dirname(path))
    mkdirSync(path)
    own(path, statSync(dirname(path)))
    this.#folders.push(path)
  }

  /** Begins a file, for `target` or, with `within`, in a folder that is for it. What an earlier one left there goes. */
  open(target: string, within?: string): Writable {
    const top = waiting(target)
    if (!this.#staged.has(top)) {
      this.#staged.add(top)
      rmSync(top, { recursive: true, force: true })
    }
    if (within !== undefined) mkdirSync(dirname(join(top, within)), { recursive: true })
    const path = within === undefined ? top : join(top, within)
    // Here and now: what comes into being later could not be abandoned.
    return createWriteStream(path, { fd: openSync(path, 'wx', 0o600) })
  }

  /** A whole file at once. */
  put(target: string, content: Uint8Array): void {
    const top = waiting(target)
    this.#staged.add(top)
    rmSync(top, { recursive: true, force: true })
    writeFileSync(top, content, { flag: 'wx', mode: 0o600 })
    this.written(target)
  }

  /** Puts a file that is written onto the disk, to be read by whoever may read what it replaces. */
  written(target: string, within?: string): void {
    const top = waiting(target)
    const old = statSync(target, { throwIfNoEntry: false })
    const like = old ?? statSync(dirname(target))
    if (within === undefined) {
      if (old !== undefined) chmodSync(top, old.mode & 0o7777)
      own(top, like)
      syncFile(top)
      return
    }
    const path = join(top, within)
    chmodSync(path, 0o644)
    for (let each = path; each !== dirname(top); each = dirname(each)) own(each, like)
    syncFile(path)
    syncFolder(dirname(path))
  }

  /** As if nothing had been; `beside` are files that may stand in the folders that were made. */
  abandon(beside: readonly string[]): void {
    for (const each of this.#staged) {
      rmSync(each, { recursive: true, force: true })
      rmSync(`${each}-journal`, { force: true })
    }
    for (const folder of this.#folders.reverse()) {
      for (const file of beside) if (dirname(file) === folder) rmSync(file, { force: true })
      try {
        rmdirSync(folder)
      } catch {
        // Somebody has put something there.
      }
    }
  }
}

/** Only root may give a file away; for everybody else it is their own already. */
function own(path: string, { uid, gid }: Stats): void {
  if (process.getuid?.() === 0) chownSync(path, uid, gid)
}
