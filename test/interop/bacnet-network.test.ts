import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { labHindrance, NetworkLab } from '../support/network-lab.ts'

const hindrance = labHindrance()
const folder = mkdtempSync(join(tmpdir(), 'lab-'))
const bridges: BridgeProcess[] = []
let lab: NetworkLab

beforeAll(() => {
  if (hindrance !== undefined) return
  lab = new NetworkLab()
  lab.host('bridge', [1, 10])
  lab.host('client', [1, 30])
  lab.host('far-bridge', [2, 10])
  lab.host('far-client', [2, 30])
})

afterEach(async () => {
  await Promise.all(bridges.splice(0).map((bridge) => bridge.end()))
})

afterAll(() => {
  lab?.close()
  rmSync(folder, { recursive: true })
})

/** A bridge in a host: its own device is `first`, those of its two chargers the next. */
async function bridge(host: string, listen: string, first: number, bacnet: string): Promise<BridgeProcess> {
  const file = join(folder, `${host}-${bridges.length}.yaml`)
  writeFileSync(
    file,
    [
      'ocpp: { listen: "127.0.0.1:0" }',
      `bacnet: { listen: "${listen}", device: { instance: ${first} }, instances: ${first + 1}-${first + 99}, ${bacnet} }`,
      'store: "sqlite::memory:"',
      'chargers: [{ id: CP-1, electrical: { maxCurrent: 32 } }, { id: CP-2, electrical: { maxCurrent: 32 } }]',
      '',
    ].join('\n'),
  )
  const made = await startBridge(['run', '--config', file], 20_000, lab.inside(host))
  bridges.push(made)
  return made
}

/** Who answers to a client, with the address that the answer came from. */
async function found(host: string, script: string, options: object): Promise<readonly string[]> {
  const said = (await lab.program(host, script, options).ended) as { deviceId: number; address: string }[]
  return [...new Set(said.map(({ address, deviceId }) => `${deviceId} ${address.split(':')[0]}`))].sort()
}

const NEAR = [4000, 4001, 4002]
const FAR = [5000, 5001, 5002]
const at = (address: string, instances: readonly number[]) => instances.map((instance) => `${instance} ${address}`)

