import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { silentLog } from '../../../src/lib/log.ts'
import { config } from '../../../src/southbound/ocpp/config.ts'
import { ocpp } from '../../../src/southbound/ocpp/index.ts'
import { chargerSettings, core, fleetSettings } from '../../support/core.ts'

let own: ReturnType<typeof core>
let server: ReturnType<typeof ocpp.create>
let port: number
const sockets: WebSocket[] = []

async function start(settings: object = {}): Promise<void> {
  const settled = config.parse({ listen: '127.0.0.1:0', ...settings })
  server = ocpp.create(settled, { door: own.fleet, clock: own.clock, log: silentLog, store: own.store })
  port = Number((await server.start()).split(':').at(-1))
}

beforeEach(() => {
  own = core()
  own.fleet.add({ ...chargerSettings, id: 'Säule 1', password: 'pa:ss' })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await server.stop()
})

/** An open socket, or the status with which it was turned away. */
async function dial(path: string, protocols: string | string[] = 'ocpp1.6', options: object = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { perMessageDeflate: false, ...options })
  sockets.push(socket)
  socket.on('error', () => {})
  return new Promise<WebSocket | number>((resolve) => {
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  })
}

/** The same for a wrong password, whose answer is put off. */
async function guess(...dialled: Parameters<typeof dial>): Promise<WebSocket | number> {
  let waits = true
  const answer = dial(...dialled).finally(() => {
    waits = false
  })
  while (waits) {
    own.clock.advance(1000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return answer
}

async function open(...dialled: Parameters<typeof dial>): Promise<WebSocket> {
  const socket = await dial(...dialled)
  if (typeof socket === 'number') throw new Error(`turned away with ${socket}`)
  return socket
}

function ask(socket: WebSocket, action = 'Heartbeat', payload: object = {}): Promise<readonly unknown[]> {
  const answer = new Promise<readonly unknown[]>((resolve) => {
    const hear = (message: unknown): void => {
      const frame = JSON.parse(String(message)) as readonly unknown[]
      if (frame[0] === 2 || frame[1] !== 'q') return
      socket.off('message', hear)
      resolve(frame)
    }
    socket.on('message', hear)
  })
  socket.send(JSON.stringify([2, 'q', action, payload]))
  return answer
}

/** Boots and answers what it is asked, so that it is not taken as deaf while the clock runs. */
async function boot(socket: WebSocket): Promise<void> {
  socket.on('message', (message) => {
    const [type, id] = JSON.parse(String(message)) as readonly unknown[]
    if (type === 2)
      socket.send(JSON.stringify([3, id, { configurationKey: [{ key: 'X', readonly: true, value: '1' }] }]))
  })
  await ask(socket, 'BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1' })
  // Its answers are on the way before this one.
  await ask(socket)
}

/** A handshake as some chargers write it: the status of the answer. */
async function shake(target: string, ...headers: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: bridge',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: ocpp1.6',
  ]
  socket.write(`${[...lines, ...headers].join('\r\n')}\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  socket.destroy()
  return String(answer).slice(9, 12)
}

describe('on the wire', () => {
  it('quirk 5: a half-open socket ends after the time of silence, and not at the first heartbeat that is late', async () => {
    await start({ heartbeatInterval: '60s', silenceTimeout: '3m' })
    const socket = await open('/CP-1')
    await boot(socket)
    for (let n = 0; n < 5; n += 1) {
      own.clock.advance(100_000)
      expect((await ask(socket))[0]).toBe(3)
    }
    const closed = once(socket, 'close')
    own.clock.advance(300_000)
    await closed
    expect(own.point('online', 0).value).toBe(false)
  })

  it('quirk 6: a charger that never answers a ping stays, as long as anything comes from it', async () => {
    await start({ pingInterval: '30s', silenceTimeout: '3m' })
    const socket = await open('/CP-1', 'ocpp1.6', { autoPong: false })
    await boot(socket)
    for (let n = 0; n < 10; n += 1) {
      own.clock.advance(100_000)
      expect((await ask(socket))[0]).toBe(3)
    }
    expect([socket.readyState, own.point('online', 0).value]).toEqual([WebSocket.OPEN, true])
  })

  it('quirk 9: no subprotocol is taken as 1.6 unless the site forbids it; one that is not spoken is refused', async () => {
    await start()
    const silent = await open('/CP-1', [])
    expect([silent.protocol, (await ask(silent))[0]]).toEqual(['', 3])
    expect(await dial('/CP-1', ['ocpp0.9'])).toBe(400)
    await server.stop()
    await start({ requireSubprotocol: true })
    expect(await dial('/CP-1', [])).toBe(400)
    expect(typeof (await dial('/CP-1'))).toBe('object')
  })

  it('quirk 10: of several versions the one that is spoken here is chosen, and anew at each connection', async () => {
    await start()
    for (const offers of [['ocpp2.0.1', 'ocpp1.6'], ['ocpp1.6', 'ocpp2.0.1'], ['ocpp1.6'], []]) {
      const socket = await open('/CP-1', offers)
      expect(socket.protocol).toBe(offers.length === 0 ? '' : 'ocpp1.6')
      expect((await ask(socket))[0]).toBe(3)
    }
  })

  it('quirk 11: a charger that also offers 2.0.1 is never held to it: its 1.6 payloads are understood', async () => {
    await start()
    const socket = await open('/CP-1', ['ocpp2.0.1', 'ocpp1.6'])
    await ask(socket, 'StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' })
    expect(own.point('status', 1).value).toBe(2)
    expect(await dial('/CP-1', ['ocpp2.0.1'])).toBe(400)
  })

  it.each([
    ['Origin: file://', '/CP-1'],
    ['Origin: https://elsewhere.example', '/CP-1'],
    ['Connection: keep-alive, Upgrade', '/CP-1'],
    ['Connection: keep-alive', '/CP-1'],
    ['X: absolute target', 'ws://bridge:8887/ocpp/CP-1'],
  ])('quirk 12: a handshake with %s at %s is taken', async (header, target) => {
    await start()
    const connection = header.startsWith('Connection') ? [] : ['Connection: Upgrade']
    expect(await shake(target, header, ...connection)).toBe('101')
  })

  it.each(['//CP-1', '/ocpp/CP-1/', '/CP-1?token=x', '/ocpp/1.6/cp-1', '/CP%2D1'])(
    'quirk 13: the charger is found at %s',
    async (path) => {
      await start()
      await ask(await open(path))
      expect(own.point('online', 0).value).toBe(true)
    },
  )

  it.each(['/', '//', '/%E0%A4%A', '/a%2Fb', '/%00', `/${'x'.repeat(49)}`, '/<script>'])(
    'quirk 13: nobody is let in at %s, and the bridge lives on',
    async (path) => {
      await start()
      expect(await shake(path, 'Connection: Upgrade')).toBe('404')
      expect((await ask(await open('/CP-1')))[0]).toBe(3)
    },
  )

  it('quirk 13: an identifier may have 48 characters, dots and spaces', async () => {
    await start()
    for (const path of [`/${'x'.repeat(48)}`, '/a.b-c_d', '/A%20B'])
      expect((await ask(await open(path)))[0], path).toBe(3)
  })

  it('quirk 14: letters of the identifier may be of either case in the address and in the password header', async () => {
    await start()
    const basic = (user: string) => ({ auth: `${user}:pa:ss` })
    expect(typeof (await dial('/s%C3%A4ule%201', 'ocpp1.6', basic('SÄULE 1')))).toBe('object')
    expect(await guess('/S%C3%A4ule%201', 'ocpp1.6', { auth: 'Säule 1:PA:SS' })).toBe(401)
  })

  it('quirk 14: tags are the same in either case', async () => {
    const authorize = { ...fleetSettings.authorize, mode: 'noneExcept' as const, allow: [{ idTag: 'AbC' }] }
    own = core({ settings: { authorize } })
    await start()
    const socket = await open('/CP-1')
    for (const [idTag, status] of [
      ['ABC', 'Accepted'],
      ['abc', 'Accepted'],
      ['abd', 'Invalid'],
    ])
      expect((await ask(socket, 'Authorize', { idTag }))[2]).toMatchObject({ idTagInfo: { status } })
  })

  it('quirk 15: a password may have colons, and an empty or a missing one is none', async () => {
    await start()
    expect(typeof (await dial('/S%C3%A4ule%201', 'ocpp1.6', { auth: 'Säule 1:pa:ss' }))).toBe('object')
    for (const auth of ['Säule 1:', 'Säule 1:pa', ':pa:ss'])
      expect(await guess('/S%C3%A4ule%201', 'ocpp1.6', { auth })).toBe(401)
    expect(await guess('/S%C3%A4ule%201')).toBe(401)
  })

  it.each([
    ['its bytes', Buffer.from('KEY:'), Buffer.from('00ff10203040506070', 'hex')],
    ['its digits', Buffer.from('KEY:'), Buffer.from('00FF10203040506070')],
  ])('quirk 15: a key of bytes may be sent as %s', async (_how, user, key) => {
    own.fleet.add({ ...chargerSettings, id: 'KEY', password: 'hex:00ff10203040506070' })
    await start()
    const authorization = `Basic ${Buffer.concat([user, key]).toString('base64')}`
    expect(typeof (await dial('/KEY', 'ocpp1.6', { headers: { authorization } }))).toBe('object')
  })

  it('quirk 16: a charger that has to come by TLS is not let in without, whatever password it knows', async () => {
    own.fleet.add({ ...chargerSettings, id: 'TLS', password: 'right', securityProfile: 2 })
    await start()
    expect(await guess('/TLS', 'ocpp1.6', { auth: 'TLS:right' })).toBe(403)
  })

  it('quirk 17: compression is not agreed upon, and compressed frames all the same end only their own socket', async () => {
    await start()
    const offering = await open('/CP-1', 'ocpp1.6', { perMessageDeflate: true })
    expect([offering.extensions, (await ask(offering))[0]]).toEqual(['', 3])
    const other = await open('/OTHER')
    const closed = once(offering, 'close')
    // A masked text frame with RSV1 set.
    const raw = offering as unknown as { _socket: { write: (bytes: Uint8Array) => void } }
    raw._socket.write(Uint8Array.of(0xc1, 0x84, 0, 0, 0, 0, 0xaa, 0x56, 0x4a, 0x04))
    await closed
    expect((await ask(other))[0]).toBe(3)
    expect((await ask(await open('/CP-1')))[0]).toBe(3)
  })

  it('quirk 18: what is no message closes nothing, be it text or binary', async () => {
    await start()
    const socket = await open('/CP-1')
    for (const text of ['', '{', 'null', '[2,"x"', '\u0000', '[3,"nobody",{}]']) socket.send(text)
    socket.send(Buffer.from('[2,"b","Heartbeat",{}]'), { binary: true })
    expect((await ask(socket))[0]).toBe(3)
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })
})
