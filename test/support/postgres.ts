import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Issued } from './authority.ts'

/** Debian's, of any version; not an npm package. */
const VERSIONS = '/usr/lib/postgresql'
const USER = 'bridge'
/** With what means something in a URL. */
const PASSWORD = 'p@ss/w:rd'

/** `fast`: sessions are ended, all is written; `immediate`: as if the power went. */
type Stop = 'fast' | 'immediate'
const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** A PostgreSQL of the test's own. */
export interface Cluster {
  readonly port: number
  /** Of a new, empty database. */
  create(name: string): Promise<string>
  /** On the port that it had before. */
  start(): Promise<void>
  stop(how: Stop): Promise<void>
  /** SIGSTOP: it holds its connections and says nothing, until it is thawed. */
  freeze(): void
  thaw(): void
  remove(): Promise<void>
}

/** Whom the server runs as: it refuses root. */
interface Owner {
  readonly uid?: number
  readonly gid?: number
}

const binaries = findBinaries()
const owner = findOwner()

/** Why there is none, for `it.skipIf`. */
export const missingPostgres: string | undefined =
  binaries === undefined
    ? `no PostgreSQL server in ${VERSIONS}: apt-get install postgresql`
    : owner === undefined
      ? 'PostgreSQL does not run as root, and there is no user postgres'
      : undefined

interface Wanted {
  /** What is committed is synced, as on a real server. */
  readonly durable?: boolean
  /** Certificate and key, in PEM form: connections may be of TLS, too. */
  readonly tls?: Issued
}

export async function startPostgres({ durable = false, tls }: Wanted = {}): Promise<Cluster> {
  if (binaries === undefined || owner === undefined) throw new Error(missingPostgres)
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD)
  if (owner.uid !== undefined) for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid ?? 0)
  const quick = ['--no-sync', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256']
  execFileSync(join(binaries, 'initdb'), ['-D', data, '-U', USER, `--pwfile=${passwordFile}`, ...quick], {
    ...owner,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  for (const [name, pem] of Object.entries(tls ?? {})) {
    const file = join(data, `server.${name === 'cert' ? 'crt' : 'key'}`)
    writeFileSync(file, pem, { mode: 0o600 })
    if (owner.uid !== undefined) chownSync(file, owner.uid, owner.gid ?? 0)
  }
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: durable ? 'on' : 'off',
    ssl: tls === undefined ? 'off' : 'on',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server: ChildProcess | undefined
  const kill = () => void server?.kill('SIGQUIT')
  process.once('exit', kill)

  async function start(): Promise<void> {
    const child = spawn(join(binaries ?? '', 'postgres'), ['-D', data, '-p', String(port), ...flags], {
      ...owner,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server = child
    await new Promise<void>((resolve, reject) => {
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-10_000)
        if (said.includes('ready to accept connections')) resolve()
      })
      child.once('exit', () => reject(new Error(said)))
    })
  }

  async function stop(how: Stop): Promise<void> {
    const child = server
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    // Those that serve a connection are not to end what they are about.
    if (how === 'immediate') signalAll(signals[how])
    else child.kill(signals[how])
    await gone
  }

  /** The server, and each of its processes that serves a connection. */
  function signalAll(signal: NodeJS.Signals): void {
    const { pid } = server ?? {}
    if (pid === undefined) return
    for (const one of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(one, signal)
      } catch {
        // It ended by itself in the meantime.
      }
    }
  }

  await start()
  return {
    port,
    async create(name) {
      execFileSync(join(binaries, 'createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', USER, name], {
        env: { ...process.env, PGPASSWORD: PASSWORD },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`
    },
    start,
    stop,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async remove() {
      await stop('immediate')
      process.off('exit', kill)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function findBinaries(): string | undefined {
  try {
    const newest = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))[0]
    if (newest === undefined || !readdirSync(join(VERSIONS, newest, 'bin')).includes('initdb')) return undefined
    return join(VERSIONS, newest, 'bin')
  } catch {
    return undefined
  }
}

function findOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return {}
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

function childrenOf(pid: number): readonly number[] {
  return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .split('\n')
    .map(Number)
    .filter((child) => child > 0)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
