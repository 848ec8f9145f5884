import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

export interface BridgeProcess {
  readonly child: ChildProcess
  /** `host:port` or a URL by protocol, as the ready line says. */
  readonly addresses: ReadonlyMap<string, string>
  readonly port: (name: string) => number
  /** Resolves once its log says this, from the last time on that it was asked. */
  said(text: string): Promise<void>
  /** Ends it, gently unless another signal is named, and answers with its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** Runs one command of the command line from source to its end. */
export function runCommand(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'src/main.ts'), ...args], { cwd: root })
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, errors })))
}

/** Runs the command line from source and waits for its ready line; `inside` are words before it (ip netns exec …). */
export function startBridge(
  args: readonly string[],
  within = 20_000,
  inside: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<BridgeProcess> {
  const words = [...inside, process.execPath, '--import', 'tsx', join(root, 'src/main.ts'), ...args]
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let out = ''
  let errors = ''
  let log = ''
  let listening: (() => void) | undefined
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`not ready: ${out}${errors}`))
    }, within)
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4000)
      log += chunk.toString()
      listening?.()
    })
    child.once('exit', (code) => {
      clearTimeout(late)
      reject(new Error(`ended with ${code} before it was ready: ${errors}`))
    })
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      const line = /^ready (.*)$/m.exec(out)?.[1]
      if (line === undefined) return
      clearTimeout(late)
      const addresses = new Map(line.split(' ').map((part) => part.split(/=(.*)/s).slice(0, 2) as [string, string]))
      resolve({
        child,
        addresses,
        port: (name) => Number(addresses.get(name)?.split(':').at(-1)),
        said: (text) =>
          new Promise((heard) => {
            const listen = (): void => {
              const at = log.indexOf(text)
              if (at === -1) return
              log = log.slice(at + text.length)
              listening = undefined
              heard()
            }
            listening = listen
            listen()
          }),
        end: (signal = 'SIGTERM') =>
          new Promise((ended) => {
            child.removeAllListeners('exit')
            if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode)
            child.once('exit', (code) => ended(code))
            child.kill(signal)
          }),
      })
    })
  })
}
