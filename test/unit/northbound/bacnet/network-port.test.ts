import { describe, expect, it } from 'vitest'
import type { Downlink } from '../../../../src/core/ports.ts'
import { DeviceModel } from '../../../../src/northbound/bacnet/objects/device-model.ts'
import { type NetworkFacts, NetworkPort } from '../../../../src/northbound/bacnet/objects/network-port.ts'
import { readProperty } from '../../../../src/northbound/bacnet/objects/property.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { local, routed, site } from '../../../support/site.ts'
import { ask, oid, read, stack } from './support.ts'

/** Of clause 12.56 at Protocol_Revision 22: what every port has. */
const required = [75, 77, 79, 111, 103, 81, 427, 482, 425, 426, 416, 399, 420]

describe('the network port of the bridge', () => {
  it('tells what is known of the IP network', async () => {
    const own = await stack({ listen: '127.0.0.1:47808' })
    own.attach([])
    const seen = Object.fromEntries(
      [427, 482, 425, 426, 416, 399, 420, 408, 400, 412, 411, 401, 423, 111, 103, 81].map((id) => [
        id,
        read(own, 56, 1, id),
      ]),
    )
    expect(seen).toEqual({
      427: '9105', // IPv4
      482: '9102', // BACnet application
      425: '2100', // network 0: not known
      426: '9100',
      416: '10',
      399: '2205c4',
      420: '4400000000',
      408: '9100', // normal
      400: '647f000064', // as the port says that others see it
      412: '22bac0',
      411: '64ff000000',
      401: '6400000000',
      423: '65067f000064bac0',
      111: '820400',
      103: '9100',
      81: '10',
    })
  })

  it('has every property that the standard requires of it, and no secrets of other modes', async () => {
    const own = await stack()
    own.attach([])
    for (const id of required) expect(read(own, 56, 1, id), String(id)).not.toMatch(/^50/)
    const answer = ask(own, 14, `0c${oid(56, 1)}1e0969 1f`)
    for (const id of required) {
      const tag = id < 256 ? `29${id.toString(16).padStart(2, '0')}` : `2a${id.toString(16).padStart(4, '0')}`
      if (id !== 371) expect(answer, String(id)).toContain(`${tag}4e`)
    }
    // property, unknown-property
    for (const id of [418, 419, 413, 414, 415]) expect(read(own, 56, 1, id)).toBe('50010c91029120')
  })

  it('is meant by instance 4194303, and answers under its own', async () => {
    const own = await stack()
    own.attach([])
    expect(ask(own, 12, `0c${oid(56, 4_194_303)}1a01ab`)).toBe(`30010c0c${oid(56, 1)}1a01ab3e91053f`)
    expect(ask(own, 14, `0c${oid(56, 4_194_303)}1e0a01ab1f`)).toBe(`30010e0c${oid(56, 1)}1e2a01ab4e91054f1f`)
  })

  it('is not written', async () => {
    const own = await stack()
    own.attach([])
    expect(ask(own, 15, `0c${oid(56, 1)}1a01a93e21053f`)).toBe('50010f91029128')
    expect(ask(own, 15, `0c${oid(56, 1)}19513e113f`)).toBe('50010f91029128')
  })
})

describe('the network port of a charger', () => {
  it('is that of the virtual network, with its address in three octets', async () => {
    const own = await site()
    const values = ['427', '425', '426', '423'].map((id) => {
      const property = `1a${Number(id).toString(16).padStart(4, '0')}`
      const [answer = ''] = own.bacnet(routed(4002, `0275010c0c${oid(56, 1)}${property}`))
      return answer.split(`${property}3e`)[1]?.slice(0, -2)
    })
    expect(values).toEqual(['9107', '2207d0', '9103', '63000fa2'])
    const [none = ''] = own.bacnet(routed(4002, `0275010c0c${oid(56, 1)}1a0190`))
    expect(none.slice(-8)).toBe('91029120')
  })

  it('is named after its device', async () => {
    const own = await site()
    const name = Buffer.from('Site.Bay 02.Network Port').toString('hex')
    const [answer = ''] = own.bacnet(routed(4002, `0275010c0c${oid(56, 1)}194d`))
    expect(answer).toContain(name)
    const [here = ''] = own.bacnet(local(`0275010c0c${oid(56, 1)}194d`))
    expect(here).toContain(Buffer.from('Site.Network Port').toString('hex'))
  })
})

describe('the network port of a bridge that is', () => {
  it('a foreign device names its BBMD', async () => {
    const own = await stack({ ipNetwork: 5, foreignDevice: { bbmd: '127.0.0.7', ttl: '300s' } })
    own.attach([])
    expect([425, 426, 408, 418, 419].map((id) => read(own, 56, 1, id))).toEqual([
      '2105',
      '9103',
      '9101',
      '0e1c7f0000070f1abac0',
      '22012c',
    ])
  })

  it('a BBMD lists itself, its peers and who registers', async () => {
    const own = await stack({ listen: '127.0.0.100:47808', bbmd: { peers: ['127.0.0.7'], foreignDevices: true } })
    own.attach([])
    const entry = (address: string) => `0e0e1c${address}0f1abac00f1cffffffff`
    expect(read(own, 56, 1, 408)).toBe('9102')
    expect(read(own, 56, 1, 413)).toBe('11')
    expect(read(own, 56, 1, 414)).toBe(entry('7f000064') + entry('7f000007'))
    expect(read(own, 56, 1, 415)).toBe('')
    // Register-Foreign-Device for a minute; thirty seconds of grace are added.
    own.receive('81050006003c', { address: '127.0.0.50', port: 47809 })
    own.take()
    expect(read(own, 56, 1, 415)).toBe('0d067f000032bac1193c295a')
  })
})

describe('what a network port shows of the bridge as a foreign device or BBMD', () => {
  const plain: NetworkFacts = { address: '192.0.2.1', port: 47808, subnetMask: '255.255.255.0', dnsServers: [] }

  function value(facts: NetworkFacts, id: number): string {
    const device = new DeviceModel({ charger: undefined, name: 'Site', number: 0, addresses: {} }, 1, {} as never)
    const writer = new Writer()
    readProperty(writer, new NetworkPort(device, () => facts), {} as Downlink, id, undefined)
    return Buffer.from(writer.finish()).toString('hex')
  }

  it('names the BBMD and the lifetime of a foreign device', () => {
    const facts: NetworkFacts = {
      ...plain,
      mode: 'foreign',
      fdBbmd: { address: '198.51.100.7', port: 47809 },
      fdLifetime: 300,
    }
    expect([408, 418, 419].map((id) => value(facts, id))).toEqual(['9101', '0e1cc63364070f1abac1', '22012c'])
    expect(() => value(facts, 414)).toThrow('unknown-property')
  })

  it('lists the peers of a BBMD and who is registered', () => {
    const facts: NetworkFacts = {
      ...plain,
      number: 7,
      quality: 'learned',
      mode: 'bbmd',
      acceptsForeignDevices: true,
      bdt: [{ address: '192.0.2.1', port: 47808, mask: '255.255.255.255' }],
      fdt: [{ address: '203.0.113.9', port: 47808, timeToLive: 60, remaining: 85 }],
    }
    expect([425, 426, 408, 413, 414, 415].map((id) => value(facts, id))).toEqual([
      '2107',
      '9101',
      '9102',
      '11',
      '0e0e1cc00002010f1abac00f1cffffffff',
      '0d06cb007109bac0193c2955',
    ])
  })
})
