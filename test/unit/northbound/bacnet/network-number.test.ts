import { describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { at, bvlc, toAll, uint16 } from './bvlc.ts'
import { OWN, type Stack, stack } from './support.ts'

const WHAT_IS = '018012'
const numberIs = (number: number, configured: boolean) => `018013${uint16(number)}0${configured ? 1 : 0}`
const ROUTER = at('127.0.0.20')

function recorded() {
  const lines: string[] = []
  const log: Log = { ...silentLog, error: (_fields: object, message: string) => void lines.push(message) }
  return { lines, log }
}

/** What it answers when it is asked for its number, a second after it was asked before. */
function number(own: Stack): readonly string[] {
  own.clock.advance(1_000)
  own.take()
  own.receive(toAll(WHAT_IS), own.client, true)
  return own.take().map(({ hex, to }) => `${to} ${hex}`)
}

describe('the number of the IP network', () => {
  it('is told to everybody when it is configured, however it is asked', async () => {
    const own = await stack({ ipNetwork: 7 })
    const told = [`broadcast ${toAll(numberIs(7, true))}`]
    expect(number(own)).toEqual(told)
    // For all who ask within a second of an answer, there is one more.
    for (let n = 0; n < 500; n += 1) own.receive(bvlc(0x0a, WHAT_IS))
    expect(own.take()).toEqual([])
    own.clock.advance(1_000)
    expect(own.take().map(({ hex, to }) => `${to} ${hex}`)).toEqual(told)
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
  })

  it('is asked for at the start when it is not, and not told before it is known', async () => {
    const own = await stack()
    await own.north.stop()
    await own.north.start()
    expect(own.take().map(({ hex }) => hex)).toEqual([toAll(WHAT_IS)])
    expect(number(own)).toEqual([])
  })

  it('is learned, from one who was configured rather than from one who learned it', async () => {
    const own = await stack()
    own.receive(toAll(numberIs(7, false)), ROUTER, true)
    expect(number(own)).toEqual([`broadcast ${toAll(numberIs(7, false))}`])
    own.receive(toAll(numberIs(8, true)), ROUTER, true)
    expect(number(own)).toEqual([`broadcast ${toAll(numberIs(8, false))}`])
    own.receive(toAll(numberIs(9, false)), ROUTER, true)
    expect(number(own)).toEqual([`broadcast ${toAll(numberIs(8, false))}`])
  })

  it.each([
    ['said to the bridge alone', bvlc(0x0a, numberIs(7, true))],
    ['from behind a router', toAll('0188 0009 01 05 13 0007 01')],
    ['to all networks', toAll('01a0 ffff 00 ff 13 0007 01')],
    ['of no network', toAll(numberIs(0, true))],
    ['of all networks', toAll(numberIs(0xffff, true))],
    ['cut short', toAll('0180130007')],
  ])('is not learned from one that is %s', async (_what, datagram) => {
    const own = await stack()
    own.receive(datagram, ROUTER, true)
    expect(number(own)).toEqual([])
  })

  it('stays as it is configured, and who says another is named in the log once', async () => {
    const { lines, log } = recorded()
    const own = await stack({ ipNetwork: 7 }, log)
    for (let n = 0; n < 20; n += 1) own.receive(toAll(numberIs(8 + n, true)), ROUTER, true)
    expect(number(own)).toEqual([`broadcast ${toAll(numberIs(7, true))}`])
    expect(lines).toEqual([
      'bacnet: 127.0.0.20:47808 says that the number of the IP network is 8, not bacnet.ipNetwork 7: one of them has to be changed',
    ])
  })

  it("can't be the virtual network's", async () => {
    const { lines, log } = recorded()
    const own = await stack({}, log)
    own.receive(toAll(numberIs(2000, true)), ROUTER, true)
    expect(number(own)).toEqual([])
    expect(lines[0]).toContain("is 2000, which is bacnet.network, the virtual network's number")
  })

  it('is an address of the bridge, too', async () => {
    const own = await stack({ ipNetwork: 7 })
    own.attach([])
    const read = '0005010c0c02000fa0194d'
    const mac = '7f000064bac0'
    expect(`${OWN.address}:${OWN.port}`).toBe('127.0.0.100:47808')
    own.receive(bvlc(0x0a, `0124000706${mac}ff${read}`))
    expect(own.take()).toHaveLength(1)
    own.receive(bvlc(0x0a, `012400070601020304bac0ff${read}`))
    expect(own.take()).toEqual([])
    own.receive(toAll('0120000700ff1008'), own.client, true)
    expect(own.take()).toHaveLength(1)
  })
})

describe('the network priority of a request', () => {
  it.each([1, 2, 3])('%i is that of its answer', async (priority) => {
    const own = await stack()
    own.attach([])
    const control = (4 | priority).toString(16).padStart(2, '0')
    own.receive(bvlc(0x0a, `01${control}0005010c0c02000fa0194d`))
    expect(own.take()[0]?.hex.slice(8, 12)).toBe(`010${priority}`)
    own.receive(bvlc(0x0a, `018${priority}0007d0`))
    expect(own.take()[0]?.hex.slice(8)).toBe(`018${priority}0107d0`)
  })
})
