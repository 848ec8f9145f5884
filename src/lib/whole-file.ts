import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

interface WholeFileOptions {
  readonly signal?: AbortSignal
  /** Who may read and write it; absent: as the process has it for all of its files. */
  readonly mode?: number
}

/** Writes a stream into a file that appears under its name when it is whole, folders included; an error leaves nothing. */
export async function writeWhole(
  file: string,
  bytes: Readable,
  { signal, mode = 0o666 }: WholeFileOptions = {},
): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`)
  try {
    await mkdir(dirname(file), { recursive: true })
    // One that is there was left, or is a link that somebody wants to be followed.
    await rm(draft, { force: true })
    await pipeline(bytes, createWriteStream(draft, { flags: 'wx', flush: true, mode }), {
      ...(signal !== undefined && { signal }),
    })
    await rename(draft, file)
  } catch (error) {
    bytes.destroy()
    await rm(draft, { force: true })
    throw error
  }
}
