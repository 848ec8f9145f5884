import type { Database } from 'better-sqlite3'

/** Pages (of 4 kB) that stay free: what is written next takes them. */
const SPARE = 1000
/** Pages that one call gives back. */
const PORTION = 500

/** Gives some of a file's free pages back to the disk, and answers whether there are more to give. */
export function shrink(database: Database): boolean {
  const excess = (database.pragma('freelist_count', { simple: true }) as number) - SPARE
  if (excess <= 0) return false
  database.pragma(`incremental_vacuum(${Math.min(excess, PORTION)})`)
  return excess > PORTION
}
