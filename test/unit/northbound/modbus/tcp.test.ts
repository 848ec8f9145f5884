import { createServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Handle } from '../../../../src/northbound/modbus/transport/connection.ts'
import { TcpServer } from '../../../../src/northbound/modbus/transport/tcp.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { adu, hex, RawClient, RecordingLog } from './support.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A server whose handler answers with the request, unless told otherwise. */
async function listen(
  settings: { maxConnections?: number; idleTimeout?: number } = {},
  handle: Handle = (_unit, pdu) => pdu.slice(),
) {
  const clock = new FakeClock()
  const log = new RecordingLog()
  const server = new TcpServer(
    { listen: { host: '127.0.0.1', port: 0 }, maxConnections: 32, idleTimeout: 60_000, ...settings },
    handle,
    clock,
    log,
  )
  const address = await server.start()
  cleanups.push(() => server.stop())
  const port = Number(address.split(':')[1])
  return { clock, log, server, port }
}

async function client(port: number): Promise<RawClient> {
  const opened = await RawClient.open(port)
  cleanups.push(() => opened.close())
  return opened
}

describe('An answer that may not leave yet', () => {
  /** Writes are answered when a test says so; everything else at once. */
  const begun = async (settings = {}) => {
    const held: (() => void)[] = []
    const handle: Handle = (_unit, pdu) => {
      const answer = pdu.slice()
      return answer[0] === 6 ? (send) => void held.push(() => send(answer)) : answer
    }
    const { clock, port } = await listen(settings, handle)
    return { clock, held, port }
  }
  const WRITE = '0600640064'
  const transactions = (peer: RawClient) => peer.answers.map(({ transaction }) => transaction)

  it('holds back those behind it on its connection, in their order, and those of no other', async () => {
    const { held, port } = await begun()
    const [peer, other] = [await client(port), await client(port)]
    const requests = [
      adu(1, 1, '0300010001'),
      adu(2, 1, WRITE),
      adu(3, 1, '0300010001'),
      adu(4, 1, WRITE),
      adu(5, 1, '0300010001'),
    ]
    peer.send(Buffer.concat(requests))
    await peer.gather(1)
    other.send(adu(9, 1, '0300010001'))
    await other.gather(1)
    expect(transactions(peer)).toEqual([1])
    held.shift()?.()
    await peer.gather(3)
    expect(transactions(peer)).toEqual([1, 2, 3])
    expect(held).toHaveLength(1)
    held.shift()?.()
    await peer.gather(5)
    expect(transactions(peer)).toEqual([1, 2, 3, 4, 5])
  })

  it('keeps its place where it may leave at once after all', async () => {
    const { port } = await listen({}, (_unit, pdu) => {
      const answer = pdu.slice()
      return answer[0] === 6 ? (send) => send(answer) : answer
    })
    const peer = await client(port)
    peer.send(Buffer.concat([1, 2, 3, 4, 5].map((n) => adu(n, 1, n % 2 === 0 ? WRITE : '0300010001'))))
    await peer.gather(5)
    expect(transactions(peer)).toEqual([1, 2, 3, 4, 5])
  })

  it('still leaves to a client that has ended its half of the connection', async () => {
    const { held, port } = await begun()
    const peer = await client(port)
    peer.send(adu(1, 1, WRITE))
    peer.socket.end()
    await vi.waitFor(() => expect(held).toHaveLength(1))
    held.shift()?.()
    await peer.gather(1)
    expect(transactions(peer)).toEqual([1])
  })

  it('goes nowhere once its client is gone', async () => {
    const { held, port } = await begun()
    const peer = await client(port)
    peer.send(adu(1, 1, WRITE))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    peer.socket.destroy()
    const other = await client(port)
    held.shift()?.()
    other.send(adu(2, 1, '0300010001'))
    await other.gather(1)
    expect(transactions(other)).toEqual([2])
  })

  it('is no silence of its client, however short that may be', async () => {
    const { clock, held, port } = await begun({ idleTimeout: 3_000 })
    const peer = await client(port)
    peer.send(adu(1, 1, '0600010001'))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    clock.advance(9_000)
    held[0]?.()
    await peer.gather(1)
    expect(await peer.ask(1, '0300010001')).toBe('0300010001')
    clock.advance(9_000)
    await peer.untilClosed()
  })
})

