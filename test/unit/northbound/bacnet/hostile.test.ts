import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import type { Log } from '../../../../src/lib/log.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { config } from '../../../../src/northbound/bacnet/config.ts'
import { bacnet } from '../../../../src/northbound/bacnet/index.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { journals } from '../../../support/journal.ts'
import { notebook } from '../../../support/notebook.ts'
import { site } from '../../../support/site.ts'
import { ask, local, oid, stack } from './support.ts'

/** A Forwarded-NPDU (J.2.5): the origin in six octets, then the NPDU. */
function forwarded(address: string, port: number, npdu: string): string {
  const origin = Buffer.from([...address.split('.').map(Number), port >> 8, port & 0xff]).toString('hex')
  const octets = `${origin}${npdu.replaceAll(' ', '')}`
  return `8104${(octets.length / 2 + 4).toString(16).padStart(4, '0')}${octets}`
}

const WHO_IS = '0100 1008'

describe('a Forwarded-NPDU', () => {
  it('lends nobody the right to write: forwarder and origin have to be in allowWrites', async () => {
    const own = await site()
    // WriteProperty of the limit of connector 1 of 4001, 16 A at priority 8.
    const write = '012407d003000fa1ff 00 05 01 0f 0c 00400065 19 55 3e 44 41800000 3f 49 08'
    const denied = /50010f91029128$/
    const stranger = { address: '192.0.2.66', port: 47808 }
    const friend = { address: '127.0.0.9', port: 47808 }
    expect(own.bacnet(forwarded('127.0.0.1', 47808, write), stranger)[0]).toMatch(denied)
    expect(own.bacnet(forwarded('192.0.2.66', 47808, write), friend)[0]).toMatch(denied)
    expect(own.bacnet(forwarded('127.0.0.1', 47808, write), friend)[0]).toMatch(/20010f$/)
  })

  it('whose origin can get no answer gets none', async () => {
    const own = await stack()
    own.attach([])
    for (const [address, port] of [
      ['127.0.0.1', 0],
      ['0.0.0.0', 47808],
      ['224.0.0.1', 47808],
      ['255.255.255.255', 47808],
    ] as const) {
      own.receive(forwarded(address, port, WHO_IS))
      expect(own.take()).toEqual([])
    }
    own.receive(forwarded('127.0.0.5', 47808, WHO_IS))
    expect(own.take().map(({ to }) => to)).toEqual(['127.0.0.5:47808'])
  })
})

describe('a refused write', () => {
  it('is one line in the log that names the address and the key, however often it is tried', async () => {
    const lines: string[] = []
    const log: Log = { ...silentLog, warn: (_fields: object, message: string) => void lines.push(message) }
    const own = await stack({}, log)
    own.attach([{ object: 'analog-output', instance: 1, type: 'number', setpoint: true }])
    const from = { address: '192.0.2.66', port: 47808 }
    for (let n = 0; n < 50; n += 1)
      expect(ask(own, 15, `0c${oid(1, 1)}19553e44418000003f4908`, from)).toBe('50010f91029128')
    expect(lines).toEqual(['write from 192.0.2.66 refused: it is in none of the networks of bacnet.allowWrites'])
    expect(own.downlink.written).toEqual([])
  })
})

describe('a request for far more than an answer holds', () => {
  it('costs no more than an answer: the Object_List of a large device, hundreds of times', async () => {
    const own = await stack()
    own.attach(
      Array.from({ length: 3_000 }, (_, instance) => ({ object: 'analog-input', instance, type: 'number' }) as const),
    )
    // 1.8 million elements an answer, if they were all written out: the suite would run into its time limit.
    for (let n = 0; n < 200; n += 1) expect(ask(own, 14, `0c${oid(8, 4000)}1e${'094c'.repeat(600)}1f`)).toBe('710104')
  })
})

describe('the UDP port', () => {
  const sockets: Socket[] = []
  let stop: () => Promise<void> = () => Promise.resolve()
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close()
    await stop()
  })

  it('lives on after a packet that names port 0, and hears the next', async () => {
    const north = bacnet.create(config.parse({ listen: '127.0.0.11:0', device: { instance: 4000 }, network: 2000 }), {
      clock: new FakeClock(),
      log: silentLog,
      downlink: (await stack()).downlink,
      notebook: notebook(),
      journal: journals(),
      site: 'Site',
      version: '1',
    })
    north.attach({ charger: undefined, name: 'Site', number: 0, addresses: { bacnet: 4000 } }, [])
    stop = () => north.stop()
    const port = Number((await north.start()).split(':')[1])
    const socket = createSocket('udp4')
    sockets.push(socket)
    const answer = new Promise<string>((resolve) => socket.on('message', (bytes) => resolve(bytes.toString('hex'))))
    await new Promise<void>((resolve) => socket.bind({ address: '127.0.0.12', port: 0 }, resolve))
    socket.send(Buffer.from(forwarded('127.0.0.12', 0, WHO_IS).replaceAll(' ', ''), 'hex'), port, '127.0.0.11')
    socket.send(Buffer.from(local('10 08'), 'hex'), port, '127.0.0.11')
    expect(await answer).toBe('810a001501001000c402000fa02205c4910022022b')
  })
})
