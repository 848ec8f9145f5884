import { readFileSync, statSync } from 'node:fs'
import type { Entry } from '../../../core/history.ts'
import { ALL_BYTES } from './memory.ts'
import { readPage } from './page.ts'
import type { Batch } from './waiting.ts'

/** There is nothing to read, or something else stands where it was. */
const gone = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EIO'])

/** The entries of a batch. Of a file that a power cut tore, or that somebody took away, what is left. */
export function readBatch({ page }: Batch): readonly Entry[] {
  if (page instanceof Uint8Array) return readPage(page)
  const entries: Entry[] = []
  try {
    if (statSync(page.file).size > ALL_BYTES) throw new RangeError('no page is as long')
    readPage(readFileSync(page.file), entries)
  } catch (error) {
    if (!isForEver(error)) throw error
  }
  return entries
}

/** Another try would find the same. */
function isForEver(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof SyntaxError) return true
  return error instanceof Error && 'code' in error && gone.has(String(error.code))
}
