import { describe, expect, it } from 'vitest'
import { Routes } from '../../../../src/northbound/bacnet/transport/routes.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { at, bvlc, toAll } from './bvlc.ts'
import { stack } from './support.ts'

const ROUTER = at('10.0.0.2')
const OTHER = at('10.0.0.3')
const MAC = Uint8Array.of(0x0c)

function routes() {
  const clock = new FakeClock()
  const asked: { readonly network: number; readonly at: number }[] = []
  const start = clock.now()
  const own = new Routes({
    clock,
    ask: (network) => void asked.push({ network, at: clock.now() - start }),
    isOwn: (network) => network === 2000,
  })
  return { asked, clock, own }
}

describe('the router to another network', () => {
  it('is asked for with longer and longer pauses until one says that it is, and then told to all who wait', () => {
    const { asked, clock, own } = routes()
    const told: unknown[] = []
    own.want({ network: 9, mac: MAC }, (peer) => told.push(peer))
    own.want({ network: 9, mac: new Uint8Array() }, (peer) => told.push(peer))
    clock.advance(20 * 60_000)
    expect(asked.map((each) => each.at / 1000)).toEqual([0, 5, 15, 35, 75, 155, 315, 615, 915])
    expect(told).toEqual([])
    own.announced(9, ROUTER)
    expect(told).toEqual([
      { ...ROUTER, remote: { network: 9, mac: MAC } },
      { ...ROUTER, remote: { network: 9, mac: new Uint8Array() } },
    ])
    own.want({ network: 9, mac: MAC }, (peer) => told.push(peer))
    expect(told).toHaveLength(3)
    clock.advance(3_600_000)
    expect(asked).toHaveLength(9)
  })

  it('is asked for no more when nobody waits for it', () => {
    const { asked, clock, own } = routes()
    const cancel = own.want({ network: 9, mac: MAC }, () => {})
    clock.advance(0)
    cancel()
    own.want({ network: 10, mac: MAC }, () => {})
    own.stop()
    clock.advance(3_600_000)
    expect(asked.map(({ network }) => network)).toEqual([9])
    expect(clock.waiting).toBe(0)
  })

  it('is the newest that said so; what merely came through one does not change it', () => {
    const { own } = routes()
    own.seen(9, OTHER)
    expect(own.find(9)).toEqual(OTHER)
    own.announced(9, ROUTER)
    own.seen(9, OTHER)
    expect(own.find(9)).toEqual(ROUTER)
    own.refused(9, OTHER)
    expect(own.find(9)).toEqual(ROUTER)
    own.refused(9, ROUTER)
    expect(own.find(9)).toBeUndefined()
  })

  it('is nobody for the own networks, for none and for all', () => {
    const { own } = routes()
    for (const network of [0, 2000, 0xffff]) {
      own.announced(network, ROUTER)
      own.seen(network, ROUTER)
      expect(own.find(network)).toBeUndefined()
    }
  })

  it('is not needed for a station of the IP network', () => {
    const { asked, own } = routes()
    const told: unknown[] = []
    for (const network of [0, 2000])
      own.want({ network, mac: Uint8Array.of(10, 0, 0, 7, 0xba, 0xc0) }, (peer) => told.push(peer))
    own.want({ network: 0, mac: MAC }, (peer) => told.push(peer))
    expect(told).toEqual([at('10.0.0.7'), at('10.0.0.7')])
    expect(asked).toEqual([])
  })

  it('is kept for 256 networks: what is used stays, whatever is invented', () => {
    const { own } = routes()
    own.announced(9, ROUTER)
    for (let network = 10_000; network < 60_000; network += 1) {
      own.announced(network, OTHER)
      if (network % 200 === 0) own.find(9)
    }
    expect(own.find(9)).toEqual(ROUTER)
    let known = 0
    for (let network = 1; network < 65_535; network += 1) if (own.find(network)) known += 1
    expect(known).toBe(256)
  })

  it('is asked for ten times a second and for a thousand networks at a time, whoever wants more', () => {
    const { asked, clock, own } = routes()
    for (let network = 10_000; network < 13_000; network += 1) own.want({ network, mac: MAC }, () => {})
    clock.advance(1_000)
    expect(asked.length).toBeLessThanOrEqual(11)
    clock.advance(3_600_000)
    expect(new Set(asked.map(({ network }) => network)).size).toBe(1_024)
  })
})

describe('messages of other routers', () => {
  it.each([
    ['an I-Am-Router-To-Network', toAll('0180010009000a')],
    ['a request from behind it', bvlc(0x0a, '0108000901050005010c0c02000fa0194d')],
    ['a Reject-Message-To-Network', bvlc(0x0a, '018003010009')],
    ['an I-Am-Router-To-Network that is cut short', toAll('01800100')],
  ])('%s is answered as any other', async (_what, datagram) => {
    const own = await stack()
    own.attach([])
    own.receive(datagram, ROUTER)
    // To the request alone, through that router.
    expect(own.take().map(({ hex, to }) => [to, hex.slice(8, 20)])).toEqual(
      datagram.includes('0c0c02') ? [['10.0.0.2:47808', '012000090105']] : [],
    )
  })
})
