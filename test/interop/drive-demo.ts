// Starts the demo as the README says, and drives it with programs that none of us wrote, while tshark listens. Ends with
// a line that counts, and exit code 1 when anything failed. What is not installed is skipped and said.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loopback } from '../support/loopback.ts'
import { PlainCharger } from '../support/plain-charger.ts'
import { servicesSite, writeServicesSite } from '../support/services-site.ts'
import { exerciseBacnetJs } from './clients/bacnet-js.ts'
import { exerciseServices } from './clients/bacnet-js-services.ts'
import { exerciseBacstack } from './clients/bacstack.ts'
import { exerciseFlatServices } from './clients/bacstack-services.ts'
import { exerciseJsmodbus, exerciseMbpoll, exerciseModbusSerial, hasMbpoll } from './clients/modbus.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'drive-'))
const capture = join(folder, 'demo.pcapng')
const units = [1, 2, 3, 4]
/** Of the bridges beside the demo, and of the clients: other runs on this machine have others. */
const beside = loopback(1)
const client = loopback(2)
const FLAT_PORT = 47_820
const SERVICES_PORT = 47_821
const FLAT_SERVICES_PORT = 47_822
/** What the capture has to have of confirmed and unconfirmed services, by their numbers (clause 21). */
const CONFIRMED = [0, 1, 2, 3, 5, 8, 12, 14, 15, 16, 17, 20, 26, 28, 29]
const UNCONFIRMED = [0, 2, 6, 8, 9]
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
    const hosts = ['127.0.0.1', beside, client].map((host) => `host ${host}`).join(' or ')
    const filter = `(${hosts}) and (udp portrange 47800-47899 or tcp port 5020)`
    await start('tshark', ['-i', 'lo', '-f', filter, '-w', capture], /Capturing on/, 'stderr')
  }
  const told = await start('npm', ['run', 'demo'], /^try:\n(.+\n){3}/m)
  console.log(told.slice(told.indexOf('ready')))
  await settle(8_000)

  await check('@bacnet-js/client reads everything, writes, subscribes', () =>
    exerciseBacnetJs({
      address: client,
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
      'ocpp: { listen: "127.0.0.1:0" }',
      `bacnet: { listen: "${beside}:${FLAT_PORT}", device: { instance: 4100 }, topology: flat }`,
      'chargers:',
      '  - { id: F-1, name: Bay 01, connectors: 2, electrical: { maxCurrent: 32 } }',
      '',
    ].join('\n'),
  )
  await start('node', ['dist/main.js', 'demo', '--config', flat], /^ready/m)
  await check('bacstack reads everything in the flat topology, writes, subscribes', () =>
    exerciseBacstack({ address: client, port: FLAT_PORT, bridge: beside, device: 4100, limit: 1101 }),
  )

  // A charger that does what is asked of it, in place of simulated ones, so that an alarm comes when it is waited for.
  const { device, password } = servicesSite
  const charged = async (topology: 'virtual' | 'flat', port: number) => {
    const config = writeServicesSite(folder, `${beside}:${port}`, topology)
    const ready = await start('node', ['dist/main.js', 'run', '--config', config], /^ready .*$/m)
    const charger = new PlainCharger(/ocpp=(\S+)/.exec(ready)?.[1] ?? '', servicesSite.charger)
    await charger.connect()
    await charger.boot()
    return charger
  }
  await check(
    '@bacnet-js/client uses segments, several writes, logs, views, alarms, clock, silence, restart',
    async () =>
      exerciseServices({
        address: client,
        port: SERVICES_PORT,
        bridge: `${beside}:${SERVICES_PORT}`,
        device,
        password,
        charger: await charged('virtual', SERVICES_PORT),
      }),
  )
  await check('bacstack uses several writes, a property, a log, an alarm, silence', async () =>
    exerciseFlatServices({
      address: client,
      port: FLAT_SERVICES_PORT,
      bridge: beside,
      password,
      charger: await charged('flat', FLAT_SERVICES_PORT),
    }),
  )

  if (listens) {
    await settle(1_000)
    end()
    await settle(2_000)
    await check('tshark decodes all of it without one malformed packet', () => {
      // bacnet on other ports than its own has to be said; Modbus likewise.
      const decode = ['-d', 'udp.port==47800-47899,bvlc', '-d', 'tcp.port==5020,mbtcp']
      const tshark = (filter: string, ...fields: string[]) =>
        execFileSync('tshark', ['-r', capture, ...decode, '-Y', filter, ...fields], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
          maxBuffer: 1e9,
        })
      const lines = (text: string) => text.split('\n').filter((line) => line !== '')
      const malformed = lines(tshark('_ws.malformed'))
      if (malformed.length > 0) throw new Error(`${malformed.length} malformed packets, the first: ${malformed[0]}`)
      const missing = (field: string, wanted: readonly number[]) => {
        const has = new Set(lines(tshark(field, '-T', 'fields', '-e', field)).map(Number))
        return wanted.filter((service) => !has.has(service))
      }
      const absent = [
        ...missing('bacapp.confirmed_service', CONFIRMED),
        ...missing('bacapp.unconfirmed_service', UNCONFIRMED),
      ]
      if (absent.length > 0) throw new Error(`services ${absent} are not in the capture`)
      const seen = {
        bacnet: lines(tshark('bacapp')).length,
        segments: lines(tshark('bacapp.more_segments == 1')).length,
        modbus: lines(tshark('mbtcp')).length,
      }
      if (seen.bacnet < 1000 || seen.segments < 3 || seen.modbus < 300)
        throw new Error(`the capture is too small: ${JSON.stringify(seen)}`)
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
