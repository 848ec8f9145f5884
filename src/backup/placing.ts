import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { lockStore } from '../store/lock.ts'
import { syncFile, syncFolder } from './sync.ts'

const move = z.object({
  /** What goes to `to`; absent: nothing does. */
  from: z.string().optional(),
  to: z.string(),
  /** Where that goes which is at `to`. */
  aside: z.string(),
})

const schema = z.object({ store: z.string(), moves: z.array(move) })

export type Move = z.output<typeof move>

/** What there is to be done from the moment on that a restore is certain; as a file it outlives the process. */
export type Placing = z.output<typeof schema>

/**
 * Puts everything into its place. Once this has begun it happens: a process that dies in the midst leaves its list,
 * and whatever command looks at this config next does the rest. Yields after every step.
 */
export function* place(config: string, placing: Placing): Generator<void> {
  const list = listOf(config)
  const draft = `${list}.tmp`
  writeFileSync(draft, JSON.stringify(placing), { mode: 0o600 })
  syncFile(draft)
  renameSync(draft, list)
  syncFolder(dirname(list))
  yield
  yield* carryOut(list, placing)
}

/** Finishes a restore that was interrupted, and answers whether there was one. Throws a sentence where it can't be. */
export function finishRestore(config: string): boolean {
  const list = listOf(config)
  if (!existsSync(list)) return false
  const placing = read(list)
  if (placing === undefined) return false
  const lock = lockStore(placing.store)
  if (lock === undefined) throw new Error(`${config} is being restored at this moment: wait until that is done`)
  try {
    // Whoever held the lock just now may have done it.
    if (!existsSync(list)) return false
    for (const _ of carryOut(list, placing));
    return true
  } catch (error) {
    const why = (error as Error).message
    throw new Error(`a restore of ${config} was interrupted, and the rest of it can't be done: ${why}`, {
      cause: error,
    })
  } finally {
    lock.release()
  }
}

/** Every step can be done again after it was. */
function* carryOut(list: string, { moves }: Placing): Generator<void> {
  for (const { from, to, aside } of moves) {
    // A new one that is gone from where it waited is in its place already.
    if (from !== undefined && !existsSync(from)) continue
    if (existsSync(to) && !isEmptyFolder(to) && !existsSync(aside)) renameSync(to, aside)
    yield
    if (from !== undefined) renameSync(from, to)
    yield
  }
  for (const folder of new Set(moves.map(({ to }) => dirname(to)))) syncFolder(folder)
  rmSync(list)
  syncFolder(dirname(list))
}

/** Nobody misses one. */
export function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0
}

function listOf(config: string): string {
  const path = resolve(config)
  return join(dirname(path), `.${basename(path)}.restoring`)
}

/** Undefined: it is gone in this moment. */
function read(list: string): Placing | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(list, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`a restore was interrupted, and its list ${list} can't be read`, { cause: error })
  }
}
