import { EventEmitter, once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { type ChargerSocket, connect, type Dial } from '../../../src/simulator/transport/socket.ts'
import { Authority, type Issued } from '../../support/authority.ts'
import { FakeClock } from '../../support/fake-clock.ts'

let root: Authority
let others: Authority
let bridge: Issued
let client: Issued

beforeAll(async () => {
  root = await Authority.root('Root')
  others = await Authority.root('Others')
  bridge = await root.issue('bridge', { names: [{ type: 'ip', value: '127.0.0.1' }] })
  client = await root.issue('CP')
})

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
})

interface Visit {
  readonly request: IncomingMessage
  readonly socket: WebSocket
}

/** A central system on loopback; `password`: what it lets in, as the bytes behind the colon. */
async function central({ tls = false, password }: { readonly tls?: boolean; readonly password?: () => Buffer } = {}) {
  const server: Server = tls
    ? createHttpsServer({
        ...bridge,

        ca: root.pem,
        requestCert: true,
        rejectUnauthorized: false,
      })
    : createHttpServer()
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'ocpp1.6' })
  const visits = new EventEmitter()
  server.on('upgrade', (request, raw, head) => {
    const given = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64')
    const wanted = password?.()
    if (wanted !== undefined && !given.equals(Buffer.concat([Buffer.from('CP:'), wanted]))) {
      raw.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, raw, head, (socket) => visits.emit('visit', { request, socket }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    for (const client of sockets.clients) client.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}/ocpp`,
    visit: async () => (await once(visits, 'visit'))[0] as Visit,
  }
}

/** A charger's socket, and what happens to it as events. */
function charger(dial: Omit<Dial, 'id'>) {
  const clock = new FakeClock()
  const events = new EventEmitter()
  const told = (name: string) => (detail?: string) => void events.emit(name, detail)
  const socket: ChargerSocket = connect({ id: 'CP', ...dial }, clock, {
    opened: told('opened'),
    received: told('received'),
    closed: told('closed'),
    failed: told('failed'),
    fellBack: told('fellBack'),
  })
  cleanups.push(() => {
    socket.stop()
    clock.advance(1_000)
  })
  return { socket, events, clock, next: async (name: string) => (await once(events, name))[0] as string }
}

describe("a charger's socket", () => {
  it('names itself, its protocol and its password of any bytes', async () => {
    const { url, visit } = await central()
    const password = Uint8Array.of(0, 255, 128, 58)
    charger({ url: `${url}/`, password })
    const { request, socket } = await visit()
    expect(request.url).toBe('/ocpp/CP')
    expect(request.headers['sec-websocket-protocol']).toBe('ocpp1.6')
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from([67, 80, 58, 0, 255, 128, 58]).toString('base64')}`)
    expect(socket.protocol).toBe('ocpp1.6')
  })

  it('offers other protocols, or none, where it is told so', async () => {
    const { url, visit } = await central()
    charger({ url, subprotocols: ['ocpp0.1', 'ocpp1.6'] })
    expect((await visit()).request.headers['sec-websocket-protocol']).toBe('ocpp0.1,ocpp1.6')
    charger({ url, subprotocols: [] })
    const { request } = await visit()
    expect(request.headers['sec-websocket-protocol']).toBeUndefined()
  })

  it.each([false, true])('answers pings unless it is told not to: %s', async (noPong) => {
    const { url, visit } = await central()
    const { socket: own, next } = charger({ url, noPong })
    const { socket } = await visit()
    let pongs = 0
    socket.on('pong', () => {
      pongs += 1
    })
    const received = next('received')
    socket.ping()
    socket.send('after the ping')
    expect(await received).toBe('after the ping')
    own.send('after the pong')
    await once(socket, 'message')
    expect(pongs).toBe(noPong ? 0 : 1)
  })

  it('trusts the root that it is given, and shows its own certificate', async () => {
    const { url, visit } = await central({ tls: true })
    charger({ url, ca: [root.pem], ...client })
    const { request } = await visit()
    const peer = request.socket as TLSSocket
    expect(peer.authorized).toBe(true)
    expect(peer.getPeerCertificate().subject.CN).toBe('CP')
  })

  it('says why a connection did not come about', async () => {
    const secure = await central({ tls: true })
    expect(await charger({ url: secure.url, ca: [others.pem] }).next('failed')).toBe('certificate')
    const strict = await central({ password: () => Buffer.from('right') })
    expect(await charger({ url: strict.url, password: 'wrong' }).next('failed')).toBe('unauthorized')
    expect(await charger({ url: 'ws://127.0.0.1:1' }).next('failed')).toBe('other')
  })

  it('comes back with a new password, and with the old one when that is not taken', async () => {
    let password = 'first'
    const { url } = await central({ password: () => Buffer.from(password) })
    const { socket, events, clock, next } = charger({ url, password })
    await next('opened')
    password = 'second'
    const back = next('opened')
    const closed = next('closed')
    socket.redial({ password })
    await closed
    clock.advance(1_000)
    await back
    // A retry is asked for right after the failure is told.
    events.on('failed', () => setImmediate(() => clock.advance(30_000)))
    const fellBack = next('fellBack')
    const again = next('opened')
    const gone = next('closed')
    socket.redial({ password: 'third' })
    await gone
    clock.advance(1_000)
    await fellBack
    await again
  })

  it('goes from plain to encrypted when it is told to', async () => {
    const plain = await central()
    const secure = await central({ tls: true })
    const { socket, clock, next } = charger({ url: plain.url })
    await next('opened')
    const closed = next('closed')
    const visit = secure.visit()
    socket.redial({ url: secure.url, ca: [root.pem] })
    await closed
    clock.advance(1_000)
    expect((await visit).request.url).toBe('/ocpp/CP')
  })
})
