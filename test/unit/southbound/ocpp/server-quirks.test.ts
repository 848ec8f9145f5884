import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../../../support/fake-clock.ts'
import { basic, echoes, open, Port, refused, until } from './support.ts'

let clock: FakeClock
let port: Port
/** How often the server looked at the clock. */
let looked: number

beforeEach(async () => {
  clock = new FakeClock()
  looked = 0
  const noting = {
    now: () => clock.now(),
    steady: () => {
      looked += 1
      return clock.steady()
    },
    after: (ms: number, task: () => void) => clock.after(ms, task),
  }
  port = new Port({ silenceTimeout: 900_000 }, noting)
  port.add('CP1')
  await port.server.start()
})
afterEach(() => port.server.stop())

const HEAD = {
  Host: 'bridge',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
}

/** A handshake as it is on the wire, in pieces of so many bytes; resolves with the first line of the answer. */
async function handshake(target: string, headers: object, piece = 10_000): Promise<{ line: string; socket: Socket }> {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}\r\n`),
  )
  const request = `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
  const socket = connect(port.server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.setNoDelay(true)
  await once(socket, 'connect')
  for (let at = 0; at < request.length; at += piece) {
    socket.write(request.slice(at, at + piece))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const [answer] = await once(socket, 'data')
  return { line: String(answer).split('\r\n', 1)[0] ?? '', socket }
}

async function status(target: string, headers: object, piece?: number): Promise<string> {
  const { line, socket } = await handshake(target, headers, piece)
  socket.destroy()
  return line.split(' ')[1] ?? ''
}

const without = (name: keyof typeof HEAD) => Object.fromEntries(Object.entries(HEAD).filter(([key]) => key !== name))

describe('the handshake of a charger', () => {
  it.each([
    ['without Connection', '/CP1', without('Connection')],
    ['with Connection: keep-alive alone', '/CP1', { ...HEAD, Connection: 'keep-alive' }],
    ['with Connection: keep-alive, Upgrade', '/CP1', { ...HEAD, Connection: 'keep-alive, Upgrade' }],
    ['with Upgrade: WebSocket', '/CP1', { ...HEAD, Upgrade: 'WebSocket' }],
    ['from a file', '/CP1', { ...HEAD, Origin: 'file://' }],
    ['from a page elsewhere', '/CP1', { ...HEAD, Origin: 'https://elsewhere.example' }],
    ['with an absolute target', 'ws://bridge:8887/ocpp/CP1', HEAD],
    ['with a slash too many', '//CP1', HEAD],
    ['with a slash at the end', '/ocpp/CP1/', HEAD],
    ['with several protocols', '/CP1', { ...HEAD, 'Sec-WebSocket-Protocol': 'ocpp0.1, ocpp1.6' }],
    ['with several headers of protocols', '/CP1', { ...HEAD, 'Sec-WebSocket-Protocol': ['ocpp2.0.1', 'ocpp1.6'] }],
    ['with an offer to compress', '/CP1', { ...HEAD, 'Sec-WebSocket-Extensions': 'permessage-deflate' }],
    ['with an empty password that nobody asked for', '/CP1', { ...HEAD, Authorization: basic('CP1', '') }],
  ])('is taken %s', async (_how, target, headers) => {
    expect(await status(target, headers)).toBe('101')
    expect(port.let[0]?.charger).toBe('CP1')
  })

  it('is taken byte by byte', async () => {
    expect(await status('/CP1', without('Connection'), 1)).toBe('101')
  })

  it('carries a frame that came with it in one piece', async () => {
    const socket = connect(port.server.port, '127.0.0.1')
    const lines = Object.entries(without('Connection')).map(([name, value]) => `${name}: ${value}\r\n`)
    const request = Buffer.from(`GET /CP1 HTTP/1.1\r\n${lines.join('')}\r\n`)
    // A masked text of one letter (mask 0).
    socket.write(Buffer.concat([request, Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x41])]))
    let received = ''
    socket.on('data', (bytes) => {
      received += String(bytes)
    })
    await until(() => received.includes('echo A'))
    socket.destroy()
  })

  it.each([
    ['only other protocols', '/CP1', { ...HEAD, 'Sec-WebSocket-Protocol': 'ocpp0.1' }, '400', 'subprotocol'],
    ['no identifier', '/', HEAD, '404', 'no-identifier'],
    ['an identifier that can not be decoded', '/%E0%A4%A', HEAD, '404', 'no-identifier'],
  ])('is refused with %s, and reported', async (_what, target, headers, code, reason) => {
    expect(await status(target, headers)).toBe(code)
    expect(port.knocks).toMatchObject([{ reason, address: '127.0.0.1', tls: false }])
  })

  it('never shows what an absolute target or a query holds beside the path', async () => {
    expect(await status('ws://CP1:hunter2@bridge/?key=hunter2', HEAD)).toBe('404')
    expect(JSON.stringify([port.knocks, port.log.lines])).not.toContain('hunter2')
  })

  it('is reported with its protocol and address when it is let in', async () => {
    ;(await open(`${port.ws}/a/CP1`)).terminate()
    ;(await open(`${port.ws}/CP1`, { protocols: [] })).terminate()
    expect(port.let.map(({ knocked }) => knocked)).toEqual([
      { address: '127.0.0.1', path: '/a/CP1', tls: false, subprotocol: 'ocpp1.6', certificateName: undefined },
      { address: '127.0.0.1', path: '/CP1', tls: false, subprotocol: undefined, certificateName: undefined },
    ])
  })

  it('may offer nothing unless that is required', async () => {
    const strict = new Port({ requireSubprotocol: true })
    await strict.server.start()
    expect(await refused(`${strict.ws}/CP1`, { protocols: [] })).toBe(400)
    ;(await open(`${strict.ws}/CP1`)).terminate()
    await strict.server.stop()
  })
})

describe('an open socket', () => {
  it('ends after silence, of which any frame is the end: text, ping or pong', async () => {
    const socket = await open(`${port.ws}/CP1`)
    for (const send of [() => socket.send('x'), () => socket.ping(), () => socket.pong()]) {
      clock.advance(800_000)
      const before = looked
      send()
      await until(() => looked > before)
    }
    clock.advance(800_000)
    expect(await echoes(socket)).toBe(true)
    const closed = once(socket, 'close')
    clock.advance(960_001)
    await closed
    expect(port.log.lines.some((line) => line.includes('silent for too long'))).toBe(true)
  })

  it('is pinged as its charger wants, whatever the others want', async () => {
    port.add('PINGED', { pingInterval: 30_000 })
    const [pinged, other] = [await open(`${port.ws}/PINGED`), await open(`${port.ws}/CP1`)]
    let pings = 0
    pinged.on('ping', () => {
      pings += 1
    })
    other.on('ping', () => {
      pings += 1_000
    })
    clock.advance(30_000)
    await until(() => pings === 1)
    clock.advance(30_000)
    await until(() => pings === 2)
    pinged.terminate()
    other.terminate()
  })

  it('of a charger without password gives its place to a newer one', async () => {
    const older = await open(`${port.ws}/CP1`)
    const closed = once(older, 'close')
    const newer = await open(`${port.ws}/cp1`)
    await closed
    expect(await echoes(newer)).toBe(true)
    newer.terminate()
  })
})
