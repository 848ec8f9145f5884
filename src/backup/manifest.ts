import { z } from 'zod'
import { version } from '../lib/version.ts'
import { localMigrations } from '../store/history/local-tables.ts'
import { migrations } from '../store/history/schema.ts'
import { schemaVersion } from '../store/schema.ts'
import { LOCAL } from './snapshot.ts'

/** Of the archive itself; grows when an older bridge could not read it any more. */
const FORMAT = 1
/** It is read into memory as a whole; others are a few thousand long. */
const MOST_CONFIG_BYTES = 8_000_000
/** No installation has nearly as many mappings. */
const MOST_FILES = 10_000

export const MANIFEST = 'manifest.json'
export const CONFIG = 'config.yaml'
export const STORE = 'store.db'
export const HISTORY = 'history.db'
export const MAPPINGS = 'mappings/'
/** The package's own mappings as they were: to compare, never to put anywhere. */
export const PACKAGED = 'packaged/'
export const LISTS = 'lists/'

const file = z.object({
  path: z.string().refine(isPart, 'is the name of no part of a backup'),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const schema = z.object({
  format: z.literal(FORMAT),
  /** Of the software. */
  version: z.string(),
  createdAt: z.iso.datetime(),
  /** What the config was called. */
  config: z.string(),
  /** What `store` in the config is; the database of `postgres` is not in the backup. */
  store: z.enum(['sqlite', 'postgres']),
  /** Schema of the state. */
  schema: z.number().int().min(0),
  /** The steps of the histories' schema; none: there are no histories in it. */
  histories: z.array(z.string()),
  files: z.array(file).max(MOST_FILES),
})

export type Manifest = z.output<typeof schema>
export type PackedFile = z.output<typeof file>

/** Why a file can't be restored; the message goes on after its name. */
export class Unusable extends Error {
  override readonly name = 'Unusable'
}

/** The manifest of a backup that this bridge makes. */
export function manifestOf(rest: Omit<Manifest, 'format' | 'version'>): Manifest {
  return { format: FORMAT, version, ...rest }
}

/** Reads a manifest, or throws an `Unusable` that says why this bridge can do nothing with it. */
export function parseManifest(text: string): Manifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Unusable('is damaged: its manifest is no JSON', { cause })
  }
  const about = z.object({ format: z.number(), version: z.string() }).safeParse(value)
  if (!about.success) throw new Unusable('is no backup of a bridge: its manifest says neither format nor version')
  const wrote = `version ${about.data.version} wrote it, this is ${version}`
  const newer = (what: string) => new Unusable(`has ${what} than this bridge knows (${wrote}): update the bridge first`)
  if (about.data.format > FORMAT) throw newer(`a newer format (${about.data.format})`)
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Unusable(`is damaged: in its manifest, ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const manifest = parsed.data
  if (manifest.schema > schemaVersion) throw newer(`a newer schema of its store (${manifest.schema})`)
  const local = Object.keys(localMigrations).map((step) => `${LOCAL}${step}`)
  const known = [...Object.keys(migrations('sqlite')), ...local]
  const unknown = manifest.histories.find((step) => !known.includes(step))
  if (unknown !== undefined) throw newer(`a newer schema of its histories (${unknown})`)
  checkFiles(manifest)
  return manifest
}

function checkFiles({ files, histories }: Manifest): void {
  const paths = files.map(({ path }) => path)
  if (new Set(paths).size !== paths.length) throw new Unusable('is damaged: its manifest names a file twice')
  // Where all else goes stands in the config: it comes first.
  if (paths[0] !== CONFIG || !paths.includes(STORE))
    throw new Unusable('is damaged: config and store are not both in it')
  if ((files[0]?.bytes ?? 0) > MOST_CONFIG_BYTES) throw new Unusable('is damaged: its config is too large')
  if (paths.includes(HISTORY) !== histories.length > 0)
    throw new Unusable('is damaged: its manifest and its histories disagree')
}

/** Whether a name stands for a part of a backup; none of them leads out of a folder. */
export function isPart(path: string): boolean {
  if (path === CONFIG || path === STORE || path === HISTORY) return true
  const folder = [MAPPINGS, PACKAGED, LISTS].find((each) => path.startsWith(each))
  if (folder === undefined || /[\\\0]/.test(path)) return false
  return path.split('/').every((name) => name !== '' && !name.startsWith('.'))
}
