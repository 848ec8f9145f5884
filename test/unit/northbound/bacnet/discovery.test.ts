import { describe, expect, it } from 'vitest'
import { type Stack, type Station, stack } from './support.ts'

const WHO_IS_ALL = '810b000c0120ffff00ff1008'
const CHARGERS = 2_000
const FIRST = 10_001

async function site(): Promise<Stack> {
  const own = await stack({ instances: '10001-19999' })
  own.attach([])
  for (let n = 0; n < CHARGERS; n += 1) own.charger(FIRST + n)
  return own
}

/** Instances of I-Am answers. */
function instances(sent: readonly { readonly hex: string }[]): readonly number[] {
  return sent.map(
    ({ hex }) => Number.parseInt(/1000c4(........)2205c4910022022b$/.exec(hex)?.[1] ?? '', 16) & 0x3f_ffff,
  )
}

const everybody = [4_000, ...Array.from({ length: CHARGERS }, (_, n) => FIRST + n)]

describe('a Who-Is to a site of 2,000 chargers', () => {
  it('is answered by each of them once, spread over less than a second', async () => {
    const own = await site()
    own.receive(WHO_IS_ALL)
    const sent: number[] = []
    for (let ms = 0; ms < 1_000; ms += 1) {
      const burst = instances(own.take())
      expect(burst.length).toBeLessThanOrEqual(50)
      sent.push(...burst)
      own.clock.advance(1)
    }
    expect(sent).toEqual(everybody)
  })

  it('of several clients at once is answered to each of them in full, a repeated one not twice', async () => {
    const own = await site()
    const clients: readonly Station[] = [1, 2, 3].map((n) => ({ address: `127.0.0.2${n}`, port: 47808 }))
    for (const from of [...clients, ...clients]) own.receive(WHO_IS_ALL, from)
    own.clock.advance(5_000)
    const sent = own.take()
    for (const { address } of clients) {
      expect(instances(sent.filter(({ to }) => to === `${address}:47808`))).toEqual(everybody)
    }
    expect(sent).toHaveLength(3 * everybody.length)
    // When all is said it is answered again.
    own.receive(WHO_IS_ALL)
    own.clock.advance(5_000)
    expect(own.take()).toHaveLength(everybody.length)
  })

  it('without end holds a bounded number of answers, and the site is found again afterwards', async () => {
    const own = await site()
    for (let n = 0; n < 500; n += 1) own.receive(WHO_IS_ALL, { address: '127.0.0.66', port: 1024 + n })
    own.clock.advance(60_000)
    expect(own.take().length).toBeLessThanOrEqual(50_000)
    own.receive(WHO_IS_ALL)
    own.clock.advance(5_000)
    expect(instances(own.take())).toEqual(everybody)
  })

  it('is for those within its limits, which are part of it', async () => {
    const own = await site()
    own.receive('810b00120120ffff00ff1008 0a2711 1a2712'.replaceAll(' ', ''))
    own.clock.advance(1_000)
    expect(instances(own.take())).toEqual([10_001, 10_002])
    // The lower above the upper, and beyond all instances.
    own.receive('810b00120120ffff00ff10080a27121a2711')
    own.receive('810b00140120ffff00ff10080b4000001b400000')
    own.clock.advance(1_000)
    expect(own.take()).toEqual([])
  })

  it('on the virtual network alone is not for the bridge', async () => {
    const own = await site()
    own.receive('810b000c012007d000ff1008')
    own.clock.advance(5_000)
    expect(instances(own.take())).toEqual(everybody.slice(1))
  })
})

describe('the start', () => {
  it('tells of the router, then of each device once, spread, and never again', async () => {
    const own = await stack()
    await own.north.stop()
    own.attach([])
    for (let n = 0; n < 300; n += 1) own.charger(4_001 + n)
    await own.north.start()
    own.clock.advance(0)
    // Which number has this network, who routes to 2000, who is 4000 to 4300: everywhere, for three seconds.
    expect(own.take().map(({ hex, to }) => `${to} ${hex}`)).toEqual([
      'broadcast 810b0007018012',
      'broadcast 810b000901800007d0',
      'broadcast 810b00120120ffff00ff1008 0a0fa0 1a10cc'.replaceAll(' ', '').replace('broadcast', 'broadcast '),
    ])
    own.clock.advance(2_999)
    expect(own.take()).toEqual([])
    own.clock.advance(1)
    const [router, ...devices] = own.take()
    expect(router).toEqual({ to: 'broadcast', hex: '810b000901800107d0' })
    expect(devices.length).toBeLessThanOrEqual(50)
    own.clock.advance(1_000)
    expect(instances([...devices, ...own.take()])).toHaveLength(301)
    own.clock.advance(24 * 3_600_000)
    expect(own.take()).toEqual([])
  })
})

describe('Who-Has', () => {
  const have = (device: string, object: string, name: string) =>
    `1001c4${device}c4${object}75${(name.length + 1).toString(16).padStart(2, '0')}00${Buffer.from(name).toString('hex')}`
  const who = (limits: string, object: string) => {
    const npdu = `0120ffff00ff1007${limits}${object}`.replaceAll(' ', '')
    return `810b${(npdu.length / 2 + 4).toString(16).padStart(4, '0')}${npdu}`
  }
  const named = (name: string) =>
    `3d${(name.length + 1).toString(16).padStart(2, '0')}00${Buffer.from(name).toString('hex')}`

  async function answers(own: Stack, request: string): Promise<readonly string[]> {
    own.receive(request)
    own.clock.advance(1_000)
    return own.take().map(({ hex }) => hex.slice(hex.indexOf('1001')))
  }

  it('finds an object by its number in every device that has it, within the limits', async () => {
    const own = await stack()
    own.attach([])
    for (const instance of [4001, 4002, 4003]) own.charger(instance)
    const all = await answers(own, who('', '2c00000001'))
    expect(all).toEqual([
      have('02000fa1', '00000001', 'Site.CP-4001.analog-input 1'),
      have('02000fa2', '00000001', 'Site.CP-4002.analog-input 1'),
      have('02000fa3', '00000001', 'Site.CP-4003.analog-input 1'),
    ])
    expect(await answers(own, who('0a0fa2 1a0fa2', '2c00000001'))).toEqual([all[1]])
    expect(await answers(own, who('', '2c00000002'))).toEqual([])
  })

  it('finds a device or an object by its whole name, letter by letter', async () => {
    const own = await stack()
    own.attach([])
    for (const instance of [4001, 4002]) own.charger(instance)
    const name = 'Site.CP-4002.analog-input 1'
    expect(await answers(own, who('', named(name)))).toEqual([have('02000fa2', '00000001', name)])
    expect(await answers(own, who('', named('Site.CP-4001')))).toEqual([have('02000fa1', '02000fa1', 'Site.CP-4001')])
    expect(await answers(own, who('', named('site.cp-4001')))).toEqual([])
    expect(await answers(own, who('', named('Site.CP-4002.analog')))).toEqual([])
  })
})
