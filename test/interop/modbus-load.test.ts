import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seededRandom } from '../../src/simulator/random.ts'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { PlainCharger } from '../support/plain-charger.ts'

const CHARGERS = 200
const CLIENTS = 100
const REGISTERS = 125
/** How long the clients ask before anything is measured, and then. */
const WARM_MS = 2_000
const MEASURED_MS = process.env.SOAK === '1' ? 300_000 : 4_000
/** More than this in the measured time is a leak. */
const GROWTH_MB = 40

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const random = seededRandom(seed)
const folder = mkdtempSync(join(tmpdir(), 'modbus-load-'))
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let bridge: BridgeProcess
let metering: NodeJS.Timeout

function request(transaction: number, unit: number): Uint8Array {
  return Uint8Array.of(transaction >> 8, transaction & 255, 0, 0, 0, 6, unit, 3, 0, 0, 0, REGISTERS)
}

/** Asks for the registers of any charger, checks the answer, and asks again at once. */
class Poller {
  readonly errors: string[] = []
  answered = 0
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #transaction = 0
  #unit = 0
  #asking = true

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => this.errors.push(error.message))
    socket.on('close', () => {
      if (this.#asking) this.errors.push('closed')
    })
    this.#ask()
  }

  stop(): void {
    this.#asking = false
    this.#socket.destroy()
  }

  #ask(): void {
    this.#transaction = (this.#transaction + 1) & 0xffff
    this.#unit = 1 + Math.floor(random() * CHARGERS)
    this.#socket.write(request(this.#transaction, this.#unit))
  }

  #take(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    if (this.#bytes.length < 9 + 2 * REGISTERS) return
    const head = this.#bytes.subarray(0, 9)
    const wanted = [this.#transaction >> 8, this.#transaction & 255, 0, 0, 0, 253, this.#unit, 3, 2 * REGISTERS]
    if (this.#bytes.length > 9 + 2 * REGISTERS || !head.equals(Uint8Array.from(wanted))) {
      this.errors.push(`not the answer: ${head.toString('hex')}`)
    }
    this.#bytes = Buffer.alloc(0)
    this.answered += 1
    if (this.#asking) this.#ask()
  }
}

async function open(): Promise<Socket> {
  const socket = connect({ port: bridge.port('modbus'), host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

function megabytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${bridge.child.pid}/status`, 'utf8'))?.[1]) / 1024
}

beforeAll(async () => {
  const file = join(folder, 'config.yaml')
  const ids = Array.from({ length: CHARGERS }, (_, n) => `CP-${n + 1}`)
  const lines = [
    'ocpp: { listen: "127.0.0.1:0" }',
    `modbus: { tcp: { listen: "127.0.0.1:0", maxConnections: ${CLIENTS + 10} } }`,
    'store: "sqlite:bridge.db"',
    'chargers:',
    ...ids.map((id) => `  - { id: ${id}, name: ${id}, connectors: 2, electrical: { maxCurrent: 32 } }`),
    '',
  ]
  writeFileSync(file, lines.join('\n'))
  bridge = await startBridge(['run', '--config', file, '--log-level', 'error'], 60_000)
  const chargers = ids.map((id) => new PlainCharger(bridge.addresses.get('ocpp') ?? '', id))
  for (const charger of chargers) {
    await charger.connect()
    await charger.boot()
  }
  let next = 0
  metering = setInterval(() => {
    const charger = chargers[next++ % CHARGERS]
    const sampledValue = [{ value: String(Math.floor(random() * 22_000)), measurand: 'Power.Active.Import', unit: 'W' }]
    const meterValue = [{ timestamp: new Date().toISOString(), sampledValue }]
    void charger?.call('MeterValues', { connectorId: 1 + Math.floor(random() * 2), meterValue })
  }, 20)
}, 120_000)

afterAll(async () => {
  clearInterval(metering)
  await bridge.end()
  rmSync(folder, { recursive: true, force: true })
})

it('a hundred clients that poll as fast as they can get no error, each its share, and the memory stays flat', async () => {
  const pollers = await Promise.all(Array.from({ length: CLIENTS }, async () => new Poller(await open())))
  await pause(WARM_MS)
  const before = megabytes()
  const began = pollers.map(({ answered }) => answered)
  const since = Date.now()
  await pause(MEASURED_MS)
  const counts = pollers.map(({ answered }, n) => answered - (began[n] ?? 0))
  const seconds = (Date.now() - since) / 1000
  const after = megabytes()
  const total = counts.reduce((sum, count) => sum + count, 0)
  const fair = total / CLIENTS
  const slowest = Math.min(...counts) / fair
  console.log(
    `modbus load (seed ${seed}): ${Math.round(total / seconds)} answers/s of ${REGISTERS} registers to ${CLIENTS} clients in ${seconds.toFixed(0)} s; ` +
      `the slowest has ${slowest.toFixed(2)} and the fastest ${(Math.max(...counts) / fair).toFixed(2)} of a fair share; RSS ${before.toFixed(0)} to ${after.toFixed(0)} MB`,
  )
  for (const poller of pollers) poller.stop()
  expect(pollers.flatMap(({ errors }) => errors)).toEqual([])
  expect(slowest).toBeGreaterThan(0.5)
  expect(after - before).toBeLessThan(GROWTH_MB)
})

it('clients that ask for ever and never read cost a bounded buffer each, and the others are served', async () => {
  const poller = new Poller(await open())
  const before = megabytes()
  const silent = await Promise.all(Array.from({ length: 10 }, open))
  const batch = Buffer.concat(Array.from({ length: 5_000 }, (_, n) => request(n & 0xffff, 1 + (n % CHARGERS))))
  let sent = 0
  for (const socket of silent) {
    socket.pause()
    socket.on('error', () => {})
    const push = () => {
      sent += batch.length
      // No more than 20 MB each, of which a server that takes everything would make 430 MB of answers.
      if (sent < silent.length * 20_000_000 && socket.write(batch)) setImmediate(push)
    }
    socket.on('drain', push)
    push()
  }
  await pause(MEASURED_MS)
  const after = megabytes()
  const [answered, taken] = [
    poller.answered,
    silent.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0),
  ]
  console.log(
    `modbus load: ten clients that never read, ${(taken / 2 ** 20).toFixed(1)} MB of requests taken from them; RSS ${before.toFixed(0)} to ${after.toFixed(0)} MB; another had ${answered} answers meanwhile`,
  )
  poller.stop()
  for (const socket of silent) socket.destroy()
  expect(poller.errors).toEqual([])
  expect(answered).toBeGreaterThan(200)
  expect(after - before).toBeLessThan(GROWTH_MB)
})
