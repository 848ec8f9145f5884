import { describe, expect, it } from 'vitest'
import {
  ack,
  answered,
  apduCodes,
  apduOf,
  askList,
  collect,
  cut,
  DEVICE,
  input,
  LIST,
  listByIndex,
  NEGATIVE,
  OBJECT_LIST,
  SERVER,
  segments,
  withObjects,
} from './segments.ts'
import { local, read, type Stack, type Station } from './support.ts'

const one: Station = { address: '127.0.0.21', port: 47808 }

describe('an answer in segments', () => {
  it('comes whole at every size of APDU and every window, in APDUs that the client can take', async () => {
    const own = await withObjects(1_000)
    const whole = answered(listByIndex(own, 1_000))
    for (const [octets, code] of Object.entries(apduCodes)) {
      for (const window of [1, 2, 4, 16, 17, 127]) {
        own.receive(askList(code))
        const { count, data, longestApdu, most } = collect(own, window)
        expect(data).toBe(whole)
        expect(longestApdu).toBe(Number(octets))
        expect(count).toBe(Math.ceil(whole.length / 2 / (Number(octets) - 5)))
        expect(most).toBe(Math.min(window, 16, count - 1))
        expect(own.take()).toEqual([])
      }
    }
    expect(own.clock.waiting).toBeLessThan(5)
  })

  it('of a site of 4,000 objects is 14 segments of 1476 octets', async () => {
    const own = await withObjects(4_000)
    const whole = answered(listByIndex(own, 4_000))
    expect(read(own, DEVICE, 4000, OBJECT_LIST, 0)).toBe('220fa0')
    own.receive(askList(apduCodes[1476]))
    const { count, data } = collect(own, 16)
    expect(count).toBe(14)
    expect(data).toBe(whole)
  })

  it('counts its segments modulo 256, and goes on', async () => {
    const own = await withObjects(4_000)
    own.receive(askList(apduCodes[50]))
    const { count, data } = collect(own, 5)
    expect(count).toBe(445)
    expect(data.length / 2).toBe(9 + 5 * 4_000)
  })

  it('says its own window with the first segment, and afterwards that of the client', async () => {
    const own = await withObjects(1_000)
    own.receive(askList(apduCodes[128]))
    const first = segments(own)
    expect(first.map(({ sequence, window }) => [sequence, window])).toEqual([[0, 16]])
    own.receive(local(ack(1, 0, 3)))
    expect(segments(own).map(({ sequence, window }) => [sequence, window])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ])
    // A client may take another window with every acknowledgement.
    own.receive(local(ack(1, 3, 1)))
    expect(segments(own).map(({ sequence, window }) => [sequence, window])).toEqual([[4, 1]])
    // 0 is none.
    own.receive(local(ack(1, 4, 0)))
    expect(segments(own).map(({ sequence, window }) => [sequence, window])).toEqual([[5, 1]])
  })

  it('has no more segments than the client says it takes; none for one that takes none', async () => {
    for (const [code, most] of [2, 4, 8, 16, 32, 64].map((taken, index) => [index + 1, taken] as const)) {
      // Nine octets and five an object, in segments of 45.
      const objects = 9 * most - 2
      const own = await withObjects(objects)
      own.receive(askList(apduCodes[50], code))
      expect(collect(own, 16).count).toBe(most)
      own.attach([input(10_000)])
      own.receive(askList(apduCodes[50], code))
      // Abort buffer-overflow, by the server.
      expect(own.take().map(({ hex }) => apduOf(hex))).toEqual(['710101'])
      for (const open of [0, 7]) {
        own.receive(askList(apduCodes[50], open))
        expect(collect(own, 16).count).toBe(most + 1)
      }
      own.receive(local(`00 00 01 0c ${LIST}`))
      // Abort segmentation-not-supported.
      expect(own.take().map(({ hex }) => apduOf(hex))).toEqual(['710104'])
    }
  })

  it('is never longer than 64 full segments', async () => {
    const own = await withObjects(18_900)
    own.receive(askList(apduCodes[1476], 7))
    expect(own.take().map(({ hex }) => apduOf(hex))).toEqual(['710101'])
    own.receive(local(`02 75 01 0c ${LIST}2900`))
    expect(own.take().map(({ hex }) => apduOf(hex))).toEqual([`30010c${LIST}29003e2249d43f`])
  })

  it('goes in one piece to a client that takes segments, where it fits', async () => {
    const own = await withObjects(8)
    own.receive(askList(apduCodes[50]))
    // Three octets of header, nine and five an object: 52.
    expect(collect(own, 1).count).toBe(2)
    const smaller = await withObjects(7)
    smaller.receive(askList(apduCodes[50]))
    expect(smaller.take().map(({ hex }) => hex.slice(8, 14))).toEqual(['010030'])
  })
})

/** A list in 40 segments, the first of them sent and acknowledged with that window. */
async function underway(window = 4): Promise<{ own: Stack; whole: string }> {
  const own = await withObjects(982)
  const whole = answered(listByIndex(own, 982))
  own.receive(askList(apduCodes[128]))
  expect(segments(own).map(({ sequence }) => sequence)).toEqual([0])
  own.receive(local(ack(1, 0, window)))
  return { own, whole }
}

const sequences = (own: Stack) => segments(own).map(({ sequence }) => sequence)
const pieces = (whole: string, count: number) => cut(whole, 123).slice(0, count)

