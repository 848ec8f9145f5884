import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-'))
export const NETWORK = 2000
export const FIRST_INSTANCE = 4001

export interface Bridge {
  readonly child: ChildProcess
  readonly startMs: number
  readonly ocpp: string
  readonly bacnet: number
  readonly modbus: number | undefined
}

/** The built bridge in a process of its own, with so many chargers of two connectors; `modbus` may be a section of its own, `more` are lines of the config. */
export async function startBridge(
  name: string,
  chargers: number,
  modbus: boolean | string,
  { topology = 'virtual', more = [] }: { readonly topology?: string; readonly more?: readonly string[] } = {},
): Promise<Bridge> {
  const file = join(folder, `${name}.yaml`)
  const ids = Array.from(
    { length: chargers },
    (_, n) =>
      `  - { id: CP-${n + 1}, name: Bay ${String(n + 1).padStart(4, '0')}, connectors: 2, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }`,
  )
  writeFileSync(
    file,
    [
      'site: Bench',
      'ocpp: { listen: "127.0.0.1:0" }',
      `bacnet: { listen: "127.0.0.1:0", device: { instance: 4000 }, network: ${NETWORK}, topology: ${topology}, instances: ${FIRST_INSTANCE}-${FIRST_INSTANCE + 4998} }`,
      ...(modbus === false ? [] : [`modbus: ${modbus === true ? '{ tcp: { listen: "127.0.0.1:0" } }' : modbus}`]),
      `store: "sqlite:${storeOf(name)}"`,
      ...more,
      'chargers:',
      ...ids,
      '',
    ].join('\n'),
  )
  const began = Date.now()
  const child = spawn(process.execPath, [join(root, 'dist/main.js'), 'run', '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2000)
  })
  const ready = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (/^ready .*\n/m.test(text)) resolve(text)
    })
    child.once('exit', (code) => reject(new Error(`the bridge ended with ${code}: ${errors}`)))
  })
  const part = (key: string) => new RegExp(`${key}=(\\S+)`).exec(ready)?.[1]
  const port = (key: string) => Number(part(key)?.split(':').at(-1))
  return {
    child,
    startMs: Date.now() - began,
    ocpp: part('ocpp') ?? '',
    bacnet: port('bacnet'),
    modbus: modbus === true ? port('modbus') : undefined,
  }
}

/** Resolves once a bridge, with all of its threads, has hardly anything to do any more. */
export async function idle({ pid }: ChildProcess): Promise<void> {
  if (process.platform !== 'linux') throw new Error('what a process has to do is known on Linux alone')
  // proc(5): utime and stime, in ticks of 10 ms, come 12 and 13 places after the name in parentheses.
  const used = () => {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? []
    return Number(user) + Number(system)
  }
  for (let before = -Infinity, now = used(); now - before > 2; before = now, now = used())
    await new Promise((resolve) => setTimeout(resolve, 300))
}

/** Where a bridge of that name has its store. */
export function storeOf(name: string): string {
  return join(folder, `${name}.db`)
}

export function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

/** Throws away what the bridges wrote. */
export function cleanUp(): void {
  rmSync(folder, { recursive: true, force: true })
}
