import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StorageHealth } from '../../src/core/storage-health.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { draw } from '../../src/plan.ts'
import { runBridge } from '../../src/run.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { HandKeeping } from '../support/hand-keeping.ts'

const ADDRESS = '127.0.31.1'
const PORT = 47_808
/** ReinitializeDevice, warmstart, with the password "secret". */
const WARMSTART = '00 05 07 14 09 01 1d 07 00 736563726574'
/** ReadProperty of the device's Database_Revision. */
const REVISION = '00 05 08 0c 0c 02000fa0 19 9b'

let folder: string
let config: string
let bridge: BridgeProcess | undefined
let client: Socket

const text = (name: string) => `site: ${name}
ocpp: { listen: "${ADDRESS}:8887" }
bacnet: { listen: "${ADDRESS}:${PORT}", device: { instance: 4000 }, network: 2000, password: secret, allowRestart: true }
`

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restart-'))
  config = join(folder, 'config.yaml')
  writeFileSync(config, text('Site'))
  client = createSocket('udp4')
  await new Promise<void>((resolve) => client.bind(0, '127.0.31.2', resolve))
})
afterEach(() => {
  client.close()
  bridge?.child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function ask(apdu: string): Promise<string> {
  const npdu = Buffer.from(`0104${apdu.replaceAll(' ', '')}`, 'hex')
  const answer = new Promise<string>((resolve) =>
    client.once('message', (bytes) => resolve(bytes.subarray(6).toString('hex'))),
  )
  client.send(Buffer.concat([Buffer.from([0x81, 0x0a, 0, npdu.length + 4]), npdu]), PORT, ADDRESS)
  return answer
}

describe('a bridge that a client restarts', () => {
  it('answers first, comes back by itself with what the config says now, and counts its revisions on', async () => {
    bridge = await startBridge(['run', '--config', config])
    const before = await ask(REVISION)
    // What needs a restart waits for one.
    writeFileSync(config, text('Other'))
    await bridge.said('a restart is needed')
    expect(await ask(WARMSTART)).toBe('200714')
    const again = new Promise<void>((resolve) => bridge?.child.stdout?.once('data', () => resolve()))
    await bridge.said('restarted by bacnet:127.0.31.2')
    await again
    expect(Number.parseInt((await ask(REVISION)).slice(-4, -2), 16)).toBe(Number.parseInt(before.slice(-4, -2), 16) + 1)
    expect(await bridge.end()).toBe(0)
  }, 30_000)

  it('goes on as before where the config has a mistake', async () => {
    bridge = await startBridge(['run', '--config', config])
    writeFileSync(config, `${text('Site')}nonsense: 1\n`)
    expect(await ask(WARMSTART)).toBe('200714')
    await bridge.said('no restart, the bridge goes on as before')
    expect(await ask(REVISION)).toMatch(/^30080c/)
    expect(await bridge.end()).toBe(0)
  }, 30_000)

  it('begins nothing new where it is told to end while it stops for that', async () => {
    const { plan } = draw(config)
    if (plan === undefined) throw new Error('no plan')
    let begun = 0
    let closed = () => {}
    const ended = new Promise<void>((resolve) => {
      closed = () => resolve(running.stop())
    })
    const running = await runBridge(plan, {
      file: config,
      log: silentLog,
      openKept() {
        const store = openSqlite(':memory:', systemClock)
        return {
          health: new StorageHealth(),
          store: {
            ...store,
            close() {
              store.close()
              closed()
            },
          },
        }
      },
      started(gateway) {
        begun += 1
        return gateway.start()
      },
    })
    expect(await ask(WARMSTART)).toBe('200714')
    await ended
    expect(begun).toBe(1)
  }, 30_000)

  it('answers first also where its answer waits for the disk', async () => {
    const { plan } = draw(config)
    if (plan === undefined) throw new Error('no plan')
    const keeping = new HandKeeping()
    let again = () => {}
    const restarted = new Promise<void>((resolve) => {
      again = resolve
    })
    let begun = 0
    const running = await runBridge(plan, {
      file: config,
      log: silentLog,
      openKept: () => ({ health: new StorageHealth(), store: { ...openSqlite(':memory:', systemClock), keeping } }),
      async started(gateway) {
        begun += 1
        const addresses = await gateway.start()
        if (begun === 2) again()
        return addresses
      },
    })
    const answer = ask(WARMSTART)
    // The answer and the restart.
    await vi.waitFor(() => expect(keeping.waiting).toBe(2))
    keeping.sync()
    expect(await answer).toBe('200714')
    await restarted
    await running.stop()
  }, 30_000)

  it('goes on as before while entries wait for the disk, which would be lost', async () => {
    const { plan } = draw(config)
    if (plan === undefined) throw new Error('no plan')
    const health = new StorageHealth()
    health.report('state', { failing: true, waiting: 3, lost: 0 })
    let begun = 0
    let heard = (_message: string) => {}
    const log = { ...silentLog, error: (_fields: object, message: string) => heard(message) }
    const said = new Promise<string>((resolve) => {
      heard = resolve
    })
    let again = () => {}
    const restarted = new Promise<void>((resolve) => {
      again = resolve
    })
    const running = await runBridge(plan, {
      file: config,
      log,
      openKept: () => ({ health, store: openSqlite(':memory:', systemClock) }),
      async started(gateway) {
        begun += 1
        const addresses = await gateway.start()
        if (begun === 2) again()
        return addresses
      },
    })
    expect(await ask(WARMSTART)).toBe('200714')
    expect(await said).toBe('no restart: 3 entries wait in memory for a disk that takes nothing, and would be lost')
    expect(begun).toBe(1)
    health.report('state', { failing: false, waiting: 0, lost: 0 })
    expect(await ask(WARMSTART.replace('07 14', '08 14'))).toBe('200814')
    await restarted
    await running.stop()
  }, 30_000)
})
