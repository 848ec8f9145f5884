import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'

let folder: string
let disk: string
let config: string
let bridge: BridgeProcess | undefined

function configText(ids: readonly string[] = ['CP-1', 'CP-2']): string {
  return [
    'site: Site',
    'ocpp: { listen: "127.0.0.1:0" }',
    'modbus: { tcp: { listen: "127.0.0.1:0" } }',
    'chargers:',
    ...ids.map((id) => `  - { id: ${id}, name: Bay ${id.slice(-1)}, connectors: 1, electrical: { maxCurrent: 32 } }`),
    '',
  ].join('\n')
}

/** A file system of 2 MB; false where this machine doesn't let us have one. */
function mounted(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'small-'))
  disk = mkdtempSync(join(tmpdir(), 'small-disk-'))
  config = join(folder, 'config.yaml')
  writeFileSync(config, `${configText()}store: "sqlite:${disk}/bridge.db"\n`)
})
afterEach(() => {
  bridge?.child.kill('SIGKILL')
  try {
    execFileSync('umount', ['-l', disk], { stdio: 'ignore' })
  } catch {
    // It was never there.
  }
  for (const each of [folder, disk]) rmSync(each, { recursive: true, force: true })
})

/** A charger whose calls are answered; it accepts everything. */
async function charger(url: string, id: string) {
  const socket = new WebSocket(`${url}/${id}`, 'ocpp1.6')
  const results = new Map<string, (payload: Record<string, unknown>) => void>()
  let closed = false
  socket.on('close', () => {
    closed = true
  })
  socket.on('message', (data) => {
    const [type, own, third] = JSON.parse(String(data)) as [number, string, unknown]
    if (type !== 2) results.get(own)?.(third as Record<string, unknown>)
    else
      socket.send(
        JSON.stringify([3, own, third === 'GetConfiguration' ? { configurationKey: [] } : { status: 'Accepted' }]),
      )
  })
  await new Promise((resolve) => socket.once('open', resolve))
  let next = 0
  const call = (action: string, payload: object) =>
    new Promise<Record<string, unknown>>((resolve) => {
      next += 1
      results.set(`c${next}`, resolve)
      socket.send(JSON.stringify([2, `c${next}`, action, payload]))
    })
  await call('BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1' })
  return { call, isClosed: () => closed, end: () => socket.terminate() }
}

/** Input registers and discrete inputs of the bridge itself, as one Modbus answer in hexadecimal. */
function ask(port: number, pdu: string): Promise<string> {
  const body = Buffer.from(pdu.replaceAll(' ', ''), 'hex')
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(Buffer.concat([Buffer.from([0, 1, 0, 0, 0, body.length + 1, 255]), body])),
    )
    socket.once('data', (answer) => {
      socket.destroy()
      resolve(answer.subarray(7).toString('hex'))
    })
    socket.once('error', reject)
  })
}

/** Leaves not one byte. */
function fillUp(): () => void {
  const filler = join(disk, 'filler')
  writeFileSync(filler, '')
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) execFileSync('sh', ['-c', `head -c ${size} /dev/zero >> ${filler}`], { stdio: 'ignore' })
    } catch {
      // Not so many any more.
    }
  }
  expect(statfsSync(disk).bavail).toBe(0)
  return () => rmSync(filler)
}

const when = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString()

