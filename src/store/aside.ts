import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Damaged files that were put aside beside a store or its histories, and that nobody has taken away since. */
export function asideOf(file: string): readonly string[] {
  const damaged = `${basename(file)}.corrupt-`
  const folder = dirname(file)
  return readdirSync(folder)
    .filter((name) => name.startsWith(damaged) && !/-(wal|shm)$/.test(name))
    .map((name) => join(folder, name))
    .sort()
}
