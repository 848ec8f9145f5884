import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { Problem } from '../lib/problem.ts'
import { validate } from '../lib/validate.ts'
import type { YamlFile } from '../lib/yaml-file.ts'

const DEFAULT_FILE = 'sqlite:data/bridge.db'
const FILE = 'write sqlite: and a file, such as sqlite:data/bridge.db'
// biome-ignore lint/suspicious/noTemplateCurlyInString: as it is written in the file
const URL_FORM = 'postgres://user:${PGPASSWORD}@host:5432/database'
const sslModes: readonly string[] = ['disable', 'no-verify', 'verify-full']
/** What may stand behind the URL's question mark. */
const parameters: readonly string[] = ['host', 'sslmode', 'sslrootcert']

/** `sqlite:` and a file. */
export const spool = z.string().regex(/^sqlite:.+/, FILE)
export const store = z
  .string()
  .regex(/^(sqlite:.|postgres(ql)?:)/, `${FILE}, or ${URL_FORM}`)
  .default(DEFAULT_FILE)

/** Where state and histories are kept. */
export interface Databases {
  /** File of the SQLite database of the bridge's state, absolute, or `:memory:`. */
  readonly store: string
  /** The PostgreSQL of the histories, if that isn't a file beside `store`: a URL with its password in it. */
  readonly database: string | undefined
}

/** What `store` and `spool` say; undefined with a problem at its line. No problem tells a password. */
export function databases(
  written: ReadonlyMap<string, unknown>,
  source: YamlFile,
  problems: Problem[],
): Databases | undefined {
  const found = problems.length
  const main = validate(store, written.get('store') ?? undefined, source, ['store'], problems)
  const isFile = main?.startsWith('sqlite:')
  if (written.has('spool') && isFile)
    problems.push(
      source.problem(
        'unused-spool',
        ['spool'],
        `a spool is for what waits for PostgreSQL, and store is a file: remove it, or write store: ${URL_FORM}`,
        'key',
      ),
    )
  const local = validate(spool.optional(), written.get('spool') ?? undefined, source, ['spool'], problems)
  const database = main === undefined || isFile ? undefined : postgresUrl(main, source, problems)
  if (problems.length > found || main === undefined) return undefined
  const path = (isFile ? main : (local ?? DEFAULT_FILE)).replace(/^sqlite:/, '')
  return { store: path === ':memory:' ? path : resolve(dirname(source.file), path), database }
}

/** The URL as drivers read it: whatever a password holds is escaped, paths are absolute. */
function postgresUrl(text: string, source: YamlFile, problems: Problem[]): string | undefined {
  const refuse = (message: string, code = 'invalid-value') => {
    problems.push(source.problem(code, ['store'], `store: ${message}`))
    return undefined
  }
  const rest = text.replace(/^postgres(ql)?:(\/\/)?/, '')
  // A password may hold what means something in a URL, so that it can be put in as it is.
  const at = rest.lastIndexOf('@')
  const colon = rest.slice(0, Math.max(0, at)).indexOf(':')
  const user = rest.slice(0, colon < 0 ? Math.max(0, at) : colon)
  const url = parsed(`postgres://${rest.slice(at + 1)}`)
  if (url === undefined) return refuse(`this is no address of a PostgreSQL: write ${URL_FORM}`)
  if (user === '') return refuse(`nobody says as which user: write ${URL_FORM}`)
  if (url.hostname === '' && !url.searchParams.has('host'))
    return refuse(`nobody says on which host: write ${URL_FORM}`)
  if (!/^\/[^/]+$/.test(url.pathname)) return refuse(`nobody says which database: write ${URL_FORM}`)
  const strange = [...url.searchParams.keys()].find((name) => !parameters.includes(name))
  if (strange !== undefined)
    return refuse(`there is no ${strange} here: behind the question mark may stand ${parameters.join(', ')}`)
  const mode = url.searchParams.get('sslmode')
  if (mode !== null && !sslModes.includes(mode))
    return refuse(`sslmode can't be ${mode}: write one of ${sslModes.join(', ')}`)
  const authority = url.searchParams.get('sslrootcert')
  if (authority !== null) {
    const file = resolve(dirname(source.file), authority)
    if (!isReadable(file))
      return refuse(`sslrootcert: ${file} can't be read: write the file of an authority in PEM form`, 'tls-files')
    url.searchParams.set('sslrootcert', file)
  }
  const names = colon < 0 ? [user] : [user, rest.slice(colon + 1, at)]
  return url.href.replace('//', `//${names.map((name) => encodeURIComponent(plain(name))).join(':')}@`)
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** Without escapes, where all of them are some. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function isReadable(file: string): boolean {
  try {
    readFileSync(file)
    return true
  } catch {
    return false
  }
}