describe('A Modbus TCP connection', () => {
  it('echoes transaction and unit', async () => {
    const { port } = await listen()
    const peer = await client(port)
    peer.send(adu(0xbeef, 200, '0300010001'))
    await peer.gather(1)
    expect(peer.answers).toEqual([{ transaction: 0xbeef, unit: 200, pdu: '0300010001' }])
  })

  it('answers in the order of the requests, many in one segment', async () => {
    const { port } = await listen()
    const peer = await client(port)
    peer.send(Buffer.concat(Array.from({ length: 500 }, (_, n) => adu(n, 1, '0300010001'))))
    await peer.gather(500)
    expect(peer.answers.map(({ transaction }) => transaction)).toEqual(Array.from({ length: 500 }, (_, n) => n))
  })

  it('answers one and a half frames: the one now, the other when it is whole', async () => {
    const { port } = await listen()
    const peer = await client(port)
    const second = adu(2, 1, '0400010001')
    peer.send(Buffer.concat([adu(1, 1, '0300010001'), second.subarray(0, 9)]))
    expect(await peer.gather(1)).toEqual(['0300010001'])
    peer.send(second.subarray(9))
    expect(await peer.gather(2)).toEqual(['0300010001', '0400010001'])
  })

  it.each([
    ['another protocol', '0001 0001 0006 01 03 0000 0001'],
    ['a length below 2', '0001 0000 0001 01'],
    ['a length above 254', '0001 0000 00FF 01 03'],
    ['zeros', '00'.repeat(64)],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
  ])('is closed with one log line after %s', async (_what, text) => {
    const { port, log } = await listen()
    const peer = await client(port)
    peer.send(hex(text))
    await peer.untilClosed()
    expect(peer.answers).toEqual([])
    expect(log.count('warn', 'not a Modbus TCP frame')).toBe(1)
  })

  it('gets the answers to sound requests that came before the garbage', async () => {
    const { port } = await listen()
    const peer = await client(port)
    peer.send(Buffer.concat([adu(1, 1, '0300010001'), hex('ff'.repeat(20))]))
    await peer.untilClosed()
    expect(peer.answers).toHaveLength(1)
  })

  it('that sends garbage again and again does not fill the log', async () => {
    const { port, log } = await listen()
    for (let n = 0; n < 20; n += 1) {
      const peer = await client(port)
      peer.send(hex('ff'.repeat(20)))
      await peer.untilClosed()
    }
    expect(log.lines).toHaveLength(1)
  })

  it('is closed when the rest of a frame does not come', async () => {
    const { port, clock } = await listen({ idleTimeout: 0 })
    const peer = await client(port)
    peer.send(Buffer.concat([adu(1, 1, '0300010001'), adu(2, 1, '0300010001').subarray(0, 7)]))
    await peer.gather(1)
    clock.advance(4_000)
    expect(peer.closed).toBe(false)
    clock.advance(2_000)
    await peer.untilClosed()
  })

  it('may be quiet for as long as the idle time allows', async () => {
    const { port, clock, log } = await listen({ idleTimeout: 60_000 })
    const peer = await client(port)
    await peer.ask(1, '0300010001')
    clock.advance(59_000)
    expect(await peer.ask(1, '0300010001')).toBe('0300010001')
    clock.advance(59_000)
    expect(await peer.ask(1, '0300010001')).toBe('0300010001')
    clock.advance(61_000)
    await peer.untilClosed()
    expect(log.count('info', 'connection closed')).toBe(1)
  })

  it('may be quiet for ever when the idle time is 0', async () => {
    const { port, clock } = await listen({ idleTimeout: 0 })
    const peer = await client(port)
    await peer.ask(1, '0300010001')
    clock.advance(86_400_000)
    expect(await peer.ask(1, '0300010001')).toBe('0300010001')
  })

  it('that is reset harms nobody', async () => {
    const { port } = await listen()
    const stays = await client(port)
    for (let n = 0; n < 10; n += 1) {
      const peer = await client(port)
      peer.send(adu(1, 1, '0300010001'))
      peer.socket.resetAndDestroy()
    }
    expect(await stays.ask(1, '0300010001')).toBe('0300010001')
  })

  it('whose request meets a bug of ours gets exception 4 and ends; the others go on', async () => {
    const { port, log } = await listen({}, (unit, pdu) => {
      if (unit === 13) throw new Error('a bug')
      return pdu.slice()
    })
    const [unlucky, lucky] = [await client(port), await client(port)]
    unlucky.send(Buffer.concat([adu(1, 1, '0300010001'), adu(2, 13, '0300010001'), adu(3, 1, '0300010001')]))
    await unlucky.untilClosed()
    expect(unlucky.answers.map(({ pdu }) => pdu)).toEqual(['0300010001', '8304'])
    expect(log.count('error', 'request failed')).toBe(1)
    expect(await lucky.ask(1, '0300010001')).toBe('0300010001')
  })
})

