import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { loopback } from '../support/loopback.ts'
import { PlainCharger } from '../support/plain-charger.ts'
import { servicesSite, writeServicesSite } from '../support/services-site.ts'
import { exerciseBacnetJs } from './clients/bacnet-js.ts'
import { exerciseServices } from './clients/bacnet-js-services.ts'
import { exerciseBacstack } from './clients/bacstack.ts'
import { exerciseFlatServices } from './clients/bacstack-services.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'bacnet-'))
let bridge: BridgeProcess | undefined

afterEach(async () => {
  await bridge?.end()
  bridge = undefined
})

/** Of the bridge: two runs on one machine don't disturb each other. */
const address = loopback(1)
const PORT = 47_808

/** The bridge with simulated chargers, at an address of this run. */
async function start(name: string, bacnet: string): Promise<string> {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(
    file,
    [
      'site: Site',
      'ocpp: { listen: "127.0.0.1:0" }',
      `bacnet: { listen: "${address}:${PORT}", device: { instance: 4000 }, ${bacnet} }`,
      `store: sqlite:${name}.db`,
      'chargers:',
      '  - { id: CP-1, name: Bay 01, connectors: 2, mapping: full, electrical: { maxCurrent: 32 } }',
      '  - { id: CP-2, name: Bay 02, connectors: 1, electrical: { maxCurrent: 32 } }',
      '',
    ].join('\n'),
  )
  bridge = await startBridge(['demo', '--config', file])
  return `${address}:${PORT}`
}

/** The bridge with one charger, which says what a test wants. */
async function startServices(topology: 'virtual' | 'flat'): Promise<PlainCharger> {
  bridge = await startBridge(['run', '--config', writeServicesSite(folder, `${address}:${PORT}`, topology)])
  const charger = new PlainCharger(bridge.addresses.get('ocpp') ?? '', servicesSite.charger)
  await charger.connect()
  expect(await charger.boot()).toBe('Accepted')
  return charger
}

describe('@bacnet-js/client', () => {
  it('finds the virtual devices, reads every property of every object, writes, and is told of changes', async () => {
    const at = await start('virtual', 'network: 2000')
    const result = await exerciseBacnetJs({
      address: loopback(2),
      port: PORT,
      bridge: at,
      limit: { device: 4001, instance: 101 },
    })
    expect(result.devices).toEqual([4000, 4001, 4002])
    expect(result.objects).toBeGreaterThan(300)
    expect(result.properties).toBeGreaterThan(3000)
    expect(result.notifications).toEqual({ confirmed: 3, unconfirmed: 3 })
  }, 60_000)

  it('uses every service that it has: segments, several writes, logs, views, alarms, clock, silence, restart', async () => {
    const charger = await startServices('virtual')
    const { device, password } = servicesSite
    const result = await exerciseServices({
      address: loopback(2),
      port: PORT,
      bridge: address,
      device,
      password,
      charger,
    })
    charger.cut()
    expect(result.objects).toBeGreaterThan(500)
    expect(result.alarms).toEqual([
      'Site.Bay 01.1.Status: Faulted',
      'Site.Bay 01.1.Status: acknowledged by the janitor',
      'Site.Bay 01.1.Status: Available',
      'Site.Bay 01.1.Status: acknowledged by the janitor',
    ])
  }, 60_000)
})

describe('bacstack', () => {
  it('does so in the flat topology, without routing', async () => {
    await start('flat', 'topology: flat')
    const result = await exerciseBacstack({
      address: loopback(2),
      port: PORT,
      bridge: address,
      device: 4000,
      limit: 1101,
    })
    expect(result.objects).toBeGreaterThan(250)
  }, 60_000)

  it('uses what it has of the services: several writes, a property, a log, an alarm, silence', async () => {
    const charger = await startServices('flat')
    const { password } = servicesSite
    const result = await exerciseFlatServices({ address: loopback(2), port: PORT, bridge: address, password, charger })
    charger.cut()
    expect(result.records).toBeGreaterThan(0)
  }, 60_000)
})

// Raw sockets need root.
const nmap = spawnSync('nmap', ['--version']).error === undefined && process.getuid?.() === 0

describe('nmap', () => {
  it.skipIf(!nmap)(
    'names the bridge (skipped without nmap, or without root)',
    async () => {
      await start('nmap', 'network: 2000')
      const { stdout } = await run('nmap', ['-sU', '-p', `${PORT}`, '--script', '+bacnet-info', address])
      expect(stdout).toMatch(/Object-identifier: 4000/)
      expect(stdout).toMatch(/Object Name: Site/)
      expect(stdout).toMatch(/Vendor Name: ocpp-bms-bridge/)
    },
    60_000,
  )
})

process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
