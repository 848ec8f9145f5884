import { statSync } from 'node:fs'
import type { Clock } from './clock.ts'

const LOOK_EVERY_MS = 1_000

export interface Watch {
  /** Tells at once, changed or not, and not again of what is there now. */
  now(): void
  stop(): void
}

/**
 * Tells when files have changed, come or gone, once they have been quiet between two looks: editors write in steps, or
 * by renaming. Looked at by the clock, because notifications of the system miss renames, links and network drives.
 */
export function watchFiles(clock: Clock, files: () => readonly string[], changed: () => void): Watch {
  let told = signature(files())
  let last = told
  const look = (): void => {
    const now = signature(files())
    if (now !== told && now === last) {
      told = now
      changed()
    }
    last = now
    cancel = clock.after(LOOK_EVERY_MS, look)
  }
  let cancel = clock.after(LOOK_EVERY_MS, look)
  return {
    now() {
      told = signature(files())
      last = told
      changed()
    },
    stop: () => cancel(),
  }
}

function signature(files: readonly string[]): string {
  return files.map((file) => `${file} ${stamp(file)}`).join('\n')
}

function stamp(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch (error) {
    // Absent, or out of reach: whoever is told will find out and say so.
    return String((error as NodeJS.ErrnoException).code)
  }
}