describe('A client that does not read', () => {
  it('is not read from either, holds no unbounded memory, and is served in order once it reads', async () => {
    let handled = 0
    const answer = new Uint8Array(253)
    const { port } = await listen({ idleTimeout: 0 }, () => {
      handled += 1
      return answer
    })
    const peer = await client(port)
    peer.socket.pause()
    const requests = 100_000
    const batch = Buffer.concat(Array.from({ length: 1000 }, (_, n) => adu(n, 1, '030000007d')))
    for (let n = 0; n < requests / 1000; n += 1) peer.send(batch)
    // The kernel's buffers fill up, then the server stops taking requests.
    let before = -1
    while (handled !== before) {
      before = handled
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(handled).toBeGreaterThan(0)
    expect(handled).toBeLessThan(requests)
    const other = await client(port)
    expect(await other.ask(1, '030000007d')).toHaveLength(506)
    peer.socket.resume()
    await peer.gather(requests)
    expect(peer.answers).toHaveLength(requests)
    expect(peer.answers.every(({ transaction }, n) => transaction === n % 1000)).toBe(true)
  })

  it('is given up after half a minute', async () => {
    const { port, clock } = await listen({ idleTimeout: 0 }, () => new Uint8Array(253))
    const peer = await client(port)
    peer.socket.pause()
    const batch = Buffer.concat(Array.from({ length: 50_000 }, (_, n) => adu(n & 0xffff, 1, '030000007d')))
    peer.send(batch)
    await new Promise((resolve) => setTimeout(resolve, 500))
    clock.advance(31_000)
    peer.socket.resume()
    await peer.untilClosed()
    expect(peer.answers.length).toBeLessThan(50_000)
  })
})

describe('When all connections are in use', () => {
  it('the newest is refused while the others are busy', async () => {
    const { port, clock, log } = await listen({ maxConnections: 2 })
    const first = await client(port)
    const second = await client(port)
    await first.ask(1, '0300010001')
    await second.ask(1, '0300010001')
    clock.advance(5_000)
    const third = await client(port)
    await third.untilClosed()
    expect(await first.ask(1, '0300010001')).toBe('0300010001')
    expect(await second.ask(1, '0300010001')).toBe('0300010001')
    expect(log.count('warn', 'maxConnections')).toBe(1)
  })

  it('the longest idle gives way once it is idle for more than some seconds', async () => {
    const { port, clock } = await listen({ maxConnections: 2 })
    const first = await client(port)
    const second = await client(port)
    await second.ask(1, '0300010001')
    clock.advance(6_000)
    await first.ask(1, '0300010001')
    clock.advance(6_000)
    const third = await client(port)
    await second.untilClosed()
    expect(await third.ask(1, '0300010001')).toBe('0300010001')
    expect(await first.ask(1, '0300010001')).toBe('0300010001')
  })

  it('a place is free again when a client leaves', async () => {
    const { port } = await listen({ maxConnections: 1 })
    for (let n = 0; n < 5; n += 1) {
      const peer = await client(port)
      expect(await peer.ask(1, '0300010001')).toBe('0300010001')
      peer.socket.end()
      await peer.untilClosed()
    }
  })
})

describe('Starting and stopping', () => {
  it('says in one sentence that a port is taken', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => new Promise((resolve) => squatter.close(() => resolve())))
    const address = squatter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const listener = { host: '127.0.0.1', port }
    const server = new TcpServer(
      { listen: listener, maxConnections: 1, idleTimeout: 0 },
      (_unit, pdu) => pdu,
      new FakeClock(),
      new RecordingLog(),
    )
    cleanups.push(() => server.stop())
    await expect(server.start()).rejects.toThrow(`modbus.tcp.listen 127.0.0.1:${port}: the port is already in use`)
  })

  it('closes every connection and leaves no timer behind', async () => {
    const { port, server, clock } = await listen()
    const peer = await client(port)
    await peer.ask(1, '0300010001')
    await server.stop()
    await peer.untilClosed()
    expect(clock.waiting).toBe(0)
    await expect(RawClient.open(port)).rejects.toThrow('ECONNREFUSED')
  })
})
