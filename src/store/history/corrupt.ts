import { existsSync, renameSync } from 'node:fs'

/** Whether SQLite says that a file is damaged, or that it is none of its files. */
export function isCorrupt(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return /^SQLITE_(CORRUPT|NOTADB)/.test(code) || isCorrupt(error.cause)
}

/** Puts a damaged file aside, with what SQLite keeps beside it, and answers its new name. Nobody may have it open. */
export function setAside(file: string, now: number): string {
  // No colons: not every file system takes them.
  const aside = `${file}.corrupt-${new Date(now).toISOString().replaceAll(':', '-')}`
  for (const beside of ['', '-wal', '-shm'])
    if (existsSync(`${file}${beside}`)) renameSync(`${file}${beside}`, `${aside}${beside}`)
  return aside
}
