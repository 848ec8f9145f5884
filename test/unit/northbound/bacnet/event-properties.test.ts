import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Point } from '../../../../src/core/points/point.ts'
import { parseApdu } from '../../../../src/northbound/bacnet/wire/apdu.ts'
import { Reader } from '../../../../src/northbound/bacnet/wire/reader.ts'
import { octets } from '../../../support/octets.ts'
import { udpPayloads } from '../../../support/pcap.ts'
import { told, turns } from './events-told.ts'
import { ask, oid, read, type Stack, stack, write } from './support.ts'
import { ACK, AI, ids, MSI, more, power, real, recipients, status, watching } from './watched.ts'

const INVALID_DATA_TYPE = '50010f91029109'
const OUT_OF_RANGE = '50010f91029125'
const DENIED = '50010f91029128'

describe('what clients set', () => {
  it('is of the right type and in range, or refused', async () => {
    const { own } = await watching(power(), 10)
    const cases: readonly [property: number, value: string, answer: string][] = [
      [more.high, '2105', INVALID_DATA_TYPE],
      [more.high, '447fc00000', OUT_OF_RANGE],
      [more.low, '44ff800000', OUT_OF_RANGE],
      [ids.deadband, '44bf800000', OUT_OF_RANGE],
      [more.limitEnable, '8205e0', OUT_OF_RANGE],
      [more.limitEnable, '2103', INVALID_DATA_TYPE],
      [ids.enable, '8206c0', OUT_OF_RANGE],
      [ids.enable, '9103', INVALID_DATA_TYPE],
      [more.notifyType, '9102', OUT_OF_RANGE],
      [more.notifyType, '2101', INVALID_DATA_TYPE],
      [more.delay, '3105', INVALID_DATA_TYPE],
      [ids.notificationClass, '25050100000000', OUT_OF_RANGE],
      [ids.acked, '8205e0', DENIED],
      [ids.state, '9100', DENIED],
      [more.stamps, '2100', DENIED],
      [more.texts, '7100', DENIED],
      [353, '10', DENIED],
    ]
    const before = cases.map(([property]) => read(own, ...AI, property))
    expect(cases.map(([property, value]) => write(own, AI, property, value))).toEqual(
      cases.map(([, , answer]) => answer),
    )
    expect(cases.map(([property]) => read(own, ...AI, property))).toEqual(before)
  })

  it('decides where an alarm goes, and as what', async () => {
    const { own, set } = await watching(power(), 10)
    expect(write(own, AI, ids.notificationClass, '2103')).toBe(ACK)
    expect(write(own, AI, more.notifyType, '9101')).toBe(ACK)
    set(30)
    expect(told(own)[0]?.event).toMatchObject({ notificationClass: 3, priority: 112, notifyType: 1 })
    // A class that is not there tells nobody.
    expect(write(own, AI, ids.notificationClass, '2163')).toBe(ACK)
    set(10)
    expect(told(own)).toEqual([])
    expect(read(own, ...AI, ids.state)).toBe('9100')
  })

  it('is kept over a restart, as is how things stand', async () => {
    const pages = new Map<string, string>()
    const own = await stack({ recipients }, undefined, { pages })
    const [point] = own.attach([power()])
    own.set(point as Point, 10)
    expect(write(own, [15, 1], 1, '8205e0')).toBe(ACK)
    for (const [property, value] of [
      [more.high, real(15)],
      [more.low, real(1)],
      [ids.deadband, real(3)],
      [more.delay, '2105'],
      [ids.enable, '820580'],
      [more.limitEnable, '820640'],
      [more.notifyType, '9101'],
      [ids.notificationClass, '2101'],
    ] as const)
      expect(write(own, AI, property, value)).toBe(ACK)
    own.set(point as Point, 16)
    own.clock.advance(5_000)
    expect(told(own)).toHaveLength(1)
    const properties = [...Object.values(ids).filter((id) => id !== 6 && id !== 7), ...Object.values(more)]
    const before = properties.map((property) => read(own, ...AI, property))
    expect(before.slice(0, 1)).toEqual(['820560'])
    own.clock.advance(3_600_000)

    const next = await stack({ recipients }, undefined, { pages, clock: own.clock })
    const [same] = next.attach([power()])
    // Not reliable until the charger is back; the fault is no news, and the alarm is told again after it.
    next.set(same as Point, 16)
    const after = properties.map((property) => read(next, ...AI, property))
    const changed = properties.filter((_, n) => before[n] !== after[n])
    expect(changed).toEqual([ids.state, more.flags, more.stamps])
    next.clock.advance(5_000)
    expect(turns(next)).toEqual(['normal to high-limit'])
  })
})

