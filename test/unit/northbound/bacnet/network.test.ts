import { describe, expect, it } from 'vitest'
import { local, oid, stack } from './support.ts'

/** ReadProperty of the power of a charger. */
const READ = `0005010c0c${oid(0, 1)}1955`

function datagram(npdu: string, broadcast = false): string {
  const octets = npdu.replaceAll(' ', '')
  return `810${broadcast ? 'b' : 'a'}${(octets.length / 2 + 4).toString(16).padStart(4, '0')}${octets}`
}

async function site() {
  const own = await stack()
  own.attach([{ object: 'analog-input', instance: 1, type: 'number' }])
  own.charger(4001)
  return own
}

describe('a confirmed request', () => {
  it.each([
    ['the IP network', datagram(`0104${READ}`, true)],
    ['all networks', datagram(`0124ffff00ff${READ}`)],
    ['the virtual network', datagram(`012407d000ff${READ}`)],
  ])('to everybody on %s gets no answer', async (_who, request) => {
    const own = await site()
    own.receive(request)
    own.clock.advance(1_000)
    expect(own.take()).toEqual([])
  })

  it('to one station that is sent to everybody on the IP network, for want of a router, is answered to the asker', async () => {
    const own = await site()
    own.receive(datagram(`012407d003000fa1ff${READ}`, true))
    expect(own.take()).toEqual([
      { to: '127.0.0.9:47808', hex: datagram(`010807d003000fa130010c0c${oid(0, 1)}19553e44000000003f`) },
    ])
  })

  it.each([
    ['an address of one octet', '01'],
    ['an address of six octets', '06'],
  ])('to %s on the virtual network is for nobody', async (_what, length) => {
    const own = await site()
    own.receive(datagram(`012407d0${length}${'0f'.repeat(Number(length))}ff${READ}`))
    expect(own.take()).toEqual([])
  })
})

describe('a client behind another router', () => {
  it('is told of changes through that router, and ends its subscription through it', async () => {
    const own = await site()
    // From network 9, station 0c22.
    const from = '012c07d003000fa10009020c22ff'
    own.receive(datagram(`${from}0005010509071c${oid(0, 1)}29003900`))
    own.clock.advance(0)
    const sent = own.take()
    expect(sent.map(({ to }) => to)).toEqual(['127.0.0.9:47808', '127.0.0.9:47808'])
    // DNET 9 and its station, SNET 2000 and the charger, a fresh hop count.
    expect(sent[1]?.hex.slice(8)).toMatch(/^01280009020c2207d003000fa1ff1002/)
    // Another station behind the same router has no such subscription, and can't end it.
    own.receive(datagram(`012c07d003000fa10009020c23ff0005010509071c${oid(0, 1)}`))
    own.take()
    const list = `0005010c0c${oid(8, 4001)}1998`
    own.receive(datagram(`012407d003000fa1ff${list}`))
    expect(own.take()[0]?.hex).toContain('0e0e1e2109620c221f0f1907')
    own.receive(datagram(`${from}0005010509071c${oid(0, 1)}`))
    own.take()
    own.receive(datagram(`012407d003000fa1ff${list}`))
    expect(own.take()[0]?.hex).toMatch(/19983e3f$/)
  })
})

describe('a flood of Who-Is-Router-To-Network', () => {
  it('is answered to each asker, and to everybody once a second', async () => {
    const own = await site()
    own.clock.advance(1_000)
    for (let n = 0; n < 500; n += 1) own.receive(datagram('01800007d0', true))
    own.clock.advance(60_000)
    const to = own.take().map((sent) => sent.to)
    expect(to.filter((each) => each === '127.0.0.9:47808')).toHaveLength(500)
    expect(to.filter((each) => each === 'broadcast')).toHaveLength(2)
  })
})

describe('what breaks the network layer', () => {
  it.each([
    ['another version', datagram(`0204${READ}`)],
    ['a source that is everybody', datagram(`010c000900${READ}`)],
    ['a source on all networks', datagram(`010cffff0101${READ}`)],
    ['a destination on network 0', datagram(`0124000000ff${READ}`)],
    ['an address that ends too early', '810a0009012407d006'],
    ['a BVLC length that is too long', local(READ).replace('810a00', '810a01')],
    ['no NPDU at all', '810a0004'],
    ['another BVLC type', local(READ).replace('810a', '820a')],
    ['BVLC functions that are answers themselves', '810000060030'],
    ['unknown BVLC functions', '81ff0004'],
    ['a Reject-Message-To-Network', '810a000a0180030107d1'],
    ['a Who-Is-Router-To-Network cut short', '810a000801800007'],
  ])('%s gets no answer', async (_what, request) => {
    const own = await site()
    own.receive(request)
    own.clock.advance(1_000)
    expect(own.take()).toEqual([])
  })
})

describe('BVLC', () => {
  it.each([
    ['Write-Broadcast-Distribution-Table', '81010004', '0010'],
    ['Read-Broadcast-Distribution-Table', '81020004', '0020'],
    ['Register-Foreign-Device', '81050006003c', '0030'],
    ['Read-Foreign-Device-Table', '81060004', '0040'],
    ['Delete-Foreign-Device-Table-Entry', '8108000a7f000005bac0', '0050'],
    ['Distribute-Broadcast-To-Network', '8109000801001008', '0060'],
  ])('%s gets the NAK of a device that is no BBMD', async (_name, request, code) => {
    const own = await site()
    own.receive(request)
    expect(own.take().map(({ hex }) => hex)).toEqual([`81000006${code}`])
  })
})

describe('the flat topology', () => {
  it('leaves messages of the network layer and for other networks to routers', async () => {
    const own = await stack({ topology: 'flat', network: undefined })
    own.attach([])
    for (const request of ['810a0007018000', '810a0007018012', '810a0007018050', datagram(`012407d003000fa1ff${READ}`)])
      own.receive(request)
    own.clock.advance(1_000)
    expect(own.take()).toEqual([])
    // A Who-Is to all networks is for it nevertheless.
    own.receive('810b000c0120ffff00ff1008')
    expect(own.take()).toHaveLength(1)
  })
})
