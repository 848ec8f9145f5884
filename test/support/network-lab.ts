import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Why there can be no lab here; undefined: there can. */
export function labHindrance(): string | undefined {
  if (process.platform !== 'linux') return 'Linux only'
  if (process.getuid?.() !== 0) return 'needs root'
  if (spawnSync('ip', ['-V']).error !== undefined) return 'needs ip'
  const name = `lab${process.pid}-try`
  const made = spawnSync('ip', ['netns', 'add', name])
  spawnSync('ip', ['netns', 'delete', name])
  return made.status === 0 ? undefined : 'no network namespaces here'
}

/** A program inside a host of the lab, which prints a JSON value a line. */
export interface LabProgram {
  readonly child: ChildProcess
  /** What it has printed so far. */
  readonly said: unknown[]
  /** Resolves once `condition` holds for what it printed. */
  until(condition: (said: readonly unknown[]) => boolean): Promise<void>
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<readonly unknown[]>
}

/**
 * Subnets 10.77.1.0/24 and 10.77.2.0/24 of network namespaces, each an Ethernet with real broadcasts, with a router between
 * them that passes none. Nothing of it reaches the machine's own networks.
 */
export class NetworkLab {
  readonly #prefix = `lab${process.pid}-`
  readonly #hosts = new Set<string>()
  readonly #children = new Set<ChildProcess>()

  constructor() {
    this.#add('switch')
    for (const lan of [1, 2]) {
      this.#ip('switch', 'link', 'add', `lan${lan}`, 'type', 'bridge')
      this.#ip('switch', 'link', 'set', `lan${lan}`, 'up')
    }
    this.host('router', [1, 254], [2, 254])
    this.#run('netns', 'exec', `${this.#prefix}router`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  }

  /** A host with addresses: subnet and last octet of each. */
  host(name: string, ...places: readonly (readonly [lan: 1 | 2, octet: number])[]): void {
    this.#add(name)
    for (const [lan, octet] of places) this.plug(name, lan, octet)
  }

  /** One more network card for a host. */
  plug(name: string, lan: 1 | 2, octet: number): void {
    const port = `p${[...this.#hosts].indexOf(name)}-${lan}`
    const host = this.#prefix + name
    const card = `eth${lan}`
    const pair = ['link', 'add', card, 'netns', host, 'type', 'veth', 'peer', 'name', port, 'netns']
    this.#run(...pair, `${this.#prefix}switch`)
    this.#ip('switch', 'link', 'set', port, 'master', `lan${lan}`, 'up')
    this.#ip(name, 'address', 'add', `10.77.${lan}.${octet}/24`, 'broadcast', '+', 'dev', card)
    this.#ip(name, 'link', 'set', card, 'up')
    if (octet !== 254) spawnSync('ip', ['-n', host, 'route', 'add', 'default', 'via', `10.77.${lan}.254`])
  }

  /** Words that run what follows them in a host. */
  inside(name: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#prefix + name]
  }

  /** Runs a script of `test/interop/clients` in a host, with its options as JSON. */
  program(name: string, script: string, options: object): LabProgram {
    const file = join(root, 'test/interop/clients', script)
    const words = [...this.inside(name), process.execPath, '--import', 'tsx', file, JSON.stringify(options)]
    const child = spawn(words[0] ?? '', words.slice(1), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#children.add(child)
    const said: unknown[] = []
    let rest = ''
    let errors = ''
    const listeners = new Set<() => void>()
    const tell = () => {
      for (const listener of [...listeners]) listener()
    }
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) said.push(JSON.parse(line))
      tell()
    })
    let code: number | null | undefined
    const ended = new Promise<readonly unknown[]>((resolve, reject) =>
      child.once('close', (exitCode) => {
        code = exitCode
        this.#children.delete(child)
        tell()
        if (exitCode === 0) resolve(said)
        else reject(new Error(`${script} in ${name} ended with ${exitCode} after ${JSON.stringify(said)}: ${errors}`))
      }),
    )
    ended.catch(() => {})
    return {
      child,
      said,
      ended,
      until: (condition) =>
        new Promise((resolve, reject) => {
          const listener = () => {
            if (condition(said)) resolve()
            else if (code !== undefined) reject(new Error(`${script} in ${name} ended with ${code}: ${errors}`))
            else return
            listeners.delete(listener)
          }
          listeners.add(listener)
          listener()
        }),
    }
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    for (const name of this.#hosts) spawnSync('ip', ['netns', 'delete', this.#prefix + name])
  }

  #add(name: string): void {
    this.#run('netns', 'add', this.#prefix + name)
    this.#hosts.add(name)
    this.#ip(name, 'link', 'set', 'lo', 'up')
  }

  #ip(host: string, ...words: readonly string[]): void {
    this.#run('-n', this.#prefix + host, ...words)
  }

  #run(...words: readonly string[]): void {
    execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] })
  }
}
