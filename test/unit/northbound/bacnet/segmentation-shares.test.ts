import { describe, expect, it } from 'vitest'
import {
  ack,
  answered,
  apduCodes,
  apduOf,
  asking,
  askList,
  byte,
  collect,
  DEVICE,
  LIST,
  listByIndex,
  requestSegment,
  segmentOf,
  segments,
  withObjects,
} from './segments.ts'
import { local, oid, type Station, stack } from './support.ts'

const one: Station = { address: '127.0.0.21', port: 47808 }
const two: Station = { address: '127.0.0.22', port: 47808 }

describe('answers on their way at once', () => {
  it('under the same invoke id are those of each client, each to its end', async () => {
    const own = await withObjects(200)
    const whole = answered(listByIndex(own, 200))
    const taken = new Map([one, two].map((station) => [`${station.address}:${station.port}`, [] as string[]]))
    for (const from of [one, two]) own.receive(askList(apduCodes[50], 0, 9), from)
    for (let came = segments(own); came.length > 0; came = segments(own)) {
      for (const { data, sequence, to } of came) {
        const own = taken.get(to)
        expect(sequence).toBe(own?.length)
        own?.push(data)
      }
      // In one breath: first the last of one, then the last of the other.
      for (const from of [one, two]) {
        const last = came.filter(({ to }) => to === `${from.address}:${from.port}`).at(-1)
        if (last !== undefined) own.receive(local(ack(9, last.sequence, from === one ? 2 : 3)), from)
      }
    }
    for (const data of taken.values()) expect(data.join('')).toBe(whole)
  })

  it('of two virtual devices to one client under one invoke id are not mixed up, nor those to two stations of one router', async () => {
    const own = await stack()
    own.attach([])
    own.charger(4101)
    own.charger(4102)
    // The device's own properties, all of them: longer than two segments of 50.
    const all = (instance: number) => `0c${oid(DEVICE, instance)}1e09081f`
    const behind = (instance: number, station: number, apdu: string) => {
      // To network 2000, from station `station` of network 7.
      const npdu = `012c07d003${instance.toString(16).padStart(6, '0')}000701${byte(station)}ff${apdu}`
      return `810a${(npdu.length / 2 + 4).toString(16).padStart(4, '0')}${npdu}`
    }
    const conversations = [
      [4101, 1],
      [4102, 1],
      [4101, 2],
    ] as const
    const whole = conversations.map(([instance, station]) => {
      own.receive(behind(instance, station, asking(14, all(instance), apduCodes[1476])))
      return apduOf(own.take()[0]?.hex ?? '').slice(6)
    })
    const taken = conversations.map((): string[] => [])
    const header = ([instance, station]: readonly [number, number]) =>
      `0007 01 ${byte(station)} 07d0 03 ${instance.toString(16).padStart(6, '0')}`.replaceAll(' ', '')
    for (const each of conversations) own.receive(behind(each[0], each[1], asking(14, all(each[0]), apduCodes[50])))
    for (let turn = 0; turn < 100; turn += 1) {
      const came = own.take()
      if (came.length === 0) break
      for (const { hex, to } of came) {
        const index = conversations.findIndex((each) => hex.includes(header(each)))
        const { data, sequence } = segmentOf({ hex, to })
        expect(sequence).toBe(taken[index]?.length)
        taken[index]?.push(data)
      }
      conversations.forEach(([instance, station], index) => {
        own.receive(behind(instance, station, ack(1, (taken[index]?.length ?? 0) - 1, 1)))
      })
    }
    expect(taken.map((each) => each.join(''))).toEqual(whole)
    expect(new Set(whole).size).toBe(2)
  })

  it('end with their device', async () => {
    const own = await stack()
    own.attach([])
    own.charger(4101)
    const waiting = own.clock.waiting
    const npdu = (apdu: string) => `012407d003001005ff${apdu}`
    const routed = (apdu: string) => `810a${(npdu(apdu).length / 2 + 4).toString(16).padStart(4, '0')}${npdu(apdu)}`
    own.receive(routed(asking(14, `0c${oid(DEVICE, 4101)}1e09081f`, apduCodes[50])))
    own.receive(routed(requestSegment(14, `0c${oid(DEVICE, 4101)}`, { sequence: 0, moreFollows: true, invokeId: 2 })))
    expect(own.take()).toHaveLength(2)
    expect(own.clock.waiting).toBe(waiting + 2)
    own.removeCharger(4101)
    expect(own.clock.waiting).toBe(waiting)
    own.receive(routed(ack(1, 0, 4)))
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
  })
})

describe('answers that nobody fetches', () => {
  it('are so many to one address, and others are served', async () => {
    const own = await withObjects(200)
    const waiting = own.clock.waiting
    const refused: string[] = []
    for (let invokeId = 0; invokeId < 256; invokeId += 1) {
      own.receive(askList(apduCodes[50], 0, invokeId), { ...one, port: 40_000 + invokeId })
      refused.push(...own.take().flatMap(({ hex }) => (hex.slice(12).startsWith('71') ? [hex.slice(12)] : [])))
    }
    expect(own.clock.waiting).toBe(waiting + 16)
    expect(refused).toHaveLength(240)
    // Abort out-of-resources.
    expect(refused.every((apdu) => apdu.endsWith('09'))).toBe(true)
    own.receive(askList(apduCodes[50]), two)
    expect(collect(own, 4, { from: two }).count).toBe(23)
    // What is small is answered to the greedy as well.
    own.receive(local(`00 05 01 0c ${LIST}2900`), one)
    expect(own.take()).toHaveLength(1)
    own.clock.advance(8_000)
    expect(own.clock.waiting).toBe(waiting)
  })

  it('of 10,000 invented addresses are few at a time; one that goes on comes to its end among them', async () => {
    const own = await withObjects(200)
    const whole = answered(listByIndex(own, 200))
    const waiting = own.clock.waiting
    own.receive(askList(apduCodes[50]), two)
    const [first] = segments(own)
    const taken = [first?.data ?? '']
    for (let n = 0; n < 10_000; n += 1) {
      own.receive(askList(apduCodes[50]), { address: `10.${n >> 16}.${(n >> 8) & 0xff}.${n & 0xff}`, port: 47808 })
      expect(own.clock.waiting).toBeLessThanOrEqual(waiting + 256)
      own.take()
      if (n % 200 !== 0 || taken.length === 23) continue
      own.receive(local(ack(1, taken.length - 1, 1)), two)
      taken.push(...segments(own).map(({ data }) => data))
    }
    own.receive(local(ack(1, taken.length - 1, 1)), two)
    expect(taken.join('')).toBe(whole)
    own.clock.advance(8_000)
    expect(own.clock.waiting).toBe(waiting)
  })
})
