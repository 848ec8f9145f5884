import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import modbusSerial from 'modbus-serial'
import { RPCClient } from 'ocpp-rpc'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { PlainCharger } from '../support/plain-charger.ts'

const CLI = createRequire(import.meta.url).resolve('ocpp-ws-cli')
const ModbusSerial = modbusSerial as unknown as typeof modbusSerial.default

let folder: string
let bridge: BridgeProcess
let building: InstanceType<typeof ModbusSerial>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocpp-'))
  const file = join(folder, 'config.yaml')
  writeFileSync(
    file,
    [
      'site: Site',
      'ocpp: { listen: "127.0.0.1:0" }',
      'modbus: { tcp: { listen: "127.0.0.1:0" } }',
      'chargers:',
      '  - { id: CP-1, name: Bay 01, connectors: 1, electrical: { maxCurrent: 32 } }',
      '  - { id: CP-2, name: Bay 02, connectors: 1, electrical: { maxCurrent: 32 } }',
      '',
    ].join('\n'),
  )
  bridge = await startBridge(['run', '--config', file])
  building = new ModbusSerial()
  await building.connectTCP('127.0.0.1', { port: bridge.port('modbus') })
  building.setID(1)
})
afterEach(async () => {
  building.close(() => {})
  await bridge.end()
  rmSync(folder, { recursive: true, force: true })
})

/** Where a point stands in its connector's block. */
const map = readFileSync(new URL('../../mappings/standard.yaml', import.meta.url), 'utf8')
const place = (point: string) =>
  Number(new RegExp(`point: ${point.replace('.', '\\.')}\\b[\\s\\S]*?address: (\\d+)`).exec(map)?.[1])

const url = () => bridge.addresses.get('ocpp') ?? ''
const register = async (address: number) => (await building.readInputRegisters(address, 1)).data[0]
const float = async (address: number) => (await building.readInputRegisters(address, 2)).buffer.readFloatBE(0)

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`not in time: ${what}`)
}

// Its types ask for every option; it has defaults for the others.
const options = { identity: 'CP-1', protocols: ['ocpp1.6'], strictMode: true, reconnect: false }

describe("ocpp-rpc's strict client", () => {
  it('boots, charges and is commanded, and finds nothing to complain of', async () => {
    const client = new RPCClient({ ...options, endpoint: url() } as never)
    const commands: { readonly method: string; readonly params: Record<string, unknown> }[] = []
    const complaints: unknown[] = []
    client.on('strictValidationFailure', (event: unknown) => complaints.push(event))
    client.on('badMessage', (event: unknown) => complaints.push(event))
    const handle = ({ method, params }: { method: string; params: Record<string, unknown> }) => {
      commands.push({ method, params })
      if (method === 'GetConfiguration') {
        return { configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '1' }], unknownKey: [] }
      }
      return { status: method === 'UnlockConnector' ? 'Unlocked' : 'Accepted' }
    }
    client.handle(handle as never)
    const methods = () => commands.map(({ method }) => method)
    const told = (method: string) => until(async () => methods().includes(method), method)
    await client.connect()
    const boot = await client.call('BootNotification', { chargePointVendor: 'ocpp-rpc', chargePointModel: 'strict' })
    expect(boot).toMatchObject({ status: 'Accepted', interval: 300 })
    await told('GetConfiguration')
    const timestamp = new Date().toISOString()
    await client.call('Heartbeat', {})
    await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing', timestamp })
    expect(await client.call('Authorize', { idTag: 'TAG' })).toEqual({ idTagInfo: { status: 'Accepted' } })
    const start = await client.call('StartTransaction', { connectorId: 1, idTag: 'TAG', meterStart: 100, timestamp })
    const { transactionId } = start as { transactionId: number }
    await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp })
    const sampledValue = [{ value: '7360', measurand: 'Power.Active.Import', unit: 'W' }]
    await client.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp, sampledValue }] })
    expect(await float(110)).toBeCloseTo(7.36)
    expect(await register(128)).toBe(2)

    // Limit, availability, unlock, stop, reset, clear cache and a configuration key, each from a register.
    await building.writeRegister(100, 160)
    await told('SetChargingProfile')
    await until(async () => (await register(126)) === 160, 'limit.applied')
    await building.writeRegister(101, 0)
    await told('ChangeAvailability')
    await building.writeRegister(100 + place('stop'), 1)
    await told('RemoteStopTransaction')
    expect(
      await client.call('StopTransaction', { transactionId, meterStop: 200, timestamp, reason: 'Remote' }),
    ).toEqual({})
    await building.writeRegister(100 + place('unlock'), 1)
    await told('UnlockConnector')
    await building.writeRegister(100 + place('start'), 1)
    await told('RemoteStartTransaction')
    await building.writeRegister(place('reset'), 1)
    await told('Reset')
    await building.writeRegister(100, 0xffff)
    await told('ClearChargingProfile')
    await building.writeRegisters(10_190, [0, 30])
    await told('ChangeConfiguration')
    expect(complaints).toEqual([])
    await client.close()
  }, 60_000)
})

