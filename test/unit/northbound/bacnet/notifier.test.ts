import { describe, expect, it } from 'vitest'
import type { Point } from '../../../../src/core/points/point.ts'
import { eventsIn } from '../../../support/event-notifications.ts'
import { told } from './events-told.ts'
import { ask, context, local, oid, type PointInit, type Stack, type Station, stack } from './support.ts'
import { power, watching } from './watched.ts'

const at = (last: number): Station => ({ address: `127.0.0.${last}`, port: 47808 })
/** Who-Is of device 77, to everybody on all networks. */
const WHO_IS = { to: 'broadcast', hex: '810b00100120ffff00ff1008094d194d' }
const iAm = (instance: number) => `1000c4${oid(8, instance)}2205c491002203e7`

function datagram(npdu: string): string {
  const octets = npdu.replaceAll(' ', '')
  return `810a${(octets.length / 2 + 4).toString(16).padStart(4, '0')}${octets}`
}

/** Answers what is confirmed with a SimpleACK; the station is that which it went to. */
function acknowledge(own: Stack, invokeId: number | undefined, from: Station): void {
  if (invokeId !== undefined) own.receive(local(`20 ${invokeId.toString(16).padStart(2, '0')} 02`), from)
}

describe('a recipient that is a device', () => {
  it('is asked for, told where it is, and not asked for again', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ device: 77, confirmed: false }] })
    set(30)
    set(10)
    own.clock.advance(0)
    expect(own.take()).toEqual([WHO_IS])
    own.receive(local(iAm(77)), at(77))
    expect(told(own).map(({ event, to }) => [to, event.toState])).toEqual([
      ['127.0.0.77:47808', 3],
      ['127.0.0.77:47808', 0],
    ])
    set(30)
    expect(told(own)).toHaveLength(1)
  })

  it('is told through the router that it is behind', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ device: 77 }] })
    set(30)
    own.clock.advance(0)
    own.take()
    own.receive(datagram(`0108 0009 02 0c22 ${iAm(77)}`), at(3))
    const [event] = told(own)
    expect(event).toMatchObject({ to: '127.0.0.3:47808', invokeId: expect.any(Number) })
    expect(event?.npdu).toMatchObject({
      destination: { network: 9, mac: Uint8Array.of(0x0c, 0x22) },
      source: undefined,
      expectingReply: true,
    })
  })

  it('is asked for less and less often, and what nobody answered for in ten minutes is told to nobody', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ device: 77 }] })
    set(30)
    own.clock.advance(600_000)
    expect(own.take().length).toBeLessThan(10)
    const waiting = own.clock.waiting
    own.clock.advance(3_600_000)
    expect(own.take()).toEqual([])
    expect(own.clock.waiting).toBe(waiting)
    own.receive(local(iAm(77)), at(77))
    expect(told(own)).toEqual([])
    // It is looked for anew for the next.
    set(10)
    own.clock.advance(0)
    expect(own.take()).toEqual([WHO_IS])
    own.receive(local(iAm(77)), at(77))
    expect(told(own)).toHaveLength(1)
  })

  it('that does not answer any more is asked for again, and told where it has moved to', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ device: 77 }] })
    set(30)
    own.clock.advance(0)
    own.receive(local(iAm(77)), at(77))
    own.clock.advance(20_000)
    own.take()
    set(10)
    own.clock.advance(0)
    expect(own.take()).toEqual([WHO_IS])
    own.receive(local(iAm(77)), at(78))
    expect(told(own).map(({ to }) => to)).toEqual(['127.0.0.78:47808'])
  })

  it('is believed only where it was asked for', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ device: 77, confirmed: false }] })
    own.receive(local(iAm(77)), at(66))
    set(30)
    expect(told(own)).toEqual([])
  })
})

