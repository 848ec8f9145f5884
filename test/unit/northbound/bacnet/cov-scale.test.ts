import { describe, expect, it } from 'vitest'
import { ask, context, local, oid, type PointInit, type Stack, type Station, stack } from './support.ts'

const power = (instance: number): PointInit => ({
  object: 'analog-input',
  instance,
  type: 'number',
  unit: 'kW',
  covIncrement: 0.1,
})

/** At the most so many datagrams in so many milliseconds. */
const BURST = 100
const PAUSE_MS = 4
const ALL = 100_000
const PER_ADDRESS = 50_000
/** Error resources / no-space-to-add-list-element. */
const NO_ROOM = '50010591039113'
const ACCEPTED = '200105'

const station = (n: number): Station => ({ address: `127.0.1.${n}`, port: 47808 })

function subscribing(instance: number, process: number, confirmed: boolean, lifetime: number): string {
  return local(`00050105${context(0, process)}1c${oid(0, instance)}29${confirmed ? '01' : '00'}${context(3, lifetime)}`)
}

/** What is sent in each pause until nothing more comes, confirmed notifications answered at once by `from`. */
function drain(own: Stack, from?: Station): readonly (readonly string[])[] {
  const bursts: (readonly string[])[] = []
  for (let quiet = 0; quiet < 3; ) {
    own.clock.advance(bursts.length === 0 ? 0 : PAUSE_MS)
    const burst = own.take().map(({ hex }) => hex.slice(12))
    quiet = burst.length === 0 ? quiet + 1 : 0
    bursts.push(burst)
    for (const apdu of burst)
      if (from !== undefined && apdu.startsWith('00')) own.receive(local(`20${apdu.slice(4, 6)}01`), from)
  }
  return bursts
}

/** The object of a notification: the third parameter, behind the device's. */
const objectOf = (apdu: string) => /1c02000fa02c(.{8})/.exec(apdu)?.[1]

describe('a site of 500 chargers with 60 watched points each', () => {
  const POINTS = 500 * 60

  it('that comes back at once is told in portions, each point no more often than it changed, with its newest value', async () => {
    const own = await stack()
    const points = own.attach(Array.from({ length: POINTS }, (_, n) => power(n + 1)))
    for (const point of points) own.set(point, 1, 'offline')
    for (let n = 1; n <= POINTS; n += 1) own.receive(subscribing(n, 7, false, 0))
    own.take()
    drain(own)
    // Back, and each tells its values twice before the first notification leaves.
    for (const point of points) own.set(point, 1)
    for (const point of points) own.set(point, 7)
    const first = drain(own)
    expect(Math.max(...first.map((burst) => burst.length))).toBe(BURST)
    expect(first.flat()).toHaveLength(POINTS)
    expect(new Set(first.flat().map(objectOf)).size).toBe(POINTS)
    // Present_Value 7.0, no flag.
    expect(first.flat().every((apdu) => apdu.endsWith('4e09552e4440e000002f096f2e8204002f4f'))).toBe(true)
    // Another one changes again while the others are told: once more for each of those.
    for (const point of points) own.set(point, 8)
    own.clock.advance(0)
    const early = own.take().length
    for (const point of points) own.set(point, 9)
    const told = drain(own).flat()
    expect(early).toBe(BURST)
    expect(told).toHaveLength(POINTS)
    expect(told.every((apdu) => apdu.includes('09552e44411000002f'))).toBe(true)
  }, 60_000)

  it('reaches a client that confirms all of it, sixteen at a time', async () => {
    const own = await stack()
    const points = own.attach(Array.from({ length: POINTS }, (_, n) => power(n + 1)))
    const client = station(1)
    for (let n = 1; n <= POINTS; n += 1) own.receive(subscribing(n, 7, true, 0), client)
    own.take()
    expect(new Set(drain(own, client).flat().map(objectOf)).size).toBe(POINTS)
    for (const point of points) own.set(point, 7)
    const told = drain(own, client)
    expect(told.flat()).toHaveLength(POINTS)
    expect(new Set(told.flat().map(objectOf)).size).toBe(POINTS)
  }, 60_000)
})

describe('subscriptions have room', () => {
  it('for so many of one address, whatever its ports, and so many in all; when they end others come', async () => {
    const own = await stack()
    own.attach([power(1)])
    const fill = (n: number) => {
      for (let process = 0; process < PER_ADDRESS; process += 1) {
        // No flood: 5,000 a second.
        if (process % 5_000 === 0) own.clock.advance(1_000)
        own.receive(subscribing(1, process, false, 300), { ...station(n), port: 40_000 + (process % 5) })
      }
      own.take()
    }
    const more = (n: number) => ask(own, 5, `0affff1c${oid(0, 1)}2900393c`, { ...station(n), port: 39_999 })
    fill(1)
    expect(more(1)).toBe(NO_ROOM)
    expect(more(2)).toBe(ACCEPTED)
    ask(own, 5, `0affff1c${oid(0, 1)}`, { ...station(2), port: 39_999 })
    fill(2)
    expect(ALL).toBe(2 * PER_ADDRESS)
    expect(more(3)).toBe(NO_ROOM)
    // Who has one renews it all the same.
    own.receive(subscribing(1, 3, false, 300), { ...station(1), port: 40_003 })
    expect(own.take().map(({ hex }) => hex.slice(12))).toEqual([ACCEPTED])
    own.clock.advance(302_000)
    own.take()
    expect(more(3)).toBe(ACCEPTED)
    expect(more(1)).toBe(ACCEPTED)
  }, 60_000)

  it('again when the confirmed ones of a client that is gone have ended', async () => {
    const own = await stack()
    own.attach([power(1)])
    const { waiting } = own.clock
    const client = station(1)
    for (let process = 0; process < PER_ADDRESS; process += 1) own.receive(subscribing(1, process, true, 0), client)
    own.take()
    expect(ask(own, 5, `0c000fffff1c${oid(0, 1)}29013900`, client)).toBe(NO_ROOM)
    // Three seconds, four times; the bursts take two more.
    own.clock.advance(15_000)
    own.take()
    expect(own.clock.waiting).toBe(waiting)
    expect(ask(own, 5, `0c000fffff1c${oid(0, 1)}29013900`, client)).toBe(ACCEPTED)
  }, 60_000)
})

describe('Active_COV_Subscriptions', () => {
  it('of one device costs nothing for what the others have, however often it is asked for', async () => {
    const own = await stack()
    own.attach(Array.from({ length: 10_000 }, (_, n) => power(n + 1)))
    own.charger(4101)
    for (let n = 1; n <= 10_000; n += 1) own.receive(subscribing(n, 7, false, 0))
    own.take()
    // 100 requests of 90 references each to a device without subscriptions.
    const references = '0998'.repeat(90)
    const apdu = `0005010e0c${oid(8, 4101)}1e${references}1f`
    const npdu = `012407d003001005ff${apdu}`
    for (let n = 0; n < 100; n += 1) {
      own.receive(`810a${(npdu.length / 2 + 4).toString(16).padStart(4, '0')}${npdu}`)
      expect(own.take()).toHaveLength(1)
    }
  }, 5_000)
})
