import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { loopback } from '../support/loopback.ts'
import { readTrend } from './clients/bacnet-js-trend.ts'

/** As this client has bit strings: the first bit is the lowest. */
const FIRST_AND_LAST = 0b011
const folder = mkdtempSync(join(tmpdir(), 'trend-'))
let bridge: BridgeProcess | undefined

afterEach(async () => {
  await bridge?.end()
  bridge = undefined
})

/** Whether the first charger is online, every second: of values that never came this client understands no record. */
async function start(): Promise<string> {
  bridge = await startBridge(['demo', '--config', join(folder, 'config.yaml')])
  return `127.0.0.1:${bridge.port('bacnet')}`
}

it('@bacnet-js/client reads a trend log, and after the bridge was killed the same records with those that followed', async () => {
  mkdirSync(join(folder, 'mappings'))
  writeFileSync(
    join(folder, 'mappings/trended.yaml'),
    [
      'mapping: trended',
      'extends: standard',
      'charger:',
      '  - { point: online, bacnet: { object: binary-input, instance: 1, name: Online, trend: 1s } }',
      '',
    ].join('\n'),
  )
  writeFileSync(
    join(folder, 'config.yaml'),
    [
      'site: Site',
      'ocpp: { listen: "127.0.0.1:0" }',
      'bacnet: { listen: "127.0.0.1:0", device: { instance: 4000 }, topology: flat }',
      'store: sqlite:trend.db',
      'chargers:',
      '  - { id: CP-1, name: Bay 01, connectors: 1, mapping: trended, electrical: { maxCurrent: 32 } }',
      '',
    ].join('\n'),
  )
  const client = { address: loopback(2), port: 47_833, instance: 1001 }
  const before = await readTrend({ ...client, bridge: await start(), records: 3 })
  expect(before.total).toBeGreaterThanOrEqual(3)
  expect(before.itemCount).toBe(before.values.length)
  expect(before.flags).toEqual([FIRST_AND_LAST])
  for (const { at, isLogStatus, value } of before.values) {
    expect(isLogStatus).toBe(false)
    expect([0, 1]).toContain(value)
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000)
  }
  await bridge?.end('SIGKILL')

  const after = await readTrend({ ...client, bridge: await start(), records: before.total + 3 })
  const kept = after.values.slice(0, before.values.length)
  expect(kept).toEqual(before.values)
  const interruptions = after.values.filter(({ isLogStatus }) => isLogStatus)
  expect(interruptions).toHaveLength(1)
  expect(after.values.at(-1)?.isLogStatus).toBe(false)
}, 90_000)

process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
