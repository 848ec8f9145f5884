import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { systemClock } from '../../../../src/lib/clock.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { config } from '../../../../src/southbound/ocpp/config.ts'
import { ocpp } from '../../../../src/southbound/ocpp/index.ts'
import { Authority, folderOf } from '../../../support/authority.ts'
import { chargerSettings, core } from '../../../support/core.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { echoes, open, Port, until } from './support.ts'

/** SOAK=1: as many as in the field, which takes minutes; else as few as show the same. */
const SOAK = process.env.SOAK === '1'
const SOCKETS = SOAK ? 10_000 : 200
const FLOOD = SOAK ? 1_000_000 : 20_000
const MB = 1_000_000

let clock: FakeClock
let port: Port
let sockets: Socket[]

beforeEach(async () => {
  clock = new FakeClock()
  sockets = []
  const { cert, key } = await (await Authority.root('Root')).issue('bridge')
  const folder = folderOf({ 'cert.pem': cert, 'key.pem': key })
  const tls = { cert: 'cert.pem', key: 'key.pem', minVersion: 'TLSv1.2', folder } as const
  port = new Port({ tls: { ...tls, listen: { host: '127.0.0.1', port: 0 } } }, clock)
  await port.server.start()
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await port.server.stop()
})

/** A bare connection; `closed` counts those that the bridge has ended. */
let closed = 0
async function bare(from: string, to = port.server.port): Promise<Socket> {
  const socket = connect({ port: to, host: '127.0.0.1', localAddress: from })
  socket.on('error', () => {})
  socket.once('close', () => {
    closed += 1
  })
  socket.resume()
  sockets.push(socket)
  await once(socket, 'connect').catch(() => {})
  return socket
}

async function many(count: number, from: (n: number) => string, act: (socket: Socket) => void): Promise<void> {
  for (let done = 0; done < count; done += 50)
    await Promise.all(Array.from({ length: Math.min(50, count - done) }, (_, n) => bare(from(done + n)).then(act)))
}

