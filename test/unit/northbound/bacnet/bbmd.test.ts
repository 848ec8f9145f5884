import { describe, expect, it } from 'vitest'
import type { Log } from '../../../../src/lib/log.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { at, bvlc, distribute, forwarded, register, result, six, toAll, uint16, WHO_IS } from './bvlc.ts'
import { EVERYBODY, local, OWN, type Stack, type Station, stack } from './support.ts'

const PEER = at('10.1.0.5')
const OTHER_PEER = at('10.2.0.5', 47809)
const CLIENT = at('127.0.0.9')
const FOREIGN = at('10.9.0.7')
const STRANGER = at('192.0.2.66')

async function bbmd(settings: object = {}, log: Log = silentLog): Promise<Stack> {
  const own = await stack(
    {
      listen: '127.0.0.100:47808',
      bbmd: { peers: ['10.1.0.5', '10.2.0.5:47809'], foreignDevices: true, ...settings },
    },
    log,
  )
  own.attach([])
  return own
}

const key = ({ address, port }: Station) => `${address}:${port}`

/** What was passed on, without what the bridge itself answers to a Who-Is. */
function passedOn(own: Stack): readonly string[] {
  return own
    .take()
    .filter(({ hex }) => hex.startsWith('8104'))
    .map(({ hex, to }) => `${to} ${hex}`)
}

function ask(own: Stack, request: string, from: Station = STRANGER): string {
  own.receive(request, from)
  const [answer, ...more] = own.take()
  expect(more).toEqual([])
  expect(answer?.to).toBe(key(from))
  return answer?.hex ?? ''
}

/** The stations of a Read-Foreign-Device-Table-Ack, with their times. */
function table(own: Stack): readonly string[] {
  return ask(own, bvlc(0x06)).slice(8).match(/.{20}/g) ?? []
}

describe('a broadcast of the own subnet', () => {
  it('goes to peers and foreign devices under the name of its origin, and is answered to that', async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.take()
    own.receive(toAll(WHO_IS), CLIENT, true)
    const copy = forwarded(CLIENT, WHO_IS)
    const sent = own.take()
    expect(sent.slice(0, 3)).toEqual([PEER, OTHER_PEER, FOREIGN].map((station) => ({ to: key(station), hex: copy })))
    expect(sent[3]?.to).toBe(key(CLIENT))
    expect(sent).toHaveLength(4)
  })

  it("that is the bridge's own goes there, too, and to its subnet", async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.clock.advance(1_000)
    own.take()
    own.receive('810b000901800007d0', CLIENT, true)
    const iAmRouter = '01800107d0'
    expect(
      own
        .take()
        .slice(-5)
        .map(({ hex, to }) => `${to} ${hex}`),
    ).toEqual([
      ...[PEER, OTHER_PEER, FOREIGN].map((station) => `${key(station)} ${forwarded(OWN, iAmRouter)}`),
      `broadcast ${toAll(iAmRouter)}`,
      `${key(CLIENT)} ${bvlc(0x0a, iAmRouter)}`,
    ])
  })

  it('is none when it was sent to the bridge alone: it is answered and passed on to nobody', async () => {
    const own = await bbmd()
    own.receive(toAll(WHO_IS), STRANGER)
    expect(own.take().map(({ to }) => to)).toEqual([key(STRANGER)])
  })
})