describe('how things stand', () => {
  it('is as it was after a restart during which the value was known all the time', async () => {
    const pages = new Map<string, string>()
    const own = await stack({ recipients }, undefined, { pages })
    const [point] = own.attach([power()])
    own.set(point as Point, 30)
    expect(turns(own)).toEqual(['normal to high-limit'])
    const seen = [ids.state, more.stamps, more.texts].map((property) => read(own, ...AI, property))
    own.clock.advance(60_000)
    const next = await stack({ recipients }, undefined, { pages, clock: own.clock })
    next.attach([power()], 30)
    expect([ids.state, more.stamps, more.texts].map((property) => read(next, ...AI, property))).toEqual(seen)
    expect(turns(next)).toEqual([])
  })

  it('has a time stamp and a text for each kind of transition, wildcards and nothing for those that never were', async () => {
    const { own, set } = await watching(status(), 0)
    expect(read(own, ...MSI, more.stamps, 1)).toBe('2ea4ffffffffb4ffffffff2f')
    expect(read(own, ...MSI, more.texts, 1)).toBe('7100')
    set(2)
    const [event] = told(own)
    expect(event?.event.timeStamp).toMatchObject({ kind: 'date-time', dateTime: { date: [126, 1, 1, 4] } })
    const stamp = read(own, ...MSI, more.stamps, 1)
    expect(stamp).toMatch(/^2ea47e010104b4........2f$/)
    expect(read(own, ...MSI, more.stamps, 0)).toBe('2103')
    expect(read(own, ...MSI, more.stamps)).toMatch(new RegExp(`^${stamp}`))
    expect(read(own, ...MSI, more.texts, 1)).toContain(Buffer.from('Site.multi-state-input 1: Faulted').toString('hex'))
    expect(read(own, ...MSI, more.texts, 4)).toBe('50010c9102912a')
  })
})

describe('Acked_Transitions', () => {
  it('are cleared by what has to be acknowledged and is told, and set by what has not', async () => {
    const { own, point, set } = await watching(status(), 0)
    // Ack_Required of class 2: to off-normal and to fault.
    expect(write(own, [15, 2], 1, '8205c0')).toBe(ACK)
    set(2)
    expect(told(own)[0]?.event.ackRequired).toBe(true)
    expect(read(own, ...MSI, ids.acked)).toBe('820560')
    set(0)
    expect(told(own)[0]?.event.ackRequired).toBe(false)
    expect(read(own, ...MSI, ids.acked)).toBe('820560')
    // A fault is not told, so that nobody has to acknowledge it.
    own.set(point, 0, 'offline')
    expect(read(own, ...MSI, ids.acked)).toBe('820560')
    // Nor the end of one.
    expect(write(own, [15, 2], 1, '820520')).toBe(ACK)
    set(0)
    expect(told(own)).toEqual([])
    expect(read(own, ...MSI, ids.acked)).toBe('820560')
    expect(write(own, [15, 2], 1, '820500')).toBe(ACK)
    set(2)
    expect(read(own, ...MSI, ids.acked)).toBe('8205e0')
  })
})

describe('an object that is taken away', () => {
  it('tells nothing of what it was waiting for', async () => {
    const { own, point, set } = await watching(power({ delay: '60s' }), 10)
    const waiting = own.clock.waiting
    set(30)
    expect(own.clock.waiting).toBe(waiting + 1)
    own.north.detach({ charger: undefined, name: 'Site', number: 0, addresses: { bacnet: 4000 } }, [point])
    expect(own.clock.waiting).toBe(waiting)
    own.clock.advance(60_000)
    expect(told(own)).toEqual([])
    expect(ask(own, 12, `0c${oid(...AI)}1924`)).toBe('50010c9101911f')
  })
})

describe('the octets', () => {
  it('have the tags of what another stack tells of the same', async () => {
    const captures = join(import.meta.dirname, '../../../vectors/bacnet/captures')
    const frames = udpPayloads(join(captures, 'intrinsic-alarm-c-server.pcap'))
    // A confirmed out-of-range alarm of process 33, an acknowledgement, and the end of the alarm.
    const theirs = [40, 67, 78].map((number) => shape((frames[number - 1] ?? new Uint8Array()).subarray(6)))
    const { own, set } = await watching(power(), 10, { recipients: [{ address: '127.0.0.20', process: 33 }] })
    set(30)
    own.clock.advance(0)
    const ours: string[][] = [shapeOf(own)]
    const stamp = read(own, ...AI, more.stamps, 1)
    expect(ask(own, 0, `09001c${oid(...AI)}29033e${stamp}3f4b006f705e${stamp}5f`)).toBe('200100')
    own.clock.advance(0)
    ours.push(shapeOf(own))
    set(10)
    own.clock.advance(0)
    ours.push(shapeOf(own))
    expect(ours).toEqual(theirs)
  })
})

function shapeOf(own: Stack): string[] {
  const [datagram] = own.take()
  return shape(octets(datagram?.hex ?? '').subarray(6))
}

/** The kind of an APDU and the numbers of its tags, with their lengths where these are part of the data type. */
function shape(bytes: Uint8Array): string[] {
  const apdu = parseApdu(bytes)
  if (!('data' in apdu)) throw new Error(apdu.kind)
  const tags: string[] = [`${apdu.kind} ${apdu.service}`]
  const reader = new Reader(apdu.data)
  while (!reader.done) {
    const { closing, context, length, number, opening } = reader.tag()
    const isText = context && number === 7
    tags.push(
      `${context ? 'context' : 'application'} ${number}${opening ? ' {' : closing ? ' }' : ''}${isText ? '' : ` ${length}`}`,
    )
    reader.octets(length)
  }
  return tags
}
