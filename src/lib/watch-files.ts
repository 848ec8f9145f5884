import { statSync } from 'node:fs'
import type { Cancel, Clock } from './clock.ts'

const LOOK_EVERY_MS = 1_000

/**
 * Tells when files have changed, come or gone, once they have been quiet between two looks: editors write in steps, or
 * by renaming. Looked at by the clock, because notifications of the system miss renames, links and network drives.
 */
export function watchFiles(clock: Clock, files: () => readonly string[], changed: () => void): Cancel {
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
  return () => cancel()
}

function signature(files: readonly string[]): string {
  return files
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false, bigint: true })
      return stat === undefined ? `${file} absent` : `${file} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
    })
    .join('\n')
}