function figures(what: string, values: Readonly<Record<string, number | string>>): void {
  const text = Object.entries(values).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Math.round(value * 10) / 10 : value}`,
  )
  console.log(`${what}: ${text.join(', ')}`)
}

async function latencyMs(socket: WebSocket): Promise<number> {
  const begin = performance.now()
  expect(await echoes(socket)).toBe(true)
  return performance.now() - begin
}

/** A frame as a client sends it, masked with zeros. */
function frame(first: number, payload: Uint8Array, length = payload.length): Buffer {
  const head = Buffer.alloc(14)
  head[0] = first
  head[1] = 0xff
  head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

function raw(socket: WebSocket): Socket {
  return (socket as unknown as { readonly _socket: Socket })._socket
}

const closeCode = async (socket: WebSocket): Promise<number> => Number((await once(socket, 'close'))[0])

describe('sockets that never become a charger', () => {
  it.each([
    ['that say nothing', () => {}],
    ['that never end their request', (socket: Socket) => void socket.write('GET /CP1 HTTP/1.1\r\nX: ')],
    ['that only begin one', (socket: Socket) => void socket.write('GE')],
  ])(
    '%s, of one address, leave the port to others',
    async (what, act) => {
      const charger = await open(`${port.ws}/CP1`, { from: '127.0.0.2' })
      const before = process.memoryUsage().rss
      closed = 0
      await many(SOCKETS, () => '127.0.0.1', act)
      const most = Math.min(SOCKETS, 2_000)
      await until(() => port.server.waiting === most && closed === SOCKETS - most)
      const latency = await latencyMs(charger)
      // The same address still brings a charger in: the oldest of the others makes room.
      const other = await open(`${port.ws}/CP2`)
      expect(await echoes(other)).toBe(true)
      figures(`${SOCKETS} sockets ${what}, one address`, {
        'held at the most': most,
        'memory MB': (process.memoryUsage().rss - before) / MB,
        'charger ms': latency,
      })
      // Of a crowded address only the first have all the time that there is.
      clock.advance(10_000)
      expect(port.server.waiting).toBeLessThanOrEqual(100)
      clock.advance(5_000)
      expect(port.server.waiting).toBe(0)
      await until(() => closed === SOCKETS)
      expect(await echoes(charger)).toBe(true)
      charger.terminate()
      other.terminate()
    },
    300_000,
  )

  it('of many addresses are bounded all together, and closed in time', async () => {
    const charger = await open(`${port.ws}/CP1`)
    const before = process.memoryUsage().rss
    closed = 0
    await many(
      SOCKETS,
      (n) => `127.1.${n >> 8}.${n & 255 || 1}`,
      () => {},
    )
    const held = Math.min(SOCKETS, 2_000)
    await until(() => closed === SOCKETS - held)
    await until(() => port.server.waiting === held)
    const rss = process.memoryUsage().rss - before
    figures(`${SOCKETS} sockets of many addresses`, {
      'held at the most': held,
      'memory MB (both ends)': rss / MB,
      'charger ms': await latencyMs(charger),
    })
    expect(rss).toBeLessThan(300 * MB)
    const late = await open(`${port.ws}/CP2`, { from: '127.0.0.3' })
    clock.advance(15_000)
    await until(() => closed === SOCKETS)
    expect(port.server.waiting).toBe(0)
    expect(await echoes(late)).toBe(true)
    late.terminate()
    charger.terminate()
  }, 300_000)

  it('of the port with TLS are bounded as well, before and after its handshake', async () => {
    const charger = await open(`${port.wss}/CP1`, { tls: { rejectUnauthorized: false }, from: '127.0.0.2' })
    closed = 0
    for (let n = 0; n < 150; n += 1) await bare('127.0.0.1', port.server.tlsPort)
    await until(() => port.server.waiting === 150)
    clock.advance(10_000)
    await until(() => closed === 50)
    expect(await echoes(charger)).toBe(true)
    clock.advance(15_000)
    await until(() => closed === 150)
    expect(port.server.waiting).toBe(0)
    charger.terminate()
  })

  it('that were refused and stay are cut', async () => {
    const socket = await bare('127.0.0.1')
    closed = 0
    const head = 'Host: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: ocpp0.1'
    const answer = once(socket, 'data')
    socket.write(`GET /CP1 HTTP/1.1\r\n${head}\r\n\r\n`)
    expect(String((await answer)[0])).toContain('400')
    clock.advance(2_000)
    await until(() => closed === 1)
  })
})

describe('a charger that breaks the rules', () => {
  let other: WebSocket
  let socket: WebSocket
  beforeEach(async () => {
    other = await open(`${port.ws}/CP1`)
    socket = await open(`${port.ws}/CP2`)
  })
  afterEach(async () => {
    expect(await echoes(other)).toBe(true)
    expect(await echoes(await open(`${port.ws}/CP2`))).toBe(true)
  })

  it.each([
    ['a text that is no UTF-8', () => frame(0x81, Buffer.from([0x41, 0xff, 0xfe])), 1007],
    ['a compressed frame that was not agreed upon', () => frame(0xc1, Buffer.from([0xaa, 0x56, 0x4a, 0x04])), 1002],
    ['the head of a frame of 50 MB', () => frame(0x81, Buffer.alloc(0), 50 * MB), 1009],
    ['the head of a frame of 2^52 bytes', () => frame(0x81, Buffer.alloc(0), 2 ** 52), 1009],
    ['an opcode that nobody knows', () => frame(0x83, Buffer.from('x')), 1002],
    ['a frame in pieces without a beginning', () => frame(0x80, Buffer.from('x')), 1002],
  ])('by %s is closed', async (_what, bytes, code) => {
    raw(socket).write(bytes())
    expect(await closeCode(socket)).toBe(code)
  })

  it('by a message of 50 MB is closed after little of it', async () => {
    const before = process.memoryUsage()
    const closing = closeCode(socket)
    const piece = Buffer.alloc(64_000, 0x20)
    raw(socket).write(frame(0x81, Buffer.alloc(0), 50 * MB))
    let sent = 0
    for (; sent < 50 * MB && !raw(socket).destroyed && socket.readyState === socket.OPEN; sent += piece.length)
      if (!raw(socket).write(piece)) await new Promise((resolve) => setImmediate(resolve))
    expect(await closing).toBe(1009)
    const { rss, arrayBuffers } = process.memoryUsage()
    figures('a frame of 50 MB', {
      'sent before it was cut MB': sent / MB,
      'memory MB': (rss - before.rss) / MB,
      'buffers MB': (arrayBuffers - before.arrayBuffers) / MB,
    })
    expect(sent).toBeLessThan(50 * MB)
  })

  it('by a message of 50 MB in pieces, or in pieces without end, is closed', async () => {
    const large = closeCode(socket)
    raw(socket).write(frame(0x01, Buffer.alloc(500_000, 0x20)))
    for (let n = 0; n < 3; n += 1) raw(socket).write(frame(0x00, Buffer.alloc(500_000, 0x20)))
    expect(await large).toBe(1009)
    const next = await open(`${port.ws}/CP2`)
    const endless = closeCode(next)
    raw(next).write(frame(0x01, Buffer.alloc(1)))
    for (let n = 0; n < 100; n += 1) raw(next).write(Buffer.concat(Array(200).fill(frame(0x00, Buffer.alloc(1)))))
    expect(await endless).toBe(1008)
  })

  it('by taking its own place a hundred times leaves one socket', async () => {
    const open_ = await Promise.all(Array.from({ length: 100 }, () => open(`${port.ws}/CP2`)))
    clock.advance(2_000)
    await until(() => open_.filter(({ readyState }) => readyState === socket.OPEN).length === 1)
    for (const each of open_) each.terminate()
  })
})

describe('a charger that floods the bridge', () => {
  it('waits for the others, who are answered meanwhile', async () => {
    const own = core({ charger: { ...chargerSettings, id: 'FLOOD' } })
    own.fleet.add({ ...chargerSettings, id: 'CALM' })
    const server = ocpp.create(config.parse({ listen: '127.0.0.1:0' }), {
      door: own.fleet,
      clock: systemClock,
      log: silentLog,
      store: own.store,
    })
    const url = await server.start()
    const calm = await open(`${url}/CALM`)
    const flood = await open(`${url}/FLOOD`)
    const call = '[2,"1","Heartbeat",{}]'
    let answers = 0
    flood.on('message', (data: Buffer) => {
      if (data.toString().startsWith('[3')) answers += 1
    })
    const begin = performance.now()
    const latencies: number[] = []
    // The other calls again and again, each time behind a portion of the flood.
    for (let sent = 0; answers < FLOOD; ) {
      for (let n = 0; n < 2_000 && sent < FLOOD; n += 1) {
        flood.send(call)
        sent += 1
      }
      const at = performance.now()
      const answered = new Promise<void>((resolve) =>
        calm.on('message', function listen(data: Buffer) {
          // What the bridge asks of its own accord is nothing that was waited for.
          if (!data.toString().startsWith('[3')) return
          calm.off('message', listen)
          resolve()
        }),
      )
      calm.send(call)
      await answered
      latencies.push(performance.now() - at)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const seconds = (performance.now() - begin) / 1_000
    const sorted = latencies.toSorted((a, b) => a - b)
    figures(`${FLOOD} calls at once`, {
      seconds,
      'answered of them': answers,
      'others: calls': latencies.length,
      'p50 ms': sorted[Math.floor(sorted.length / 2)] ?? 0,
      'p99 ms': sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      'worst ms': sorted.at(-1) ?? 0,
    })
    expect(flood.readyState).toBe(flood.OPEN)
    expect(sorted.at(-1)).toBeLessThan(2_000)
    flood.terminate()
    calm.terminate()
    await server.stop()
  }, 300_000)
})