describe('a bridge on a disk that is really full', () => {
  it('answers all chargers, and writes what they told once there is room', async ({ skip }) => {
    if (!mounted()) skip('no small file system: mounting tmpfs needs root')
    bridge = await startBridge(['run', '--config', config])
    const url = bridge.addresses.get('ocpp') ?? ''
    const port = bridge.port('modbus')
    const own = [await charger(url, 'CP-1'), await charger(url, 'CP-2')]
    const empty = fillUp()
    const ids: number[] = []
    for (let n = 0; n < 40; n += 1) {
      for (const each of own) {
        const { transactionId } = await each.call('StartTransaction', {
          ...{ connectorId: 1, idTag: 'TAG', meterStart: n, timestamp: when(n * 2) },
        })
        ids.push(transactionId as number)
        await each.call('MeterValues', {
          ...{ connectorId: 1, transactionId },
          meterValue: [{ timestamp: when(n * 2), sampledValue: [{ value: String(n) }] }],
        })
        const stop = { transactionId, meterStop: n + 1, timestamp: when(n * 2 + 1), idTag: 'TAG' }
        expect(await each.call('StopTransaction', stop)).toMatchObject({ idTagInfo: { status: 'Accepted' } })
      }
    }
    expect(new Set(ids).size).toBe(80)
    expect(own.map(({ isClosed }) => isClosed())).toEqual([false, false])
    await bridge.said("can't be written: SqliteError: database or disk is full; make room on its disk")
    expect(await ask(port, '02 0000 0001')).toBe('020101')
    empty()
    await bridge.said('can be written again')
    // The histories, on the same disk, are tried again at a time of their own.
    const isWell = async () => {
      expect(await ask(port, '02 0000 0001')).toBe('020100')
      expect(await ask(port, '04 0010 0004')).toBe('04080000000000000000')
    }
    await vi.waitFor(isWell, { timeout: 10_000, interval: 100 })
    for (const each of own) each.end()
    await bridge.end('SIGKILL')
    const database = new SqliteDatabase(`${disk}/bridge.db`)
    const rows = database.prepare('SELECT id FROM "transaction" WHERE stoppedAt IS NOT NULL').pluck().all() as number[]
    database.close()
    expect(rows.sort((a, b) => a - b)).toEqual(ids.sort((a, b) => a - b))
  }, 120_000)

  it('says what is lost with it where it is stopped, and ends as always', async ({ skip }) => {
    if (!mounted()) skip('no small file system: mounting tmpfs needs root')
    bridge = await startBridge(['run', '--config', config])
    const own = await charger(bridge.addresses.get('ocpp') ?? '', 'CP-1')
    fillUp()
    for (let n = 0; n < 40; n += 1)
      await own.call('StartTransaction', { connectorId: 1, idTag: 'TAG', meterStart: n, timestamp: when(n) })
    own.end()
    const lost = bridge.said('transactions are lost')
    const before = performance.now()
    expect(await bridge.end()).toBe(0)
    expect(performance.now() - before).toBeLessThan(4_500)
    await lost
  }, 120_000)

  it('starts on it, too, with the room that it had kept for that', async ({ skip }) => {
    if (!mounted()) skip('no small file system: mounting tmpfs needs root')
    bridge = await startBridge(['run', '--config', config])
    expect(await ask(bridge.port('modbus'), '02 0000 0001')).toBe('020100')
    expect(await bridge.end()).toBe(0)
    fillUp()
    bridge = await startBridge(['run', '--config', config])
    const own = await charger(bridge.addresses.get('ocpp') ?? '', 'CP-1')
    const begun = { connectorId: 1, idTag: 'TAG', meterStart: 99, timestamp: when(99) }
    expect((await own.call('StartTransaction', begun)).transactionId).toBeGreaterThan(0)
    own.end()
    expect(await bridge.end()).toBe(0)
  }, 120_000)
})

describe('a bridge whose store is damaged', () => {
  it('starts with what could be saved, each charger where it was', async () => {
    const file = join(folder, 'bridge.db')
    writeFileSync(config, `${configText()}store: "sqlite:${file}"\n`)
    bridge = await startBridge(['run', '--config', config])
    expect(await ask(bridge.port('modbus'), '04 4e48 0001')).toBe('04020002')
    await bridge.end()
    // The first of the two is gone from the config: what is left has the number that it always had.
    writeFileSync(config, `${configText(['CP-2'])}store: "sqlite:${file}"\n`)
    const database = new SqliteDatabase(file)
    const root = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'charger'").pluck().get() as number
    const size = database.pragma('page_size', { simple: true }) as number
    database.close()
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(0, (root - 1) * size, root * size))
    bridge = await startBridge(['run', '--config', config])
    await bridge.said('was damaged')
    expect(await ask(bridge.port('modbus'), '04 4e20 0001')).toBe('04020000')
    expect(await ask(bridge.port('modbus'), '04 4e48 0001')).toBe('04020002')
    expect(await bridge.end()).toBe(0)
  }, 60_000)
})
