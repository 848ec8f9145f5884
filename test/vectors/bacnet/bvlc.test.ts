import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { udpFrames } from '../../support/pcap.ts'
import { at, toAll, uint16 } from '../../unit/northbound/bacnet/bvlc.ts'
import { stack } from '../../unit/northbound/bacnet/support.ts'

const frames = (file: string) =>
  udpFrames(join(import.meta.dirname, 'captures', file)).map(({ from, payload, to }) => ({
    from,
    to,
    hex: Buffer.from(payload).toString('hex'),
  }))

/** The seconds that an entry of a Foreign-Device-Table has left are each stack's own. */
function timeless(hex: string): string {
  return hex.startsWith('8107') ? hex.replace(/(?<=^.{8}(?:.{20})*)(.{16}).{4}/g, '$1....') : hex
}

/** What a BBMD of another stack was sent, one after the other, with what it sent: NPDUs that it answers itself aside. */
function conversation(file: string, server: string) {
  const turns: { readonly frame: number; readonly asked: string; readonly from: string; readonly sent: string[] }[] = []
  frames(file).forEach(({ from, hex, to }, index) => {
    if (from !== server) turns.push({ frame: index + 1, asked: hex, from, sent: [] })
    else if (!hex.startsWith('810a'))
      turns.at(-1)?.sent.push(`${to.endsWith('.255') ? 'broadcast' : to} ${timeless(hex)}`)
  })
  return turns
}

/** Where the bridge answers otherwise than they do, by frame: no distribution without registration, a peer, or a length that is right. */
const otherwise: Readonly<Record<string, Readonly<Record<number, readonly string[]>>>> = {
  'bvlc-c-bbmd.pcap': {
    5: ['127.88.0.3 810000060060'],
    24: [],
    32: ['127.88.0.3 810000060060'],
  },
  'bvlc-bacpypes3-bbmd.pcap': {
    5: ['127.88.0.3 810000060060'],
    24: [],
    33: ['127.88.0.3 810000060060'],
    // A time to live of nothing leaves the grace.
    44: ['127.88.0.3 810000060000'],
  },
  'fd-clients-c-bbmd.pcap': {
    // Their answers overtook each other in the capture: registered, then distributed.
    1: ['127.88.0.4 810000060000'],
    2: ['broadcast 810400127f580004bac00120ffff00ff1008'],
    // It sends the foreign device everything twice.
    14: ['broadcast 810400127f580003bac00120ffff00ff1008', '127.88.0.4 810400127f580003bac00120ffff00ff1008'],
  },
}

describe.each([
  ['bvlc-c-bbmd.pcap', '127.88.0.1'],
  ['bvlc-bacpypes3-bbmd.pcap', '127.88.0.2'],
  ['fd-clients-c-bbmd.pcap', '127.88.0.1'],
  ['fd-clients-bacpypes3-bbmd.pcap', '127.88.0.2'],
])('%s', (file, server) => {
  it('is answered as that BBMD answered, octet by octet', async () => {
    const own = await stack({ listen: '127.0.0.100:47808', bbmd: { foreignDevices: true } }, undefined, {
      address: server,
    })
    own.attach([])
    const turns = conversation(file, server)
    expect(turns.length).toBeGreaterThan(7)
    for (const { asked, frame, from, sent } of turns) {
      own.receive(asked, at(from))
      const told = own
        .take()
        .filter(({ hex }) => !hex.startsWith('810a'))
        .map(({ hex, to }) => `${to.split(':')[0]} ${timeless(hex)}`)
      expect(told, `frame ${frame}`).toEqual(otherwise[file]?.[frame] ?? sent)
    }
  })
})

describe('a foreign device', () => {
  it.each(['fd-clients-c-bbmd.pcap', 'fd-clients-bacpypes3-bbmd.pcap'])('registers as those of %s', async (file) => {
    const [registration, distribution] = frames(file)
      .map(({ hex }) => hex)
      .filter((hex) => hex.startsWith('8105') || hex.startsWith('8109'))
    const own = await stack({ foreignDevice: { bbmd: '10.0.0.1' } })
    own.attach([])
    own.receive('810000060000', at('10.0.0.1'))
    own.clock.advance(30_000)
    expect(own.take().map(({ hex }) => hex)).toContain(registration)
    // The same function as theirs, around an NPDU of its own.
    own.receive(toAll('01800007d0'))
    const npdu = '01800107d0'
    const length = uint16(npdu.length / 2 + 4)
    expect(own.take().map(({ hex }) => hex)).toContain(`${distribution?.slice(0, 4)}${length}${npdu}`)
  })
})

describe('routing-bp-network-messages.pcap', () => {
  it('tells the number of the network as that router does, but for the flag', async () => {
    const all = frames('routing-bp-network-messages.pcap')
    const asked = all.filter(({ hex }) => hex.endsWith('018012'))
    const answer = all.filter(({ from, hex }) => from === '127.88.0.2' && hex.includes('018013'))
    expect(asked).toHaveLength(2)
    const own = await stack({ ipNetwork: 100 })
    for (const { hex } of asked) {
      own.clock.advance(1_000)
      own.receive(hex, at('127.88.0.3'))
      // Configured is 1 (6.4.20).
      expect(own.take().map((sent) => sent.hex)).toEqual([`${answer[0]?.hex.slice(0, -2)}01`])
    }
    // And learns it from that router.
    const other = await stack()
    for (const { hex } of answer) other.receive(hex, at('127.88.0.2'), true)
    other.receive(toAll('018012'), at('127.88.0.3'), true)
    expect(other.take().map((sent) => sent.hex)).toEqual(['810b000a018013006400'])
  })
})