describe.skipIf(hindrance !== undefined)(`on Ethernets of their own${hindrance ? ` (${hindrance})` : ''}`, () => {
  it.each([
    ['its own address', '10.77.1.10:47808'],
    ['all addresses', '0.0.0.0:47808'],
  ])(
    'a bridge on %s answers Who-Is to the subnet and to everybody, of two other stacks',
    async (_what, listen) => {
      await bridge('bridge', listen, 4000, 'network: 2000')
      for (const broadcast of ['10.77.1.255', '255.255.255.255']) {
        expect(await found('client', 'lab-bacnet-js.ts', { broadcast, until: NEAR })).toEqual(at('10.77.1.10', NEAR))
        // It asks the IP network alone.
        expect(await found('client', 'lab-bacstack.ts', { broadcast, until: [4000] })).toContain('4000 10.77.1.10')
      }
    },
    60_000,
  )

  it('a bridge on all addresses speaks to a subnet that comes later', async () => {
    lab.host('laptop', [1, 40])
    await bridge('laptop', '0.0.0.0:47808', 4000, 'network: 2000, ipNetwork: 7')
    lab.plug('laptop', 2, 40)
    // What-Is-Network-Number is answered by broadcast.
    const asked = { hex: '810b0007018012', until: '810b000a018013000701' }
    const far = lab.program('far-client', 'lab-datagrams.ts', { ...asked, to: '10.77.2.255' })
    expect(await far.ended).toContainEqual({ from: '10.77.2.40', hex: asked.until })
    const everybody = { broadcast: '255.255.255.255', until: NEAR }
    expect(await found('far-client', 'lab-bacnet-js.ts', everybody)).toEqual(at('10.77.2.40', NEAR))
    const near = lab.program('client', 'lab-datagrams.ts', { ...asked, to: '10.77.1.255' })
    expect(await near.ended).toContainEqual({ from: '10.77.1.40', hex: asked.until })
  }, 60_000)

  it('a bridge on one of its two addresses hears nothing of the other subnet', async () => {
    lab.host('two', [1, 50], [2, 50])
    await bridge('two', '10.77.1.50:47808', 4000, 'network: 2000')
    const everybody = { hex: '810b000c0120ffff00ff1008', to: '255.255.255.255' }
    const near = lab.program('client', 'lab-datagrams.ts', {
      ...everybody,
      until: '810a001501001000c402000fa0',
    })
    const far = lab.program('far-client', 'lab-datagrams.ts', everybody)
    await near.ended
    // It hears itself.
    await far.until((said) => said.length >= 5)
    far.child.kill()
    expect(far.said).toEqual(far.said.map(() => ({ from: '10.77.2.30', hex: everybody.hex })))
  }, 60_000)

  it('two bridges that are BBMDs make one network of two subnets', async () => {
    const near = 'network: 2000, bbmd: { peers: [10.77.2.10] }'
    const far = 'network: 3000, bbmd: { peers: [10.77.1.10, 10.77.2.10] }'
    await bridge('bridge', '10.77.1.10:47808', 4000, near)
    await bridge('far-bridge', '10.77.2.10:47808', 5000, far)
    const both = { broadcast: '255.255.255.255', until: [...NEAR, ...FAR] }
    const all = [...at('10.77.1.10', NEAR), ...at('10.77.2.10', FAR)]
    expect(await found('far-client', 'lab-bacnet-js.ts', both)).toEqual(all)
    // It takes a BBMD for the origin of what that forwards: only who is there counts.
    const there = await found('client', 'lab-bacstack.ts', { ...both, until: [4000, 5000] })
    expect(there.map((each) => each.split(' ')[0])).toEqual(expect.arrayContaining(['4000', '5000']))
  }, 60_000)

  it('a client of another subnet registers with a bridge that is a BBMD, and finds what is there', async () => {
    await bridge('bridge', '10.77.1.10:47808', 4000, 'network: 2000, bbmd: { foreignDevices: [10.77.2.0/24] }')
    const pretender = lab.program('client', 'lab-bacnet-js.ts', { pretend: 77 })
    await pretender.until((said) => said.includes('ready'))
    const options = { bbmd: '10.77.1.10:47808', until: [77, ...NEAR] }
    expect(await found('far-client', 'lab-bacnet-js.ts', options)).toEqual([...at('10.77.1.10', NEAR), '77 10.77.1.30'])
    pretender.child.kill()
  }, 60_000)

  it('a bridge that is a foreign device is found in the subnet of its BBMD, and in its own without it', async () => {
    const bbmd = await bridge('far-bridge', '10.77.2.10:47808', 5000, 'network: 3000, bbmd: { foreignDevices: true }')
    const foreign = 'network: 2000, foreignDevice: { bbmd: 10.77.2.10:47808, ttl: 10s }'
    const own = await bridge('bridge', '0.0.0.0:47808', 4000, foreign)
    await own.said('registered with the BBMD as a foreign device')
    const both = { broadcast: '10.77.2.255', until: [...NEAR, ...FAR] }
    expect(await found('far-client', 'lab-bacnet-js.ts', both)).toEqual([
      ...at('10.77.1.10', NEAR),
      ...at('10.77.2.10', FAR),
    ])
    await bbmd.end('SIGKILL')
    const here = { broadcast: '10.77.1.255', until: NEAR }
    expect(await found('client', 'lab-bacnet-js.ts', here)).toEqual(at('10.77.1.10', NEAR))
  }, 60_000)

  it('a device whose instance is taken is announced to nobody, and the log says by whom', async () => {
    const other = lab.program('client', 'lab-bacnet-js.ts', { pretend: 4001 })
    await other.until((said) => said.includes('ready'))
    const own = await bridge('bridge', '10.77.1.10:47808', 4000, 'network: 2000')
    await own.said('10.77.1.30:47808 has a device with instance 4001, too')
    // 4002 is the last that is announced.
    await other.until((said) => said.some((each) => (each as { deviceId?: number }).deviceId === 4002))
    expect(other.said.map((each) => (each as { deviceId?: number }).deviceId)).toEqual([undefined, 4000, 4002])
    other.child.kill()
  }, 60_000)
})
