import { describe, expect, it } from 'vitest'
import type { Log } from '../../../../src/lib/log.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { at, bvlc, distribute, forwarded, register, result, six, toAll, WHO_IS } from './bvlc.ts'
import { OWN, type Stack, stack } from './support.ts'

const BBMD = at('10.0.0.1')
const REGISTER = { to: '10.0.0.1:47808', hex: register(60) }

function recorded() {
  const lines: string[] = []
  const write = (_fields: object, message: string) => void lines.push(message)
  const log: Log = { ...silentLog, info: write, warn: write }
  return { lines, log }
}

/** A bridge that is about to register for 60 s: it has asked once, three seconds ago, and had no answer. */
async function foreign(log: Log = silentLog, ttl = '60s'): Promise<Stack> {
  const own = await stack({ foreignDevice: { bbmd: '10.0.0.1', ttl } }, log)
  own.attach([])
  return own
}

async function registered(log: Log = silentLog): Promise<Stack> {
  const own = await foreign(log)
  own.receive(result(0), BBMD)
  own.clock.advance(4_000)
  own.take()
  return own
}

describe('a bridge that is a foreign device', () => {
  it('registers again after half of the time to live, for ever', async () => {
    const own = await foreign()
    own.receive(result(0), BBMD)
    own.clock.advance(29_999)
    own.take()
    for (let n = 0; n < 5; n += 1) {
      own.clock.advance(1)
      expect(own.take()).toEqual([REGISTER])
      own.receive(result(0), BBMD)
      own.clock.advance(29_999)
      expect(own.take()).toEqual([])
    }
  })

  it('asks again after 5, 10, 20 and then every 30 seconds when nobody answers, and says so once', async () => {
    const { lines, log } = recorded()
    const own = await foreign(log)
    const asked: number[] = []
    for (let second = 1; second <= 130; second += 1) {
      own.clock.advance(1_000)
      for (const sent of own.take()) {
        expect(sent).toEqual(REGISTER)
        asked.push(second)
      }
    }
    // It began 3.1 s before.
    expect(asked).toEqual([2, 12, 32, 62, 92, 122])
    const where = 'bacnet: bacnet.foreignDevice.bbmd 10.0.0.1:47808'
    const rest = "broadcasts don't reach other subnets; it is tried again and again"
    expect(lines).toEqual([`${where} does not answer Register-Foreign-Device: ${rest}`])
    own.receive(result(0), BBMD)
    expect(lines.slice(1)).toEqual([
      'bacnet: registered with the BBMD again',
      'bacnet: registered with the BBMD as a foreign device',
    ])
  })

  it('says nothing of an answer that is lost, and that broadcasts fail when its entry is gone', async () => {
    const { lines, log } = recorded()
    const own = await registered(log)
    lines.splice(0)
    own.clock.advance(30_000)
    own.receive(result(0), BBMD)
    expect(lines).toEqual([])
    // Registered once more at 35 s: until 125 s.
    own.clock.advance(87_000)
    expect(lines).toEqual([])
    own.clock.advance(35_000)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('does not answer Register-Foreign-Device')
  })

  it('asks again when it is refused, and says so once', async () => {
    const { lines, log } = recorded()
    const own = await foreign(log)
    own.receive(result(0x30), BBMD)
    own.take()
    own.clock.advance(1_900)
    expect(own.take()).toEqual([REGISTER])
    own.receive(result(0x30), BBMD)
    own.clock.advance(9_999)
    expect(own.take()).toEqual([])
    own.clock.advance(1)
    expect(own.take()).toEqual([REGISTER])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('10.0.0.1:47808 refuses to register the bridge as a foreign device')
  })

  it('registers again at once when the BBMD has forgotten it', async () => {
    const own = await registered()
    own.receive(result(0x60), BBMD)
    own.clock.advance(0)
    expect(own.take()).toEqual([REGISTER])
    // However often it says so: the next try has its time.
    for (let n = 0; n < 100; n += 1) own.receive(result(0x60), BBMD)
    own.clock.advance(4_999)
    expect(own.take()).toEqual([])
  })

  it.each([
    ['another address', at('10.0.0.2')],
    ['another port of it', at('10.0.0.1', 47809)],
  ])('takes no answer from %s', async (_what, from) => {
    const own = await foreign()
    for (const code of [0, 0x30, 0x60]) own.receive(result(code), from)
    own.clock.advance(1_900)
    expect(own.take()).toEqual([REGISTER])
  })

  it('says what it says to everybody through the BBMD and on its own subnet', async () => {
    const own = await registered()
    own.receive('810b000901800007d0')
    const npdu = '01800107d0'
    expect(own.take()).toEqual([
      { to: '10.0.0.1:47808', hex: distribute(npdu) },
      { to: 'broadcast', hex: toAll(npdu) },
      { to: '127.0.0.9:47808', hex: bvlc(0x0a, npdu) },
    ])
  })

  it('that is not registered answers its own subnet, and asks the BBMD for nothing else', async () => {
    const own = await foreign()
    own.clock.advance(1_000)
    own.take()
    own.receive('810b000901800007d0')
    expect(own.take().map(({ to }) => to)).toEqual(['broadcast', '127.0.0.9:47808'])
    own.receive(toAll(WHO_IS), own.client, true)
    expect(own.take().map(({ to }) => to)).toEqual(['127.0.0.9:47808'])
  })

  it('no longer counts as registered when the time to live and the grace are over', async () => {
    const own = await registered()
    own.clock.advance(82_000)
    own.take()
    own.receive('810b000901800007d0')
    expect(own.take().map(({ to }) => to)).toEqual(['10.0.0.1:47808', 'broadcast', '127.0.0.9:47808'])
    own.clock.advance(2_000)
    own.take()
    own.receive('810b000901800007d0')
    expect(own.take().map(({ to }) => to)).toEqual(['broadcast', '127.0.0.9:47808'])
  })

  it('answers what is forwarded to it at its origin, and hears nothing of its own', async () => {
    const own = await registered()
    own.receive(forwarded(at('10.0.0.44'), WHO_IS), BBMD)
    expect(own.take().map(({ to }) => to)).toEqual(['10.0.0.44:47808'])
    own.receive(forwarded(OWN, WHO_IS), BBMD)
    expect(own.take()).toEqual([])
  })

  it('leaves the table of the BBMD when it ends', async () => {
    const own = await registered()
    await own.north.stop()
    expect(own.take()).toEqual([{ to: '10.0.0.1:47808', hex: bvlc(0x08, six(OWN)) }])
    own.clock.advance(600_000)
    expect(own.take()).toEqual([])
  })

  it('announces itself behind the BBMD when that has taken it for the first time, however late', async () => {
    const own = await foreign()
    own.charger(4001)
    own.clock.advance(60_000)
    own.take()
    own.receive(result(0), BBMD)
    own.clock.advance(4_000)
    const announced = own.take().filter(({ to }) => to === '10.0.0.1:47808')
    // Who routes to 2000, who is 4000 and 4001; then that this is they.
    expect(announced.map(({ hex }) => hex.slice(8, 20))).toEqual([
      '01800007d0',
      '0120ffff00ff',
      '01800107d0',
      '01001000c402',
      '010807d00300',
    ])
    own.receive(result(0), BBMD)
    own.clock.advance(25_000)
    own.receive(result(0), BBMD)
    own.clock.advance(3_000)
    expect(own.take()).toEqual([REGISTER])
  })
})