describe('a Forwarded-NPDU', () => {
  it('of a peer goes to the subnet and to foreign devices, to no peer, and is answered at its origin', async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.take()
    const request = forwarded(at('10.1.0.77'), WHO_IS)
    own.receive(request, PEER)
    expect(own.take().map(({ hex, to }) => [to, hex.slice(0, 4)])).toEqual([
      ['broadcast', '8104'],
      [key(FOREIGN), '8104'],
      ['10.1.0.77:47808', '810a'],
    ])
  })

  it('that a peer said to all of this subnet is not said there again', async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.take()
    own.receive(forwarded(at('10.1.0.77'), WHO_IS), PEER, true)
    expect(passedOn(own).map((line) => line.split(' ')[0])).toEqual([key(FOREIGN)])
  })

  it('of anybody else is heard and passed on to nobody', async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.take()
    for (const from of [STRANGER, FOREIGN, at(PEER.address, 47809)]) {
      own.receive(forwarded(at('10.1.0.77'), WHO_IS), from)
      expect(own.take().map(({ to }) => to)).toEqual(['10.1.0.77:47808'])
    }
  })

  it('that comes again and again goes round, and ends here; a second later it may be said again', async () => {
    const lines: string[] = []
    const log: Log = { ...silentLog, warn: (_fields: object, message: string) => void lines.push(message) }
    const own = await bbmd({}, log)
    for (let n = 0; n < 50; n += 1) own.receive(forwarded(at('10.1.0.77'), '0100100a'), PEER)
    expect(passedOn(own)).toHaveLength(3)
    // Another's, or other words, are no echo.
    for (let n = 0; n < 50; n += 1) own.receive(forwarded(at('10.1.0.77', 1_000 + n), '0100100a'), PEER)
    expect(passedOn(own)).toHaveLength(50)
    own.clock.advance(1_000)
    own.receive(forwarded(at('10.1.0.77'), '0100100a'), PEER)
    expect(passedOn(own)).toHaveLength(1)
    expect(lines).toEqual([
      'bacnet: a broadcast goes round: look for a BBMD that is a foreign device, too, or for two on one subnet',
    ])
  })

  it('that names the bridge as its origin is its own, come back', async () => {
    const own = await bbmd()
    own.receive(forwarded(OWN, WHO_IS), PEER)
    expect(own.take()).toEqual([])
  })

  it('that names everybody as its origin is answered to nobody, and passed on to nobody', async () => {
    const own = await bbmd()
    for (const from of [PEER, at('10.66.0.6')]) {
      own.receive(forwarded(at(EVERYBODY), WHO_IS), from)
      own.clock.advance(100)
      expect(own.take()).toEqual([])
    }
  })

  it('does not go back to the foreign device that it came from', async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.take()
    own.receive(forwarded(FOREIGN, WHO_IS), PEER)
    expect(passedOn(own).map((line) => line.split(' ')[0])).toEqual(['broadcast'])
  })
})

describe('a table of a BBMD', () => {
  it('is told so often in a second that nobody makes a flood of it, for the next one again', async () => {
    const own = await bbmd()
    for (const question of ['81020004', '81060004']) {
      own.clock.advance(1_000)
      for (let n = 0; n < 1_000; n += 1) own.receive(question, at('10.66.0.6'))
      expect(own.take()).toHaveLength(20)
    }
    own.clock.advance(1_000)
    own.receive('81020004', at('10.66.0.6'))
    expect(own.take()).toHaveLength(1)
  })
})

describe('a foreign device', () => {
  it('is registered, has its broadcast passed on and answered, and no copy of its own', async () => {
    const own = await bbmd()
    expect(ask(own, register(60), FOREIGN)).toBe(result(0))
    expect(ask(own, register(60), at('10.9.0.8'))).toBe(result(0))
    own.receive(distribute(WHO_IS), FOREIGN)
    const copy = forwarded(FOREIGN, WHO_IS)
    const sent = own.take().map(({ hex, to }) => `${to} ${hex}`)
    expect(sent.slice(0, 4)).toEqual([
      `broadcast ${copy}`,
      `${key(PEER)} ${copy}`,
      `${key(OTHER_PEER)} ${copy}`,
      `10.9.0.8:47808 ${copy}`,
    ])
    expect(sent[4]).toMatch(new RegExp(`^${key(FOREIGN)} 810a`))
    expect(sent).toHaveLength(5)
  })

  it('that is not registered gets a NAK, and nothing is passed on', async () => {
    const own = await bbmd()
    expect(ask(own, distribute(WHO_IS), FOREIGN)).toBe(result(0x60))
    own.receive(register(60), FOREIGN)
    own.take()
    // The same address with another port is another station.
    expect(ask(own, distribute(WHO_IS), at(FOREIGN.address, 47809))).toBe(result(0x60))
  })

  it('is remembered for its time to live and thirty seconds, renewed or not', async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.take()
    expect(table(own)).toEqual([`${six(FOREIGN)}${uint16(60)}${uint16(90)}`])
    own.clock.advance(40_000)
    expect(table(own)).toEqual([`${six(FOREIGN)}${uint16(60)}${uint16(50)}`])
    own.receive(register(100), FOREIGN)
    own.take()
    expect(table(own)).toEqual([`${six(FOREIGN)}${uint16(100)}${uint16(130)}`])
    own.clock.advance(129_999)
    expect(table(own)).toHaveLength(1)
    own.clock.advance(1)
    expect(table(own)).toEqual([])
    expect(ask(own, distribute(WHO_IS), FOREIGN)).toBe(result(0x60))
  })

  it('leaves when its entry is deleted, once', async () => {
    const own = await bbmd()
    own.receive(register(60), FOREIGN)
    own.take()
    expect(ask(own, bvlc(0x08, six(FOREIGN)), FOREIGN)).toBe(result(0))
    expect(ask(own, bvlc(0x08, six(FOREIGN)), FOREIGN)).toBe(result(0x50))
    expect(table(own)).toEqual([])
  })

  it('may be only who is in one of the networks that may', async () => {
    const own = await bbmd({ foreignDevices: ['10.9.0.0/16'] })
    expect(ask(own, register(60), FOREIGN)).toBe(result(0))
    expect(ask(own, register(60), STRANGER)).toBe(result(0x30))
    expect(ask(own, bvlc(0x08, six(FOREIGN)), STRANGER)).toBe(result(0x50))
    expect(table(own)).toHaveLength(1)
  })

  it('is nobody where none may register', async () => {
    const own = await bbmd({ foreignDevices: false })
    expect(ask(own, register(60), FOREIGN)).toBe(result(0x30))
    expect(ask(own, bvlc(0x06))).toBe(result(0x40))
  })

  it('is no peer: what comes from it would go round', async () => {
    const own = await bbmd()
    expect(ask(own, register(60), PEER)).toBe(result(0x30))
  })

  it('finds the table full at 128 of them, 16 of one address, and the table is one datagram', async () => {
    const own = await bbmd()
    for (let port = 1; port <= 17; port += 1)
      expect(ask(own, register(60), at('10.9.0.7', port))).toBe(result(port <= 16 ? 0 : 0x30))
    for (let n = 16; n < 128; n += 1) expect(ask(own, register(60), at(`10.8.0.${n}`))).toBe(result(0))
    expect(ask(own, register(60), at('10.7.0.1'))).toBe(result(0x30))
    // Who is in it may go on.
    expect(ask(own, register(60), at('10.8.0.16'))).toBe(result(0))
    expect(table(own)).toHaveLength(128)
    expect(ask(own, bvlc(0x06)).length / 2).toBeLessThan(1_476)
    own.clock.advance(90_000)
    expect(ask(own, register(60), at('10.7.0.1'))).toBe(result(0))
    expect(table(own)).toHaveLength(1)
  })
})

