// Starts the demo as the README says, and drives it with programs that none of us wrote, while tshark listens. Ends with
// a line that counts, and exit code 1 when anything failed. What is not installed is skipped and said.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exerciseBacnetJs } from './clients/bacnet-js.ts'
import { exerciseBacstack } from './clients/bacstack.ts'
import { exerciseJsmodbus, exerciseMbpoll, exerciseModbusSerial, hasMbpoll } from './clients/modbus.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'drive-'))
const capture = join(folder, 'demo.pcapng')
const units = [1, 2, 3, 4]
const FLAT_PORT = 47_820
const isRoot = process.getuid?.() === 0
const has = (program: string) => spawnSync(program, ['--version']).error === undefined
const count = { passed: 0, failed: 0, skipped: 0 }
const children: ChildProcess[] = []

async function check(name: string, run: () => Promise<unknown> | unknown): Promise<void> {
  try {
    const result = await run()
    count.passed += 1
    console.log(`ok   ${name}${result === undefined ? '' : `: ${JSON.stringify(result)}`}`)
  } catch (error) {
    count.failed += 1
    console.log(`FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function skip(name: string, why: string): void {
  count.skipped += 1
  console.log(`skip ${name}: ${why}`)
}

/** A program until it says something; answers with all of its output so far. */
function start(
  command: string,
  args: readonly string[],
  said: RegExp,
  stream: 'stdout' | 'stderr' = 'stdout',
): Promise<string> {
  const child = spawn(command, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let text = ''
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${command} did not say ${said}: ${text}`)), 60_000)
    child.stdout.on('data', (chunk: Buffer) => hear('stdout', chunk))
    child.stderr.on('data', (chunk: Buffer) => hear('stderr', chunk))
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${text}`)))
    function hear(from: 'stdout' | 'stderr', chunk: Buffer): void {
      text += chunk.toString()
      if (from !== stream || !said.test(text)) return
      clearTimeout(late)
      resolve(text)
    }
  })
}

function end(): void {
  for (const { pid } of children) {
    try {
      // The whole group: npm, and what npm started.
      if (pid !== undefined) process.kill(-pid, 'SIGINT')
    } catch {
      // It has ended by itself.
    }
  }
}

const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

try {
  const listens = has('tshark') && isRoot
  if (listens) {
    const filter = `udp portrange 47800-47899 or tcp port 5020 or tcp port 5021`
    await start('tshark', ['-i', 'lo', '-f', filter, '-w', capture], /Capturing on/, 'stderr')
  }
  const told = await start('npm', ['run', 'demo'], /^try:\n(.+\n){3}/m)
  console.log(told.slice(told.indexOf('ready')))
  await settle(8_000)

  await check('@bacnet-js/client reads everything, writes, subscribes', () =>
    exerciseBacnetJs({
      address: '127.0.0.3',
      port: 47_830,
      bridge: '127.0.0.1:47809',
      limit: { device: 4001, instance: 101 },
    }),
  )
  await check('modbus-serial reads the whole map and writes', () => exerciseModbusSerial('127.0.0.1', 5020, units))
  await check('jsmodbus reads the whole map and writes', () => exerciseJsmodbus('127.0.0.1', 5020, units))
  if (hasMbpoll) await check('mbpoll reads the whole map and writes', () => exerciseMbpoll('127.0.0.1', 5020, units))
  else skip('mbpoll', 'not installed')
  if (has('nmap') && isRoot) {
    await check('nmap names the bridge', () => {
      const text = execFileSync('nmap', ['-sU', '-p', '47809', '--script', '+bacnet-info', '127.0.0.1'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      if (!text.includes('Object Name: Demo') || !text.includes('Object-identifier: 4000')) throw new Error(text)
    })
  } else skip('nmap', 'not installed, or not root')
  for (const line of told.split('\n').filter((text) => text.startsWith('  '))) {
    const command = line.replace(/ {3,}#.*$/, '').trim()
    const [program = ''] = command.split(' ')
    if (has(program) && (program !== 'nmap' || isRoot))
      await check(
        `what the demo says to try: ${command}`,
        () => void execFileSync('sh', ['-c', command], { stdio: 'ignore' }),
      )
    else skip(command, 'not installed, or not root')
  }

  // A client that can't route needs the flat topology, and the same port on both sides.
  const flat = join(folder, 'flat.yaml')
  writeFileSync(
    flat,
    [
      'site: Flat',
      'ocpp: { listen: "127.0.0.1:8889" }',
      `bacnet: { listen: "127.0.0.1:${FLAT_PORT}", device: { instance: 4100 }, topology: flat }`,
      'modbus: { tcp: { listen: "127.0.0.1:5021" } }',
      'chargers:',
      '  - { id: F-1, name: Bay 01, connectors: 2, electrical: { maxCurrent: 32 } }',
      '',
    ].join('\n'),
  )
  await start('node', ['dist/main.js', 'demo', '--config', flat], /^ready/m)
  await check('bacstack reads everything in the flat topology, writes, subscribes', () =>
    exerciseBacstack({ address: '127.0.0.4', port: FLAT_PORT, bridge: '127.0.0.1', device: 4100, limit: 1101 }),
  )

  if (listens) {
    await settle(1_000)
    end()
    await settle(2_000)
    await check('tshark decodes all of it without one malformed packet', () => {
      // bacnet on other ports than its own has to be said; Modbus likewise.
      const decode = ['-d', 'udp.port==47800-47899,bvlc', '-d', 'tcp.port==5020-5021,mbtcp']
      const tshark = (filter: string) =>
        execFileSync('tshark', ['-r', capture, ...decode, '-Y', filter], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
          maxBuffer: 1e9,
        })
      const lines = (text: string) => text.split('\n').filter((line) => line !== '').length
      const malformed = tshark('_ws.malformed')
      if (malformed !== '')
        throw new Error(`${lines(malformed)} malformed packets, the first: ${malformed.split('\n')[0]}`)
      const seen = { bacnet: lines(tshark('bacapp')), modbus: lines(tshark('mbtcp')) }
      if (seen.bacnet < 1000 || seen.modbus < 300) throw new Error(`the capture is too small: ${JSON.stringify(seen)}`)
      return seen
    })
  } else skip('tshark', 'not installed, or not root')
} catch (error) {
  count.failed += 1
  console.log(`FAIL ${error instanceof Error ? error.message : String(error)}`)
} finally {
  end()
  await settle(500)
  rmSync(folder, { recursive: true, force: true })
}

console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exit(count.failed === 0 ? 0 : 1)