describe('a recipient that is an address', () => {
  it('is told there, at its own port', async () => {
    const { own, set } = await watching(power(), 10, {
      recipients: [{ address: '127.0.0.20:50000', confirmed: false }],
    })
    set(30)
    const [event] = told(own)
    expect(event).toMatchObject({ to: '127.0.0.20:50000', invokeId: undefined })
    expect(event?.npdu).toMatchObject({ destination: undefined, expectingReply: false })
  })

  it('on another network is told through the router that says it leads there', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ network: 9, mac: '0c22' }] })
    set(30)
    own.clock.advance(0)
    // Who-Is-Router-To-Network 9.
    expect(own.take()).toEqual([{ to: 'broadcast', hex: '810b00090180000009' }])
    own.receive(datagram('0180 01 0009'), at(3))
    const [event] = told(own)
    expect(event?.to).toBe('127.0.0.3:47808')
    expect(event?.npdu.destination).toEqual({ network: 9, mac: Uint8Array.of(0x0c, 0x22) })
  })

  it('that is everybody on a network behind a router is told without asking for an acknowledgement', async () => {
    const { own, set } = await watching(power(), 10)
    const destination = '8201fe b400000000 b4173b3b63 1e 2109 60 1f 2100 11 8205e0'.replaceAll(' ', '')
    expect(ask(own, 8, `0c${oid(15, 1)}${context(1, 102)}3e${destination}3f`)).toBe('200108')
    set(30)
    own.clock.advance(0)
    own.take()
    own.receive(datagram('0180 01 0009'), at(3))
    const [event] = told(own)
    expect(event).toMatchObject({ to: '127.0.0.3:47808', invokeId: undefined })
    expect(event?.npdu.destination).toEqual({ network: 9, mac: new Uint8Array() })
  })

  it('that is everybody, here or everywhere, is told by one broadcast, also what a charger says', async () => {
    const own = await stack({ recipients: [{ network: 65_535, confirmed: true }] })
    own.attach([])
    // Everybody on the local network: network 0, no octets.
    const here = '8201fe b400000000 b4173b3b63 1e 2100 60 1f 2100 11 8205e0'.replaceAll(' ', '')
    const [point] = own.charger(4001, [power()])
    const virtual = (apdu: string) => datagram(`012407d003000fa1ff${apdu}`)
    own.set(point as Point, 30)
    const [everywhere] = told(own)
    expect(everywhere).toMatchObject({ to: 'broadcast', invokeId: undefined })
    expect(everywhere?.npdu).toMatchObject({
      destination: { network: 65_535, mac: new Uint8Array() },
      source: { network: 2000, mac: Uint8Array.of(0, 0x0f, 0xa1) },
      expectingReply: false,
    })
    own.receive(virtual(`0005010f0c${oid(15, 1)}${context(1, 102)}3e${here}3f`))
    own.take()
    own.set(point as Point, 10)
    const [local] = told(own)
    expect(local).toMatchObject({ to: 'broadcast', npdu: { destination: undefined, source: { network: 2000 } } })
  })
})

describe('a notification', () => {
  it.each([
    [0, 3],
    [63, 3],
    [64, 2],
    [127, 2],
    [128, 1],
    [191, 1],
    [192, 0],
    [255, 0],
  ])('of priority %i has the network priority %i, to one and to all', async (priority, expected) => {
    const { own, set } = await watching(power(), 10, {
      recipients: [{ address: '127.0.0.20' }, { address: '127.0.0.21', confirmed: false }, { network: 65_535 }],
    })
    ask(own, 15, `0c${oid(15, 1)}195629013e21${priority.toString(16).padStart(2, '0')}3f`)
    set(30)
    expect(told(own).map(({ npdu }) => npdu.priority)).toEqual([expected, expected, expected])
  })

  it('goes to those whom a config names that changed while it runs', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ address: '127.0.0.20', confirmed: false }] })
    own.configure({ recipients: [{ address: '127.0.0.21', confirmed: false }] })
    set(30)
    expect(told(own).map(({ to }) => to)).toEqual(['127.0.0.21:47808'])
    own.configure({ recipients: [] })
    set(10)
    expect(told(own)).toEqual([])
  })

  it('is not sent in the run in which the value changed, and not after a stop', async () => {
    const { own, set } = await watching(power(), 10)
    set(30)
    expect(own.take()).toEqual([])
    await own.north.stop()
    own.clock.advance(600_000)
    expect(own.take()).toEqual([])
    expect(own.clock.waiting).toBe(0)
  })
})

describe('a confirmed notification', () => {
  it('is sent four times with one invoke id, and given up', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ address: '127.0.0.20' }] })
    set(30)
    own.clock.advance(60_000)
    const sent = eventsIn(own.take())
    expect(sent).toHaveLength(4)
    expect(new Set(sent.map(({ invokeId }) => invokeId)).size).toBe(1)
    set(10)
    expect(told(own)).toHaveLength(1)
  })

  it.each([
    ['a SimpleACK', '20 ID 02'],
    ['an Error', '50 ID 02 91 05 91 19'],
    ['a Reject', '60 ID 09'],
    ['an Abort', '71 ID 00'],
  ])('is answered by %s', async (_name, answer) => {
    const { own, set } = await watching(power(), 10, { recipients: [{ address: '127.0.0.20' }] })
    set(30)
    const [event] = told(own)
    own.receive(local(answer.replace('ID', (event?.invokeId ?? 0).toString(16).padStart(2, '0'))), at(20))
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
  })
})

