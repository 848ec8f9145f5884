import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** What SQLite puts beside a file when it is opened takes 32 KB, and its log something more. */
const BYTES = 128 * 1024

/** Keeps room on the disk, so that a store can also be opened when nothing else is left of it. */
export function keepRoom(file: string): void {
  const reserve = reserveOf(file)
  if (existsSync(reserve)) return
  try {
    writeFileSync(reserve, new Uint8Array(BYTES), { mode: 0o600 })
  } catch {
    // There is none now: the next start, or stop, tries again.
    rmSync(reserve, { force: true })
  }
}

/** Gives it up; false where there was none. */
export function giveRoom(file: string): boolean {
  const reserve = reserveOf(file)
  if (!existsSync(reserve)) return false
  rmSync(reserve)
  return true
}

function reserveOf(file: string): string {
  return `${file}.reserve`
}