describe('segments that are lost', () => {
  it('are sent again from the first that is missing, at once where the client says so', async () => {
    const { own, whole } = await underway()
    const window = segments(own)
    expect(window.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
    // 3 is lost: the client has 2 in order.
    own.receive(local(ack(1, 2, 4, NEGATIVE)))
    const again = segments(own)
    expect(again.map(({ sequence }) => sequence)).toEqual([3, 4, 5, 6])
    expect(again[0]).toEqual(window[2])
    // The first of a window is lost: nothing of it is in order, and its time runs out.
    own.receive(local(ack(1, 2, 4, NEGATIVE)))
    expect(own.take()).toEqual([])
    own.clock.advance(1_999)
    expect(own.take()).toEqual([])
    own.clock.advance(1)
    expect(segments(own)).toEqual(again)
    own.receive(local(ack(1, 6, 4)))
    expect(collect(own, 4, { taken: pieces(whole, 7) }).data).toBe(whole)
  })

  it('are sent four times in all, two seconds apart, and then no more', async () => {
    const { own } = await underway()
    const before = own.clock.waiting
    const window = segments(own)
    for (let n = 0; n < 3; n += 1) {
      own.clock.advance(1_999)
      expect(own.take()).toEqual([])
      own.clock.advance(1)
      expect(segments(own)).toEqual(window)
    }
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
    expect(own.clock.waiting).toBe(before - 1)
    own.receive(local(ack(1, 4, 4)))
    expect(own.take()).toEqual([])
  })

  it('have all their repetitions again after each acknowledgement that brings the answer on', async () => {
    const { own, whole } = await underway(1)
    let taken = 1
    for (; taken < 10; taken += 1) {
      own.clock.advance(6_000)
      expect(sequences(own)).toEqual([taken, taken, taken, taken])
      own.receive(local(ack(1, taken, 1)))
    }
    expect(collect(own, 1, { taken: pieces(whole, taken) }).data).toBe(whole)
  })
})

describe('an acknowledgement', () => {
  it('that comes twice sends nothing twice', async () => {
    const { own, whole } = await underway()
    expect(sequences(own)).toEqual([1, 2, 3, 4])
    own.receive(local(ack(1, 0, 4)))
    own.receive(local(ack(1, 0, 4)))
    expect(own.take()).toEqual([])
    own.receive(local(ack(1, 4, 4)))
    expect(collect(own, 4, { taken: pieces(whole, 5) }).data).toBe(whole)
  })

  it('that comes for ever without bringing the answer on does not keep it for ever', async () => {
    const { own } = await underway()
    const before = own.clock.waiting
    for (let n = 0; n < 200; n += 1) {
      own.receive(local(ack(1, 0, 4)))
      own.clock.advance(1_000)
    }
    own.take()
    expect(own.clock.waiting).toBe(before - 1)
    own.receive(local(ack(1, 4, 4)))
    expect(own.take()).toEqual([])
  })

  it('of a segment that was not sent yet, of another invoke id, of another station or as a server is none', async () => {
    const { own, whole } = await underway()
    expect(sequences(own)).toEqual([1, 2, 3, 4])
    for (const sequence of [5, 6, 200, 255]) own.receive(local(ack(1, sequence, 4)))
    own.receive(local(ack(2, 4, 4)))
    own.receive(local(ack(1, 4, 4)), one)
    own.receive(local(ack(1, 4, 4)), { ...own.client, port: 50_000 })
    own.receive(local(ack(1, 4, 4, SERVER)))
    expect(own.take()).toEqual([])
    own.receive(local(ack(1, 4, 4)))
    expect(collect(own, 4, { taken: pieces(whole, 5) }).data).toBe(whole)
  })

  it('with nothing on its way, or cut short, is nothing', async () => {
    const own = await withObjects(20)
    for (const apdu of [ack(1, 0, 4), '40', '4001', '400100', '4f']) own.receive(local(apdu))
    expect(own.take()).toEqual([])
  })
})

describe('a client that gives an answer up', () => {
  it('by an Abort gets nothing more; an Abort as a server is about something else', async () => {
    const { own } = await underway()
    const before = own.clock.waiting
    own.take()
    own.receive(local('71 01 00'))
    own.receive(local('70 02 00'))
    own.receive(local('70 01 00'), one)
    expect(own.clock.waiting).toBe(before)
    own.receive(local('70 01 00'))
    expect(own.clock.waiting).toBe(before - 1)
    own.receive(local(ack(1, 4, 4)))
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
  })

  it('by asking something else under its invoke id has the new answer alone', async () => {
    const { own } = await underway()
    own.take()
    expect(read(own, DEVICE, 4000, 77)).toBe('75050053697465')
    own.receive(local(ack(1, 4, 4)))
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
    own.receive(askList(apduCodes[128]))
    own.take()
    own.receive(askList(apduCodes[206]))
    // Of the new one: 206 octets.
    expect(segments(own).map(({ apdu }) => apdu.length / 2)).toEqual([206])
  })

  it('does not by asking the same once more: what is on its way goes on', async () => {
    const { own, whole } = await underway()
    expect(sequences(own)).toEqual([1, 2, 3, 4])
    for (let n = 0; n < 5; n += 1) own.receive(askList(apduCodes[128]))
    expect(own.take()).toEqual([])
    own.receive(local(ack(1, 4, 4)))
    expect(collect(own, 4, { taken: pieces(whole, 5) }).data).toBe(whole)
    // Answered whole: the same request is a new one.
    own.receive(askList(apduCodes[128]))
    expect(collect(own, 4).data).toBe(whole)
  })
})
