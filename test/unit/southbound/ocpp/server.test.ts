import { once } from 'node:events'
import { get } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '../../../../src/lib/clock.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { config } from '../../../../src/southbound/ocpp/config.ts'
import { ocpp } from '../../../../src/southbound/ocpp/index.ts'
import { identifierOf } from '../../../../src/southbound/ocpp/transport/identifier.ts'
import { Authority, folderOf } from '../../../support/authority.ts'
import { chargerSettings, core, FakeLink } from '../../../support/core.ts'

let own: ReturnType<typeof core>
let server: ReturnType<typeof ocpp.create>
let url: string
let port: number

async function start(settings: object = {}): Promise<void> {
  server = ocpp.create(config.parse({ listen: '127.0.0.1:0', ...settings }), {
    door: own.fleet,
    clock: systemClock,
    log: silentLog,
    store: own.store,
  })
  url = await server.start()
  port = Number(url.split(':').at(-1))
}

beforeEach(async () => {
  own = core()
  own.fleet.add({ ...chargerSettings, id: 'SAFE', password: 'pass:word' })
  await start()
})
afterEach(() => server.stop())

async function open(
  path: string,
  protocols: string | string[] = 'ocpp1.6',
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers })
  await once(socket, 'open')
  return socket
}

/** The status of a refused upgrade. */
function refused(
  path: string,
  protocols: string | string[] = 'ocpp1.6',
  headers: Record<string, string> = {},
): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers })
  socket.on('error', () => {})
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.once('open', () => reject(new Error('it was let in')))
  })
}

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const online = async (wanted: boolean) => {
  for (let tries = 0; tries < 100 && own.charger.online !== wanted; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  return own.charger.online
}

describe('the port of the chargers', () => {
  it.each(['/CP-1', '//CP-1', '/ocpp/CP-1/', '/CP-1?x=1', '/cp-1', '/ocpp/16/CP%2D1'])(
    'lets a charger in at %s',
    async (path) => {
      const socket = await open(path)
      expect(await online(true)).toBe(true)
      expect(socket.protocol).toBe('ocpp1.6')
      socket.terminate()
      expect(await online(false)).toBe(false)
    },
  )

  it('chooses 1.6 among other versions, takes chargers that offer none, and refuses those that offer only others', async () => {
    for (const offers of [['ocpp2.0.1', 'ocpp1.6'], ['ocpp0.1', 'ocpp1.6'], []])
      (await open('/CP-1', offers)).terminate()
    expect(await refused('/CP-1', ['ocpp0.1'])).toBe(400)
    expect(await refused('/CP-1', ['ocpp2.0.1'])).toBe(400)
    await server.stop()
    await start({ requireSubprotocol: true })
    expect(await refused('/CP-1', [])).toBe(400)
  })

  it('refuses paths without an identifier', async () => {
    expect(await refused('/')).toBe(404)
    expect(await refused('/%E0%A4%A')).toBe(404)
    expect(await refused(`/${'x'.repeat(49)}`)).toBe(404)
    expect(await refused('/a%2Fb')).toBe(404)
    expect(await refused('/a%0Ab')).toBe(404)
  })

  it('asks for the password where there is one', async () => {
    expect(await refused('/SAFE')).toBe(401)
    expect(await refused('/SAFE', 'ocpp1.6', { authorization: 'Bearer x' })).toBe(401)
    ;(await open('/SAFE', 'ocpp1.6', basic('safe:pass:word'))).terminate()
  })

  it('gives the newest socket of a charger its place and closes the older, whose end changes nothing', async () => {
    const older = await open('/CP-1')
    await online(true)
    const closed = once(older, 'close')
    const newer = await open('/CP-1')
    await closed
    expect(own.charger.online).toBe(true)
    newer.send('[2,"1","Heartbeat",{}]')
    expect(String((await once(newer, 'message'))[0])).toContain('currentTime')
    newer.terminate()
  })

  it('tells a browser what lives here, and nothing that the browser said', async () => {
    const page = await new Promise<{ status: number; text: string }>((resolve) => {
      get({ port, path: '/<script>', headers: { host: '<script>alert(1)</script>' } }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += String(chunk)
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
    })
    expect(page.status).toBe(404)
    expect(page.text).toContain('WebSocket port for EV chargers')
    expect(page.text).toContain('Charge point identifier'.toLowerCase())
    expect(page.text).not.toContain('<script>')
  })

  it('lives through garbage and broken frames on the socket', async () => {
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\u0000\u0001\u0002', 'x'.repeat(100_000)]) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(bytes)
      await new Promise((resolve) => {
        socket.once('close', resolve)
        socket.once('data', resolve)
      })
      socket.destroy()
    }
    const socket = await open('/CP-1')
    socket.on('error', () => {})
    // A frame with reserved bits set.
    ;(socket as unknown as { _socket: { write: (bytes: Buffer) => void } })._socket.write(
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
    )
    await new Promise((resolve) => socket.once('close', resolve))
    ;(await open('/CP-1')).terminate()
  })

  it('tells of everybody who comes what they brought, and why they are not in', async () => {
    const socket = await open('/ocpp/Guest-1?x=1', ['ocpp1.6', 'ocpp1.5'])
    expect(await refused('/SAFE', 'ocpp1.6', basic('SAFE:wrong'))).toBe(401)
    expect(await refused('/CP-1', ['ocpp2.0.1'])).toBe(400)
    expect(await refused('/')).toBe(404)
    expect(await refused(`/${'long/'.repeat(1_000)}X`, ['ocpp9'])).toBe(400)
    expect(own.fleet.visitors).toMatchObject([
      { identifier: 'X', reason: 'subprotocol', path: `/${'long/'.repeat(1_000)}`.slice(0, 100) },
      { identifier: 'CP-1', reason: 'subprotocol', subprotocols: ['ocpp2.0.1'] },
      { identifier: 'SAFE', reason: 'wrong-password' },
      {
        identifier: 'Guest-1',
        reason: 'unknown',
        address: '127.0.0.1',
        path: '/ocpp/Guest-1',
        subprotocols: ['ocpp1.6'],
      },
    ])
    socket.terminate()
    ;(await open('/CP-1')).terminate()
    expect(own.fleet.visitors.map(({ identifier }) => identifier)).toEqual(['X', 'SAFE', 'Guest-1'])
  })

  it('takes up changed settings, also for chargers that are connected', async () => {
    const socket = await open('/CP-1')
    server.configure(config.parse({ requireSubprotocol: true, heartbeatInterval: '7s' }))
    socket.send('[2,"1","BootNotification",{"chargePointVendor":"a","chargePointModel":"b"}]')
    expect(JSON.parse(String((await once(socket, 'message'))[0]))[2]).toMatchObject({ interval: 7 })
    expect(await refused('/CP-1', [])).toBe(400)
    socket.terminate()
  })

  it('knows guests up to a number, and lets nobody in that is rejected', async () => {
    const guest = await open('/STRANGER')
    guest.send('[2,"1","BootNotification",{"chargePointVendor":"a","chargePointModel":"b"}]')
    const [answer] = await once(guest, 'message')
    expect(JSON.parse(String(answer))[2]).toMatchObject({ status: 'Pending', interval: 120 })
    // Those who came and went take no place away.
    for (let n = 0; n < 600; n += 1) own.fleet.arrive(`ABSENT-${n}`)
    expect(own.fleet.arrive('ABSENT-LATE')).toBeDefined()
    for (let n = 0; n < 600; n += 1) {
      const present = own.fleet.arrive(`G-${n}`)
      if (present !== undefined) own.fleet.connected(present, new FakeLink())
    }
    expect(await refused('/ONE-MORE')).toBe(503)
    expect(own.fleet.visitors[0]).toMatchObject({ identifier: 'ONE-MORE', reason: 'too-many' })
    ;(await open('/CP-1')).terminate()
    guest.terminate()
  })

  it('ends the conversation of a charger whose message it fails on, and of no other', async () => {
    const other = await open('/CP-9')
    const socket = await open('/CP-1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    own.fleet.authorize = () => {
      throw new Error('disk full')
    }
    socket.send('[2,"1","Authorize",{"idTag":"A"}]')
    await closed
    other.send('[2,"1","Heartbeat",{}]')
    expect(String((await once(other, 'message'))[0])).toContain('currentTime')
    other.terminate()
  })

  it('says who was turned away and why, once a minute for those that come again and again', async () => {
    const lines: string[] = []
    const log = {
      ...silentLog,
      warn: (fields: object, text: string) => void lines.push(`${text} ${JSON.stringify(fields)}`),
    }
    const own_ = ocpp.create(config.parse({ listen: '127.0.0.1:0' }), {
      door: own.fleet,
      clock: systemClock,
      log,
      store: own.store,
    })
    port = Number((await own_.start()).split(':').at(-1))
    for (let n = 0; n < 5; n += 1) expect(await refused('/SAFE?secret=hunter2')).toBe(401)
    expect(await refused('/SAFE', 'ocpp2.0.1')).toBe(400)
    await own_.stop()
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('charger turned away: it sent no password')
    expect(lines[0]).toContain('"from":"127.0.0.1"')
    expect(lines.join()).not.toContain('hunter2')
  })

  it('listens with TLS as well where there are certificates, relative to the config', async () => {
    const { cert, key } = await (await Authority.root('Root')).issue('bridge')
    const folder = folderOf({ 'cert.pem': cert, 'key.pem': key })
    const tls = { listen: '127.0.0.1:0', cert: 'cert.pem', key: 'key.pem' }
    const parts = { door: own.fleet, clock: systemClock, log: silentLog, store: own.store, folder }
    const both = ocpp.create(config.parse({ listen: '127.0.0.1:0', tls }), parts)
    const [plain, secure] = (await both.start()).split(',')
    expect(plain).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
    const socket = new WebSocket(`${secure}/CP-1`, 'ocpp1.6', { rejectUnauthorized: false })
    await once(socket, 'open')
    expect(await online(true)).toBe(true)
    socket.terminate()
    await both.stop()
  })

  it('says which address is taken', async () => {
    const second = ocpp.create(config.parse({ listen: `127.0.0.1:${port}` }), {
      door: own.fleet,
      clock: systemClock,
      log: silentLog,
      store: own.store,
    })
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  })
})

describe('an identifier', () => {
  it('is found in an absolute target', () => {
    expect(identifierOf('ws://host:8887/a/CP1')).toBe('CP1')
    expect(identifierOf('/CP%201')).toBe('CP 1')
    expect(identifierOf('')).toBeUndefined()
  })
})
