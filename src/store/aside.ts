import { existsSync, readdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The name that a damaged file is put aside under. */
export function asideName(file: string, now: number): string {
  return `${file}.corrupt-${fileTime(now)}`
}

/** A moment as a part of a file's name: not every file system takes colons. */
export function fileTime(now: number): string {
  return new Date(now).toISOString().replaceAll(':', '-')
}

/** Puts a damaged file aside, with what SQLite keeps beside it, and answers its new name. Nobody may have it open. */
export function setAside(file: string, now: number): string {
  const aside = asideName(file, now)
  for (const beside of ['', '-wal', '-shm'])
    if (existsSync(`${file}${beside}`)) renameSync(`${file}${beside}`, `${aside}${beside}`)
  return aside
}

/** Damaged files that were put aside beside a store or its histories, and that nobody has taken away since. */
export function asideOf(file: string): readonly string[] {
  const damaged = `${basename(file)}.corrupt-`
  const folder = dirname(file)
  return readdirSync(folder)
    .filter((name) => name.startsWith(damaged) && !/-(wal|shm)$/.test(name))
    .map((name) => join(folder, name))
    .sort()
}
