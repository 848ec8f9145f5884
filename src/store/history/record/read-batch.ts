import { readFileSync } from 'node:fs'
import type { Entry } from '../../../core/history.ts'
import { readPage } from './page.ts'
import type { Batch } from './waiting.ts'

/** The entries of a batch. Of a file that a power cut tore, or that somebody took away, what is left. */
export function readBatch({ page }: Batch): readonly Entry[] {
  if (page instanceof Uint8Array) return readPage(page)
  const entries: Entry[] = []
  try {
    readPage(readFileSync(page.file), entries)
  } catch (error) {
    if (!isForEver(error)) throw error
  }
  return entries
}

/** Another try would find the same. */
function isForEver(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof SyntaxError) return true
  return error instanceof Error && 'code' in error && ['ENOENT', 'EIO'].includes(String(error.code))
}
