import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type BridgeProcess, runCommand, startBridge } from '../support/bridge-process.ts'

const main = join(import.meta.dirname, '../../src/main.ts')
let folder: string
let config: string
let bridge: BridgeProcess | undefined
let socket: WebSocket | undefined

const charger = (n: number) => `  - { id: CP-${n}, name: Bay 0${n}, connectors: 1, electrical: { maxCurrent: 32 } }\n`
const CONFIG = `site: Site
ocpp: { listen: "127.0.0.1:0" }
modbus: { tcp: { listen: "127.0.0.1:0" } }
chargers:
${charger(1)}`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reload-'))
  config = join(folder, 'config.yaml')
  writeFileSync(config, CONFIG)
})
afterEach(() => {
  socket?.terminate()
  bridge?.child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** One Modbus request to a unit on a connection of its own; the answer's PDU in hexadecimal. */
function modbus(port: number, unit: number, pdu: string): Promise<string> {
  const body = Buffer.from(pdu.replaceAll(' ', ''), 'hex')
  return new Promise((resolve, reject) => {
    const client = connect(port, '127.0.0.1', () =>
      client.write(Buffer.concat([Buffer.from([0, 1, 0, 0, 0, body.length + 1, unit]), body])),
    )
    client.once('data', (answer) => {
      client.destroy()
      resolve(answer.subarray(7).toString('hex'))
    })
    client.once('error', reject)
  })
}

async function connected(url: string, id: string): Promise<WebSocket> {
  const opened = new WebSocket(`${url}/${id}`, 'ocpp1.6')
  await new Promise((resolve) => opened.once('open', resolve))
  const answered = new Promise((resolve) => opened.once('message', resolve))
  opened.send('[2,"b","BootNotification",{"chargePointVendor":"ACME","chargePointModel":"M1"}]')
  await answered
  return opened
}

describe('a bridge whose config is edited while it runs', () => {
  it('adopts a guest, refuses what is wrong, listens to SIGHUP, and disturbs no other charger', async () => {
    bridge = await startBridge(['run', '--config', config])
    const url = bridge.addresses.get('ocpp') ?? ''
    const port = bridge.port('modbus')
    socket = await connected(url, 'CP-1')
    let closed = false
    socket.once('close', () => {
      closed = true
    })
    expect(await modbus(port, 1, '06 0064 00a0')).toBe('06006400a0')

    // A guest knocks: another process lists it while the bridge runs, and adopts it.
    const guest = await connected(url, 'Wallbox-7')
    const gone = new Promise((resolve) => guest.once('close', resolve))
    await bridge.said('charger connected')
    const listed = async () => {
      for (;;) {
        const { out } = await runCommand(['chargers', '--config', config, '--format', 'json'])
        const found = (JSON.parse(out) as Record<string, unknown>[]).find(
          ({ vendor, id }) => vendor === 'ACME' && id === 'Wallbox-7',
        )
        if (found !== undefined) return found
      }
    }
    expect(await listed()).toMatchObject({
      configured: false,
      reason: 'unknown',
      path: '/Wallbox-7',
      address: '127.0.0.1',
    })
    const adopted = await runCommand(['chargers', 'adopt', 'wallbox-7', '--name', 'Bay 07', '--config', config])
    expect(adopted).toMatchObject({ code: 0, out: expect.stringContaining('Wallbox-7 is in') })
    expect(readFileSync(config, 'utf8')).toBe(`${CONFIG}  - id: Wallbox-7\n    name: Bay 07\n`)
    await bridge.said('taken up, 1 charger added')
    await gone
    expect(await modbus(port, 2, '03 0064 0001')).toBe('0302ffff')

    // Wrong: refused whole, at its line.
    const right = readFileSync(config, 'utf8')
    writeFileSync(`${config}.new`, `${right}${charger(3)}${charger(3)}`)
    renameSync(`${config}.new`, config)
    bridge.child.kill('SIGHUP')
    await bridge.said('config.yaml:9:11 duplicate-id')
    await bridge.said('the bridge goes on as before')
    expect(await modbus(port, 3, '03 0064 0001')).toBe('830a')

    writeFileSync(config, right.replace('site: Site', 'site: Elsewhere'))
    bridge.child.kill('SIGHUP')
    await bridge.said('nothing taken up, a restart is needed to change site')

    // The guest leaves again.
    writeFileSync(config, CONFIG)
    bridge.child.kill('SIGHUP')
    await bridge.said('taken up, 1 charger removed')
    expect(await modbus(port, 2, '03 0064 0001')).toBe('830a')
    expect(await modbus(port, 1, '03 0064 0001')).toBe('030200a0')
    expect(closed).toBe(false)
    expect(await bridge.end()).toBe(0)
  }, 90_000)
})

describe('the command line', () => {
  it('says of a right config what it amounts to, beside what it prints for programs', async () => {
    expect(await runCommand(['check', '--config', config])).toEqual({
      code: 0,
      out: '',
      errors: expect.stringMatching(/config\.yaml can be run: 1 charger, \d+ points\n$/),
    })
  }, 30_000)

  it('ends quietly when whoever reads its output has seen enough', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'points', '--config', config])
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.stdout.destroy()
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
    expect(errors).toBe('')
  }, 30_000)

  it('lets a simulated charger say how its connection fares', async () => {
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      main,
      'simulate',
      '--url',
      'ws://127.0.0.1:1',
      '--id',
      'X',
    ])
    const said = await new Promise((resolve) => {
      let errors = ''
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString()
        if (errors.includes('could not connect')) resolve(errors)
      })
    })
    child.kill('SIGKILL')
    expect(said).toContain('ECONNREFUSED')
  }, 30_000)

  it('says which command a word may mean', async () => {
    expect(await runCommand(['frobnicate'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('there is no command frobnicate: one of run, demo, check,'),
    })
    expect(await runCommand(['chekc', '--config', config])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('did you mean check?'),
    })
  }, 30_000)
})
