import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'

let folder: string
let config: string
let bridge: BridgeProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'))
  config = join(folder, 'config.yaml')
  writeFileSync(
    config,
    [
      'site: Site',
      'ocpp: { listen: "127.0.0.1:0" }',
      'modbus: { tcp: { listen: "127.0.0.1:0" } }',
      'chargers:',
      '  - { id: CP-1, name: Bay 01, connectors: 2, electrical: { maxCurrent: 32 } }',
      '',
    ].join('\n'),
  )
})
afterEach(() => {
  bridge?.child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** One Modbus request on a connection of its own; the answer's PDU in hexadecimal. */
function modbus(port: number, pdu: string): Promise<string> {
  const body = Buffer.from(pdu.replaceAll(' ', ''), 'hex')
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(Buffer.concat([Buffer.from([0, 1, 0, 0, 0, body.length + 1, 1]), body])),
    )
    socket.once('data', (answer) => {
      socket.destroy()
      resolve(answer.subarray(7).toString('hex'))
    })
    socket.once('error', reject)
  })
}

/** A charger that boots, accepts everything, and hands over the calls it gets. */
async function charger(url: string, onCall: (action: string, payload: Record<string, unknown>) => void) {
  const socket = new WebSocket(`${url}/CP-1`, 'ocpp1.6')
  const results = new Map<string, (payload: Record<string, unknown>) => void>()
  socket.on('message', (data) => {
    const [type, id, third, fourth] = JSON.parse(String(data)) as [number, string, string, Record<string, unknown>]
    if (type === 2) {
      socket.send(
        JSON.stringify([3, id, third === 'GetConfiguration' ? { configurationKey: [] } : { status: 'Accepted' }]),
      )
      onCall(third, fourth)
    } else results.get(id)?.(third as unknown as Record<string, unknown>)
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
  return { call, close: () => socket.terminate() }
}

describe('a bridge that is killed at once after it answered', () => {
  it('applies the limit that it had accepted when it is started again, and knows the transaction that it began', async () => {
    bridge = await startBridge(['run', '--config', config])
    expect(await modbus(bridge.port('modbus'), '06 0064 00a0')).toBe('06006400a0')
    const before = await charger(bridge.addresses.get('ocpp') ?? '', () => {})
    const start = { connectorId: 1, idTag: 'TAG', meterStart: 5, timestamp: '2026-01-01T00:00:00Z' }
    const { transactionId } = await before.call('StartTransaction', start)
    await bridge.end('SIGKILL')
    before.close()

    bridge = await startBridge(['run', '--config', config])
    expect(await modbus(bridge.port('modbus'), '03 0064 0001')).toBe('030200a0')
    const first = new Promise<Record<string, unknown>>((resolve) => {
      void charger(bridge?.addresses.get('ocpp') ?? '', (action, payload) => {
        if (action === 'SetChargingProfile') resolve(payload)
      }).then(async (after) => {
        // The answer to the start was lost, says the charger: it gets the same number again.
        expect((await after.call('StartTransaction', start)).transactionId).toBe(transactionId)
      })
    })
    expect(await first).toMatchObject({
      connectorId: 1,
      csChargingProfiles: { transactionId, chargingSchedule: { chargingSchedulePeriod: [{ limit: 16 }] } },
    })
    expect(await bridge.end()).toBe(0)
  }, 60_000)
})
