import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Puts a text in place of a file's, all at once: whoever reads it sees the old or the new one, also after a power cut.
 * Mode and owner stay, and a symbolic link stays one. Throws the system's error where that isn't possible.
 */
export function replaceFile(file: string, text: string): void {
  const target = realpathSync(file)
  const { mode, uid, gid } = statSync(target)
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`)
  const handle = openSync(draft, 'wx', 0o600)
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at)
    // Only root may give a file away; for everybody else it is their own already.
    if (process.getuid?.() === 0) fchownSync(handle, uid, gid)
    fchmodSync(handle, mode & 0o7777)
    fsyncSync(handle)
    closeSync(handle)
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
