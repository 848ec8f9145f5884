import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Problem } from '../lib/problem.ts'
import { parseYaml, type YamlFile } from '../lib/yaml-file.ts'
import { mappingFolders } from '../mapping/load.ts'
import { draw, drawFrom, type NamedFiles, namedFiles } from '../plan.ts'
import { historyFile } from '../store/history/file.ts'
import { writeArchive } from './archive.ts'
import {
  CONFIG,
  HISTORY,
  isPart,
  LISTS,
  MAPPINGS,
  type Manifest,
  manifestOf,
  PACKAGED,
  type PackedFile,
  STORE,
} from './manifest.ts'
import { snapshot } from './snapshot.ts'
import { syncFolder } from './sync.ts'

export interface BackupOptions {
  /** Where the backup goes. */
  readonly file: string
  readonly config: string
  readonly histories: boolean
  /** Takes the place of a backup that is there. */
  readonly force: boolean
  readonly now: number
  readonly signal: AbortSignal
}

export type BackedUp =
  | { readonly kind: 'done'; readonly manifest: Manifest; readonly bytes: number; readonly leftOut: LeftOut }
  /** The config is wrong; nothing was written. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** What belongs to the installation and is not in its backup. */
interface LeftOut {
  readonly certificates: readonly string[]
  /** Of the environment, which the config takes texts from. */
  readonly variables: readonly string[]
  readonly postgres: boolean
}

/** Puts all that a bridge needs into one file, while it runs or not. Throws a sentence where that isn't possible. */
export async function backup(options: BackupOptions): Promise<BackedUp> {
  const to = resolve(options.file)
  if (!options.force && existsSync(to)) throw exists(options.file)
  const { source, files, problems } = read(options.config)
  if (source === undefined || files === undefined) return { kind: 'problems', problems }
  refuse(files, source.file)
  if (!existsSync(dirname(to))) throw new Error(`there is no folder ${dirname(to)}`)
  // Beside the backup, where there has to be room for it anyway; what was left of one that was killed goes.
  const work = join(dirname(to), `.${basename(to)}.part`)
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { mode: 0o700 })
  try {
    const manifest = await gather(work, source, files, options)
    const draft = join(work, 'archive')
    await writeArchive(draft, manifest, (path) => join(work, path), options.signal)
    const { size } = statSync(draft)
    publish(draft, to, options)
    const { certificates, postgres } = files
    const leftOut = { certificates, postgres, variables: variablesOf(source.value) }
    return { kind: 'done', manifest, bytes: size, leftOut }
  } catch (error) {
    // Who ended it has said why.
    options.signal.throwIfAborted()
    throw error
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The config, read once. */
function read(config: string): {
  readonly source?: YamlFile & { readonly text: string }
  readonly files?: NamedFiles
  readonly problems: readonly Problem[]
} {
  const path = resolve(config)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== false) return { problems: draw(config).problems }
  const text = readFileSync(path, 'utf8')
  const source = parseYaml(path, text)
  const { problems, plan } = drawFrom(source)
  const { files } = namedFiles(source)
  return plan === undefined || files === undefined ? { problems } : { problems, files, source: { ...source, text } }
}

function refuse({ store }: NamedFiles, config: string): void {
  if (store === ':memory:') throw new Error(`the store of ${config} is :memory:, of which nothing can be backed up`)
  if (!existsSync(store)) throw new Error(`there is no store ${store} yet: a bridge makes it when it starts`)
  const [mappings = ''] = mappingFolders(config)
  if (isInside(mappings, store)) throw new Error(`the store lies among the mappings in ${mappings}: move it elsewhere`)
}

/** Lays every part into `work`, where it has the name that it has in the archive. */
async function gather(
  work: string,
  source: YamlFile & { readonly text: string },
  { store, lists, postgres }: NamedFiles,
  { histories, now, signal }: BackupOptions,
): Promise<Manifest> {
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(work, path)), { recursive: true })
    writeFileSync(join(work, path), content, { mode: 0o600 })
  }
  const paths = [CONFIG]
  put(CONFIG, source.text)
  const [own = '', packaged = ''] = mappingFolders(source.file)
  for (const [prefix, folder] of [
    [MAPPINGS, own],
    [PACKAGED, packaged],
  ] as const) {
    for (const name of filesIn(folder)) {
      if (prefix === PACKAGED && !name.endsWith('.yaml')) continue
      if (!isPart(`${prefix}${name}`))
        throw new Error(`${join(folder, name)}: no file of such a name could be restored`)
      paths.push(`${prefix}${name}`)
      put(`${prefix}${name}`, readFileSync(join(folder, name)))
    }
  }
  for (const [index, list] of [...new Set(lists)].entries()) {
    paths.push(`${LISTS}${index}`)
    put(`${LISTS}${index}`, readFileSync(list))
  }
  // Histories first: what they have taken of the state must not be ahead of it.
  const history = historyFile(store)
  let steps: readonly string[] = []
  // What waits for a database that is elsewhere, and how far it has come, is no history yet.
  if ((histories || postgres) && existsSync(history)) ({ steps } = await snapshot(history, join(work, HISTORY), signal))
  if (steps.length > 0) paths.push(HISTORY)
  const { version } = await snapshot(store, join(work, STORE), signal)
  paths.push(STORE)

  const files: PackedFile[] = []
  for (const path of paths) files.push(await measured(work, path, signal))
  return manifestOf({
    createdAt: new Date(now).toISOString(),
    config: basename(source.file),
    store: postgres ? 'postgres' : 'sqlite',
    schema: version,
    histories: [...steps],
    files,
  })
}

async function measured(work: string, path: string, signal: AbortSignal): Promise<PackedFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of createReadStream(join(work, path), { signal, highWaterMark: 256 * 1024 })) {
    hash.update(piece as Buffer)
    bytes += (piece as Buffer).length
  }
  return { path, bytes, sha256: hash.digest('hex') }
}

/** Files at any depth, by names with slashes; what is hidden is somebody else's. */
function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => !name.split('/').some((part) => part.startsWith('.')))
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true)
    .sort()
}

/** Makes the backup appear all at once. */
function publish(draft: string, to: string, { force, file }: BackupOptions): void {
  if (force) renameSync(draft, to)
  else {
    try {
      linkSync(draft, to)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST' || existsSync(to)) throw exists(file)
      // Not every file system has links.
      renameSync(draft, to)
    }
  }
  syncFolder(dirname(to))
}

function exists(file: string): Error {
  return new Error(`${file} exists already: choose another name, or say --force`)
}

function isInside(folder: string, file: string): boolean {
  return !relative(folder, file).startsWith('..')
}

/** The variables in the texts of a config. */
function variablesOf(value: unknown, found = new Set<string>()): readonly string[] {
  if (typeof value === 'string') {
    for (const [, name] of value.matchAll(/(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) found.add(name ?? '')
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) variablesOf(inner, found)
  }
  return [...found]
}