describe('the broadcast distribution table', () => {
  it('can be read, the bridge itself in front, and not be written', async () => {
    const own = await bbmd()
    const entries = [OWN, PEER, OTHER_PEER].map((station) => `${six(station)}ffffffff`)
    expect(ask(own, bvlc(0x02))).toBe(bvlc(0x03, entries.join('')))
    expect(ask(own, bvlc(0x01, entries.join('')))).toBe(result(0x10))
    expect(ask(own, bvlc(0x01))).toBe(result(0x10))
    expect(ask(own, bvlc(0x02))).toBe(bvlc(0x03, entries.join('')))
  })

  it('may name the bridge itself, which sends itself nothing', async () => {
    const own = await bbmd({ peers: [key(OWN), key(PEER)] })
    own.receive(toAll(WHO_IS), CLIENT, true)
    expect(passedOn(own)).toEqual([`${key(PEER)} ${forwarded(CLIENT, WHO_IS)}`])
    expect(ask(own, bvlc(0x02))).toBe(bvlc(0x03, `${six(OWN)}ffffffff${six(PEER)}ffffffff`))
  })
})

describe('what is asked of everybody', () => {
  it.each([
    ['Register-Foreign-Device', register(60)],
    ['Read-Broadcast-Distribution-Table', bvlc(0x02)],
    ['Read-Foreign-Device-Table', bvlc(0x06)],
    ['Distribute-Broadcast-To-Network', distribute(WHO_IS)],
  ])('%s has no answer', async (_name, request) => {
    for (const own of [await bbmd(), await stack()]) {
      own.receive(request, FOREIGN, true)
      expect(own.take()).toEqual([])
    }
  })
})

describe('a flood of broadcasts', () => {
  it('is passed on in 20,000 copies a second, and the rest is one line of the log', async () => {
    const lines: string[] = []
    const log: Log = { ...silentLog, warn: (_fields: object, message: string) => void lines.push(message) }
    const own = await bbmd({}, log)
    // Nothing that the bridge itself would answer.
    const npdu = '0100100a'
    for (let n = 0; n < 12_000; n += 1) own.receive(toAll(npdu), CLIENT, true)
    expect(passedOn(own)).toHaveLength(20_000)
    expect(lines).toEqual(['bacnet: more broadcasts than a BBMD passes on in a second: the rest was dropped'])
    own.clock.advance(500)
    for (let n = 0; n < 12_000; n += 1) own.receive(toAll(npdu), CLIENT, true)
    expect(passedOn(own)).toHaveLength(10_000)
    expect(lines).toHaveLength(1)
    // Requests are answered all the while.
    own.receive(local('10 08'), CLIENT)
    expect(own.take()).toHaveLength(1)
  })
})
