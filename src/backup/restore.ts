import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import type { Problem } from '../lib/problem.ts'
import { harmless } from '../lib/table.ts'
import { parseYaml, readYaml } from '../lib/yaml-file.ts'
import { mappingFolders } from '../mapping/load.ts'
import { type NamedFiles, namedFiles } from '../plan.ts'
import { lockStore, type StoreLock } from '../store/lock.ts'
import { readArchive } from './archive.ts'
import { CONFIG, HISTORY, MAPPINGS, type Manifest, PACKAGED, type PackedFile, STORE, Unusable } from './manifest.ts'
import { becomeNewSource } from './new-source.ts'
import { finishRestore, place } from './placing.ts'
import { Staging, waiting } from './staging.ts'
import { foldersOf, movesOf, type Targets, targetsOf } from './targets.ts'

export interface RestoreOptions {
  readonly file: string
  /** Where the config goes; what it names relatively goes beside it. */
  readonly config: string
  /** Puts aside whatever is where something goes. */
  readonly force: boolean
  readonly now: number
  readonly signal: AbortSignal
}

export type Restored =
  | {
      readonly kind: 'done'
      readonly manifest: Manifest
      /** What was there, under its new names. */
      readonly aside: readonly string[]
      /** Mappings of the package that are not what they were. */
      readonly changed: readonly string[]
      readonly named: NamedFiles
    }
  /** The config of the backup can't be read here; nothing was changed. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[]; readonly manifest: Manifest }

/** Known as soon as the config is read. */
interface Prepared {
  readonly targets: Targets
  readonly named: NamedFiles
}

/**
 * Brings back what a backup holds: all of it is read and checked before anything changes, and then takes its place all at
 * once. Throws a sentence, and has changed nothing, where that can't be.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  if (!existsSync(options.file)) throw new Error(`there is no file ${options.file}`)
  // With --force, a whole site would be put aside for one file.
  if (statSync(options.config, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`${options.config} is a folder: name the file, such as ${join(options.config, 'config.yaml')}`)
  finishRestore(options.config)
  const restoring = new Restoring(options)
  try {
    await readArchive(options.file, restoring, options.signal)
    return restoring.finish()
  } catch (error) {
    restoring.abandon()
    // Who ended it has said why.
    options.signal.throwIfAborted()
    if (error instanceof ConfigProblems) return { kind: 'problems', problems: error.problems, manifest: error.manifest }
    // Whoever made the file chose some of the words.
    throw error instanceof Unusable ? new Error(harmless(`${options.file} ${error.message}`), { cause: error }) : error
  } finally {
    restoring.release()
  }
}

class ConfigProblems extends Error {
  readonly problems: readonly Problem[]
  readonly manifest: Manifest

  constructor(problems: readonly Problem[], manifest: Manifest) {
    super('the config of the backup has problems here')
    this.problems = problems
    this.manifest = manifest
  }
}

class Restoring {
  readonly #options: RestoreOptions
  readonly #staging = new Staging()
  readonly #locks: StoreLock[] = []
  readonly #config: Buffer[] = []
  readonly #changed: string[] = []
  #manifest: Manifest | undefined
  #prepared: Prepared | undefined

  constructor(options: RestoreOptions) {
    this.#options = options
  }

  manifest(manifest: Manifest): void {
    this.#manifest = manifest
  }

  open({ path }: PackedFile): Writable {
    if (path === CONFIG) return into(this.#config)
    const place = this.#placeOf(path)
    return place === undefined ? into() : this.#staging.open(...place)
  }

  complete({ path, sha256 }: PackedFile): void {
    if (path === CONFIG) this.#prepare(Buffer.concat(this.#config))
    else if (path.startsWith(PACKAGED)) this.#compare(path.slice(PACKAGED.length), sha256)
    else {
      const place = this.#placeOf(path)
      if (place !== undefined) this.#staging.written(...place)
    }
  }

  /** Everything was there, and right. */
  finish(): Restored {
    const { targets, named } = this.#known()
    const manifest = this.#read()
    const { config, now } = this.#options
    const history = targets.byPart.get(HISTORY)
    if (history !== undefined) becomeNewSource(waiting(history))
    const parts = new Set(manifest.files.map(({ path }) => (path.startsWith(MAPPINGS) ? MAPPINGS : path)))
    const moves = movesOf(targets, parts, now)
    const aside = moves.filter(({ to }) => targets.taken.includes(to)).map((move) => move.aside)
    const store = targets.byPart.get(STORE) ?? ''
    for (const _ of place(config, { store, moves: [...moves] }));
    return { kind: 'done', manifest, aside, changed: this.#changed, named }
  }

  abandon(): void {
    this.release()
    const store = this.#prepared?.targets.byPart.get(STORE)
    this.#staging.abandon(store === undefined ? [] : [`${store}.lock`])
  }

  release(): void {
    for (const lock of this.#locks) lock.release()
  }

  /** Before anything large is read: whatever stands in the way. */
  #prepare(content: Buffer): void {
    const { config, force } = this.#options
    const manifest = this.#read()
    const path = resolve(config)
    const { problems, files: named } = namedFiles(parseYaml(path, content.toString('utf8')))
    if (named === undefined) throw new ConfigProblems(problems, manifest)
    if (named.store === ':memory:') throw new Unusable('is damaged: its config has no store that is a file')
    const targets = targetsOf(config, named, manifest)
    if (!force && targets.taken.length > 0)
      throw new Error(
        `${targets.taken.join(', ')} would be replaced: restore elsewhere with --config, or say --force, which keeps what is there under another name`,
      )
    this.#prepared = { targets, named }
    for (const folder of foldersOf(targets)) this.#staging.folder(folder)
    for (const store of new Set([targets.byPart.get(STORE) ?? '', ...presentStore(path)])) this.#lock(store)
    const target = targets.byPart.get(CONFIG) ?? path
    this.#staging.put(target, content)
  }

  #lock(store: string): void {
    const lock = lockStore(store)
    if (lock === undefined) throw new Error(`a bridge is running on the store ${store}: stop it, then restore`)
    this.#locks.push(lock)
  }

  #compare(name: string, sha256: string): void {
    const [, packaged = ''] = mappingFolders(resolve(this.#options.config))
    const file = join(packaged, name)
    const now = existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined
    if (now !== sha256) this.#changed.push(name)
  }

  /** Where a part waits: for which target, and as what in its folder. Undefined: it goes nowhere. */
  #placeOf(path: string): [target: string, within?: string] | undefined {
    const { byPart } = this.#known().targets
    const folder = byPart.get(MAPPINGS)
    if (path.startsWith(MAPPINGS) && folder !== undefined) return [folder, path.slice(MAPPINGS.length)]
    const target = byPart.get(path)
    return target === undefined ? undefined : [target]
  }

  #known(): Prepared {
    if (this.#prepared === undefined) throw new Unusable('is damaged: the config is missing')
    return this.#prepared
  }

  #read(): Manifest {
    if (this.#manifest === undefined) throw new Unusable('is damaged: the manifest is missing')
    return this.#manifest
  }
}

/** The store of a config that is there already: a bridge may run on it. */
function presentStore(config: string): readonly string[] {
  if (!existsSync(config)) return []
  const store = namedFiles(readYaml(config)).files?.store
  return store !== undefined && existsSync(dirname(store)) ? [store] : []
}

/** Keeps what is written, or forgets it. */
function into(pieces?: Buffer[]): Writable {
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces?.push(piece)
      done()
    },
  })
}