describe('ocpp-ws-cli', () => {
  /** Its simulator is worked by keys. */
  it('boots, charges and is commanded', async () => {
    const child = spawn(
      process.execPath,
      [
        CLI,
        'simulate',
        '-e',
        url(),
        '-i',
        'CP-1',
        '-p',
        'ocpp1.6',
        '-t',
        'CLI-TAG',
        '--report',
        'json',
        '--report-dir',
        folder,
      ],
      { stdio: ['pipe', 'ignore', 'ignore'] },
    )
    try {
      await until(async () => (await building.readDiscreteInputs(0, 1)).data[0] === true, 'online')
      await new Promise((resolve) => setTimeout(resolve, 1000))
      child.stdin.write('b')
      await new Promise((resolve) => setTimeout(resolve, 500))
      child.stdin.write('t')
      await until(async () => (await register(128)) === 2, 'charging')
      child.stdin.write('m')
      await until(async () => (await float(110)) > 0, 'power')
      await building.writeRegister(100, 100)
      await until(async () => (await register(126)) === 100, 'limit.applied')
      await building.writeRegister(100 + place('stop'), 1)
      await until(async () => (await register(128)) !== 2, 'stopped by the building')
    } finally {
      child.kill('SIGKILL')
    }
  }, 60_000)

  it('finds nothing in its compliance suites but what is forgiven on purpose', async () => {
    const child = spawn(
      process.execPath,
      [
        CLI,
        'test',
        '-e',
        url(),
        '-i',
        'CP-1',
        '-p',
        'ocpp1.6',
        '--suite',
        'all',
        '--report',
        'json',
        '--report-dir',
        folder,
      ],
      { stdio: 'ignore' },
    )
    await new Promise((resolve) => child.once('exit', resolve))
    const file = readdirSync(folder).find((name) => name.startsWith('ocpp-test-report'))
    const report = readFileSync(join(folder, file ?? ''), 'utf8')
    const failed = failures(JSON.parse(report))
    // Real chargers offer no subprotocol, number their messages, leave payloads out and send long configurations.
    expect(failed.sort()).toEqual([
      'Server enforces MessageId is a string',
      'Server rejects missing payload in CALL',
      'Server rejects non-object payload in CALL',
      'Server rejects oversized frames (>128KB)',
      'Server requires subprotocol',
    ])
  }, 120_000)
})

describe("ocpp-ws-cli's fuzzer", () => {
  it('is never cut off, and another charger does not notice', async () => {
    const other = new PlainCharger(url(), 'CP-2')
    await other.connect()
    expect(await other.boot()).toBe('Accepted')
    const before = residentBytes()
    const args = ['fuzz', '-e', `${url()}/CP-1`, '-w', '4', '--flood', '--report', 'json', '--report-dir', folder]
    const child = spawn(process.execPath, [CLI, ...args], { stdio: 'ignore' })
    const over = new Promise((resolve) => child.once('exit', resolve))
    const end = Date.now() + 8_000
    let beats = 0
    while (Date.now() < end) {
      expect(await other.call('Heartbeat', {})).toHaveProperty('currentTime')
      beats += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    child.kill('SIGINT')
    // It goes back to a menu when it has written its report.
    const metrics = await vi.waitFor(() => {
      const file = readdirSync(folder).find((name) => name.startsWith('ocpp-fuzz-report')) ?? ''
      return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { metrics: Record<string, number> }).metrics
    }, 10_000)
    child.kill('SIGKILL')
    await over
    console.log(`fuzz: ${JSON.stringify(metrics)}, ${beats} heartbeats, ${residentBytes() - before} bytes more`)
    expect(metrics.anomaliesSent).toBeGreaterThan(500)
    expect(metrics.serverDrops).toBe(0)
    expect(beats).toBeGreaterThan(20)
    // With a thread that begins meanwhile: from source, it brings a reader of TypeScript of its own.
    expect(residentBytes() - before).toBeLessThan(150_000_000)
    expect(other.connected).toBe(true)
    other.cut()
  }, 60_000)
})

/** What the bridge's process holds in memory. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${bridge.child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

/** The names of all tests in a report that did not pass. */
function failures(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(failures)
  if (typeof node !== 'object' || node === null) return []
  const { name, passed, status } = node as { name?: string; passed?: boolean; status?: string }
  if (name !== undefined && (passed === false || status === 'failed' || status === 'fail')) return [name]
  return Object.values(node).flatMap(failures)
}
