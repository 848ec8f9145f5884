import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { mappingFolders } from '../mapping/load.ts'
import type { NamedFiles } from '../plan.ts'
import { historyFile, waitingFolder } from '../store/history/file.ts'
import { CONFIG, HISTORY, LISTS, MAPPINGS, type Manifest, STORE, Unusable } from './manifest.ts'
import { isEmptyFolder, type Move } from './placing.ts'
import { waiting } from './staging.ts'

/** Where the parts of a backup go, as its config says. */
export interface Targets {
  /** By part; the mappings are one. */
  readonly byPart: ReadonlyMap<string, string>
  /** Of these, what is there already. */
  readonly taken: readonly string[]
}

/** Where the parts of a backup go on this machine; only links of what is there are followed. */
export function targetsOf(config: string, { store, lists }: NamedFiles, { files }: Manifest): Targets {
  const parts = new Set(files.map(({ path }) => path))
  const [mappings = ''] = mappingFolders(resolve(config))
  const byPart = new Map([
    [CONFIG, real(resolve(config))],
    [STORE, real(store)],
    [MAPPINGS, mappings],
  ])
  if (parts.has(HISTORY)) byPart.set(HISTORY, real(historyFile(store)))
  for (const [index, list] of [...new Set(lists)].entries()) {
    const part = `${LISTS}${index}`
    if (!parts.has(part)) throw new Unusable(`is damaged: the list ${list} that its config names is missing`)
    // Those among the mappings come with them.
    if (!list.startsWith(`${mappings}${sep}`)) byPart.set(part, real(list))
  }
  const taken = [...byPart.values()].filter((target) => existsSync(target) && !isEmptyFolder(target))
  return { byPart, taken }
}

/** What puts everything into its place, and whatever is there aside: it is kept under another name. */
export function movesOf({ byPart, taken }: Targets, parts: ReadonlySet<string>, now: number): readonly Move[] {
  const mark = markFor(taken, now)
  const moves: Move[] = []
  for (const [part, target] of byPart) {
    // First what belongs to the old database: it must not be taken for a part of the new one.
    for (const beside of besideOf(part, target))
      moves.push({ to: beside, aside: `${target}${mark}${beside.slice(target.length)}` })
    const from = parts.has(part) ? { from: waiting(target) } : {}
    moves.push({ ...from, to: target, aside: `${target}${mark}` })
  }
  return moves
}

/** What SQLite keeps beside a database, and the bridge beside its histories. */
function besideOf(part: string, target: string): readonly string[] {
  const ofSqlite = ['-wal', '-shm', '-journal'].map((end) => `${target}${end}`)
  if (part === HISTORY) return [...ofSqlite, waitingFolder(target)]
  return part === STORE ? ofSqlite : []
}

/** A name that nothing has yet. */
function markFor(taken: readonly string[], now: number): string {
  for (let at = now; ; at += 1) {
    const mark = `.before-restore-${new Date(at).toISOString().replaceAll(/[-:.]/g, '')}`
    if (!taken.some((path) => existsSync(`${path}${mark}`))) return mark
  }
}

function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

/** The folders that targets are in. */
export function foldersOf({ byPart }: Targets): readonly string[] {
  return [...new Set([...byPart.values()].map((target) => dirname(target)))]
}
