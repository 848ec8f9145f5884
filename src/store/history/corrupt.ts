import { isDamage } from '../disk-trouble.ts'

/** Whether SQLite says that a file is damaged, or that it is none of its files: the error itself, or what it came of. */
export function isCorrupt(error: unknown): boolean {
  return isDamage(error) || (error instanceof Error && isCorrupt(error.cause))
}
