import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { keptAtOnce } from '../../../../src/core/keep.ts'
import type { Log } from '../../../../src/lib/log.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { config } from '../../../../src/northbound/bacnet/config.ts'
import { bacnet } from '../../../../src/northbound/bacnet/index.ts'
import { SHARE } from '../../../../src/northbound/bacnet/transport/fair.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { journals } from '../../../support/journal.ts'
import { notebook } from '../../../support/notebook.ts'
import { site } from '../../../support/site.ts'
import { requestSegment } from './segments.ts'
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

/** Every confirmed service that the bridge executes, with a password set. */
const CONFIRMED = [0, 3, 4, 5, 8, 9, 12, 14, 15, 16, 17, 20, 28, 29]

describe('parameters that break the encoding', () => {
  it.each([
    ['nothing at all', ''],
    ['a length beyond the end', '0dfeffff00'],
    ['a length of four gigabytes', '0dffffffffff00'],
    ['an object identifier of three octets', '1b000001'],
    ['an object identifier cut short', '0c0000'],
    ['the reserved tag number 255', 'f9ff00'],
    ['a tag number that is not there', 'f9'],
    ['a closing tag before any opening', '1f'],
    ['a closing tag of another number', '0c000000011e09552f'],
    ['openings that nobody closes', `0c00000001${'1e'.repeat(1_000)}`],
    ['openings to the depth of the datagram, closed again', `0c00000001${'1e'.repeat(500)}${'1f'.repeat(500)}`],
    ['openings in a value', `0c004000011955${'3e'.repeat(500)}${'3f'.repeat(500)}`],
    ['application tags of lengths 6 and 7', '0c0000000126'],
    ['a number of nine octets', `0d09${'01'.repeat(9)}1c00000001`],
    ['numbers without octets', '081c0000000128383955'],
    ['ones', 'ff'.repeat(1_400)],
    ['zeros', '00'.repeat(1_400)],
  ])('%s: of every service one Reject, Error or Abort, and nothing is written', async (_what, data) => {
    const own = await stack({ password: 'secret' })
    own.attach([
      { object: 'analog-output', instance: 1, type: 'number', setpoint: true },
      { object: 'analog-input', instance: 1, type: 'number' },
    ])
    for (const service of CONFIRMED) {
      // GetAlarmSummary has no parameters, GetEventInformation needs none.
      if (data === '' && (service === 3 || service === 29)) continue
      expect(ask(own, service, data), `service ${service}`).toMatch(/^(50|60|71)01/)
    }
    // What has no answer is silent; a Who-Is of nobody in particular is one.
    for (let service = 0; service < 16; service += 1)
      if (data !== '') own.receive(local(`10${service.toString(16).padStart(2, '0')}${data}`))
    own.clock.advance(1_000)
    expect(own.take()).toEqual([])
    expect(own.downlink.written).toEqual([])
    expect(ask(own, 12, `0c${oid(0, 1)}1955`)).toBe(`30010c0c${oid(0, 1)}19553e44000000003f`)
  })

  it('in 90 kB of segments cost no more than those 90 kB', async () => {
    const own = await stack()
    own.attach([])
    const began = performance.now()
    for (const filling of ['3e', '1e', '0e', '0c020000001e', '00', '0955', '55ff']) {
      const data = filling.repeat(Math.floor(1_400 / (filling.length / 2)))
      for (const service of [14, 15, 16]) {
        for (let n = 0; n < 60; n += 1) {
          const piece = n === 0 ? `0c${oid(8, 4000)}1e${data}` : data
          own.receive(
            local(requestSegment(service, piece, { sequence: n, moreFollows: n < 59, window: 127, accepts: true })),
          )
        }
        const answer = own.take().at(-1)?.hex.slice(12)
        expect(answer, `service ${service}: ${filling}`).toMatch(/^(50|60|71|3c)01/)
        own.receive(local('70 01 00'))
      }
    }
    // Seconds, where each would take minutes if a datagram could ask for more than it brings.
    expect(performance.now() - began).toBeLessThan(15_000)
  }, 30_000)
})

describe('a flood from one address', () => {
  const READ = `00 05 01 0c 0c${oid(8, 4000)} 19 4d`

  it('takes its share of each second, and others are answered all of theirs', async () => {
    const own = await stack()
    own.attach([])
    const flooder = { address: '127.0.0.66', port: 47808 }
    const asks = Array.from({ length: 20 }, (_, n) => ({ address: `127.0.2.${n}`, port: 47808 }))
    for (let second = 0; second < 3; second += 1) {
      let answered = 0
      let toFlooder = 0
      for (const from of asks) {
        own.receive(local(READ), from)
        for (let n = 0; n < 1_000; n += 1) own.receive(local(READ), { ...flooder, port: 40_000 + n })
        for (const { to } of own.take()) {
          if (to.startsWith('127.0.2.')) answered += 1
          else toFlooder += 1
        }
      }
      expect([answered, toFlooder]).toEqual([20, SHARE])
      own.clock.advance(1_000)
    }
  })

  it('of invented addresses leaves those that are known alone', async () => {
    const own = await stack()
    own.attach([])
    const known = { address: '127.0.0.5', port: 47808 }
    for (let second = 0; second < 3; second += 1) {
      own.receive(local(READ), known)
      own.clock.advance(1_000)
    }
    own.take()
    let answered = 0
    for (let n = 0; n < 50_000; n += 1) {
      own.receive(local(READ), { address: `10.1.${n >> 8}.${n & 0xff}`, port: 47808 })
      if (n % 1_000 === 0) own.receive(local(READ), known)
      answered += own.take().filter(({ to }) => to === '127.0.0.5:47808').length
    }
    expect(answered).toBe(50)
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
      keeping: keptAtOnce,
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
