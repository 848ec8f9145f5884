import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { TcpServer } from '../../../src/northbound/modbus/transport/tcp.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { adu, type Building, RawClient, RecordingLog, Scene } from '../../unit/northbound/modbus/support.ts'

const scene = new Scene()

afterEach(() => scene.close())

const READ = '03 0064 0001'
const ANSWER = '0302ffff'

const limited = (tcp: object) => scene.open({ settings: { tcp: { listen: '127.0.0.1:0', ...tcp } } })

async function served(building: Building): Promise<void> {
  expect(await (await scene.connect(building)).ask(7, READ)).toBe(ANSWER)
}

describe('Clients that leave', () => {
  it('T56 A reset in the middle of requests and answers: nobody else notices, again and again', async () => {
    const { building, ask } = await scene.open()
    for (let n = 0; n < 30; n += 1) {
      const other = await scene.connect(building)
      other.send(Buffer.concat(Array.from({ length: n }, () => adu(1, 7, READ))))
      other.send(adu(1, 7, READ).subarray(0, n % 12))
      other.socket.resetAndDestroy()
      expect(await ask(READ)).toBe(ANSWER)
    }
    expect(building.log.count('error', '')).toBe(0)
  })

  it('T57 A client that ends its half of the connection: all that it asked before is answered, then closed', async () => {
    const { building } = await scene.open()
    const socket = connect({ port: building.port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    const requests = 500
    socket.end(Buffer.concat(Array.from({ length: requests }, (_, n) => adu(n, 7, READ))))
    let bytes = 0
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    await once(socket, 'close')
    expect(bytes).toBe(requests * 11)
    await served(building)
  })

  it('T58 A client that comes and goes: its place is free again each time', async () => {
    const { building, client } = await limited({ maxConnections: 2 })
    expect(await client.ask(7, READ)).toBe(ANSWER)
    for (let n = 0; n < 50; n += 1) {
      const other = await RawClient.open(building.port)
      expect(await other.ask(7, READ)).toBe(ANSWER)
      other.socket.end()
      await other.untilClosed()
    }
  })
})

describe('Clients that stay', () => {
  it('T59 Six hundred connections that are silent: one more is served at once', async () => {
    const { building } = await limited({ maxConnections: 700 })
    const idle: Socket[] = []
    for (let n = 0; n < 600; n += 1) {
      const socket = connect({ port: building.port, host: '127.0.0.1' })
      idle.push(socket)
      await once(socket, 'connect')
    }
    await served(building)
    for (const socket of idle) socket.destroy()
  })

  it('T60 All places taken: the longest idle gives way, or the newcomer is refused while all are busy', async () => {
    const { building, client: first } = await limited({ maxConnections: 2 })
    const second = await scene.connect(building)
    await first.ask(7, READ)
    await second.ask(7, READ)
    building.clock.advance(5_000)
    await (await scene.connect(building)).untilClosed()
    expect(building.log.count('warn', 'maxConnections')).toBe(1)
    expect(await second.ask(7, READ)).toBe(ANSWER)
    building.clock.advance(6_000)
    await served(building)
    await first.untilClosed()
    expect(await second.ask(7, READ)).toBe(ANSWER)
    expect(building.log.count('warn', 'gave way')).toBe(1)
  })

  it('T61 A client that is silent for longer than the idle time: closed and logged; with 0 never', async () => {
    const { building, client } = await limited({ idleTimeout: '60s' })
    building.clock.advance(59_000)
    expect(await client.ask(7, READ)).toBe(ANSWER)
    building.clock.advance(61_000)
    await client.untilClosed()
    expect(building.log.count('info', 'connection closed')).toBe(1)
    const patient = await limited({ idleTimeout: '0s' })
    patient.building.clock.advance(86_400_000)
    expect(await patient.ask(READ)).toBe(ANSWER)
  })
})

describe('Clients that do not read', () => {
  const batch = Buffer.concat(Array.from({ length: 1000 }, (_, n) => adu(n, 1, '030000007d')))

  /** A server that counts its answers of 260 bytes, and a client that asks and never reads. */
  async function silent() {
    const clock = new FakeClock()
    const log = new RecordingLog()
    const listener = { host: '127.0.0.1', port: 0 }
    let handled = 0
    const server = new TcpServer(
      { listen: listener, maxConnections: 8, idleTimeout: 0 },
      () => {
        handled += 1
        return new Uint8Array(253)
      },
      clock,
      log,
    )
    const port = Number((await server.start()).split(':')[1])
    const client = await RawClient.open(port)
    client.socket.pause()
    return { clock, log, port, client, server, handled: () => handled }
  }

  it('T62 Answers that are not taken: no more is read than the kernel’s buffers hold; others are served', async () => {
    const { port, client, server, handled } = await silent()
    const other = await RawClient.open(port)
    for (let n = 0; n < 300; n += 1) client.send(batch)
    // Once the server has stopped reading, as many round trips of another client move nothing.
    let [before, own] = [-1, 0]
    while (handled() - own !== before) {
      before = handled() - own
      for (let n = 0; n < 500; n += 1) await other.ask(1, READ)
      own += 500
    }
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(100_000)
    await other.close()
    await client.close()
    await server.stop()
  })

  it('T63 Answers that are not taken for half a minute: closed and logged', async () => {
    const { clock, log, port, client, server } = await silent()
    const other = await RawClient.open(port)
    for (let n = 0; n < 100; n += 1) client.send(batch)
    for (let n = 0; n < 2000; n += 1) await other.ask(1, READ)
    clock.advance(31_000)
    expect(log.count('info', 'connection closed')).toBe(1)
    client.socket.resume()
    await client.untilClosed()
    expect(client.answers.length).toBeLessThan(100_000)
    await other.close()
    await server.stop()
  })
})

describe('A bug of ours', () => {
  it('T64 A request that meets a bug: exception 4, logged, that connection ends and the others go on', async () => {
    const log = new RecordingLog()
    const listener = { host: '127.0.0.1', port: 0 }
    const server = new TcpServer(
      { listen: listener, maxConnections: 8, idleTimeout: 0 },
      (unit, pdu) => {
        if (unit === 13) throw new Error('a bug')
        return pdu.slice()
      },
      new FakeClock(),
      log,
    )
    const port = Number((await server.start()).split(':')[1])
    const [unlucky, lucky] = [await RawClient.open(port), await RawClient.open(port)]
    unlucky.send(Buffer.concat([adu(1, 1, READ), adu(2, 13, READ), adu(3, 1, READ)]))
    await unlucky.untilClosed()
    expect(unlucky.answers.map(({ pdu }) => pdu)).toEqual(['0300640001', '8304'])
    expect(log.count('error', 'request failed')).toBe(1)
    expect(await lucky.ask(1, READ)).toBe('0300640001')
    await lucky.close()
    await server.stop()
  })
})