describe('a site that goes offline all at once', () => {
  const CHARGERS = 2_000
  const online = (instance: number): PointInit => ({
    object: 'binary-input',
    instance,
    type: 'boolean',
    alarm: { class: 'communication', values: ['inactive'] },
  })

  async function site(recipients: readonly object[]) {
    const own = await stack({ recipients })
    const points = own.attach(
      Array.from({ length: CHARGERS }, (_, n) => online(n + 1)),
      true,
    )
    own.clock.advance(1_000)
    own.take()
    return { own, points, all: (value: boolean) => points.forEach((point) => void own.set(point, value)) }
  }

  /** Lets so much time pass in steps of ten milliseconds; `station` acknowledges. Answers with the objects told to each. */
  function run(own: Stack, ms: number, station: Station) {
    const objects = new Map<string, number[]>()
    let most = 0
    for (let passed = 0; passed < ms; passed += 10) {
      own.clock.advance(passed === 0 ? 0 : 10)
      const sent = eventsIn(own.take())
      most = Math.max(most, sent.length)
      for (const { event, invokeId, to } of sent) {
        objects.set(to, [...(objects.get(to) ?? []), event.object.instance])
        if (to === `${station.address}:${station.port}`) acknowledge(own, invokeId, station)
      }
    }
    return { objects, most }
  }

  it('tells each recipient of each charger once, few at a time', async () => {
    const { own, all } = await site([
      { address: '127.0.0.20' },
      { address: '127.0.0.21', confirmed: false },
      { device: 77, confirmed: false },
    ])
    const everyone = Array.from({ length: CHARGERS }, (_, n) => n + 1)
    all(false)
    const { most, objects } = run(own, 3_000, at(20))
    expect(most).toBeLessThanOrEqual(100)
    expect(objects.get('127.0.0.20:47808')).toEqual(everyone)
    expect(objects.get('127.0.0.21:47808')).toEqual(everyone)
    // Who is found late is told late, as slowly.
    own.receive(local(iAm(77)), at(77))
    const late = run(own, 1_000, at(20))
    expect(late.objects.get('127.0.0.77:47808')).toEqual(everyone)
    expect(late.most).toBeLessThanOrEqual(40)
  })

  it('costs a bounded room for a recipient that never answers, and loses nothing of the others', async () => {
    const { own, all } = await site([{ address: '127.0.0.20' }, { address: '127.0.0.21' }])
    const idle = own.clock.waiting
    all(false)
    const { objects } = run(own, 16_000, at(20))
    expect(objects.get('127.0.0.20:47808')).toHaveLength(CHARGERS)
    // Sixteen under way, four times each; what waited behind them is given up with them.
    expect(new Set(objects.get('127.0.0.21:47808')).size).toBe(16)
    expect(own.clock.waiting).toBe(idle)
  })

  it('costs a bounded room for a recipient that is never found, and keeps nobody else from being told', async () => {
    const { own, all } = await site([{ device: 77 }, { address: '127.0.0.21', confirmed: false }])
    const idle = own.clock.waiting
    let toTheOther = 0
    for (let turn = 0; turn < 6; turn += 1) {
      all(turn % 2 === 1)
      toTheOther += run(own, 1_500, at(20)).objects.get('127.0.0.21:47808')?.length ?? 0
    }
    expect(toTheOther).toBe(6 * CHARGERS)
    // One timer looks for it, and one lets it go.
    expect(own.clock.waiting).toBeLessThanOrEqual(idle + 2)
    own.receive(local(iAm(77)), at(77))
    const found = run(own, 4_000, at(77))
    expect(found.objects.get('127.0.0.77:47808')).toHaveLength(5_000)
  })
})

describe('an alarm while strangers ask who is there', () => {
  it('finds room, and is told before them', async () => {
    const { own, set } = await watching(power(), 10, { recipients: [{ address: '127.0.0.20', confirmed: false }] })
    for (let n = 0; n < 60; n += 1) own.charger(10_001 + n)
    for (let n = 0; n < 1_000; n += 1)
      own.receive(datagram(`0120 ffff00ff 1008 0900 1b${(20_000 + n).toString(16).padStart(6, '0')}`), at(66))
    set(30)
    expect(told(own).map(({ to }) => to)).toEqual(['127.0.0.20:47808'])
  })
})
