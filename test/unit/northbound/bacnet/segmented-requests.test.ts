import { describe, expect, it } from 'vitest'
import { apduOf, byte, collect, cut, type Datagram, requestSegment } from './segments.ts'
import { context, local, oid, type PointInit, read, type Stack, type Station, stack } from './support.ts'

const WRITE_MULTIPLE = 16
const READ_MULTIPLE = 14
const PRESENT_VALUE = 85

const limit = (instance: number): PointInit => ({ object: 'analog-output', instance, type: 'number', setpoint: true })

/** A bridge with two limits. */
async function withLimits(): Promise<Stack> {
  const own = await stack()
  own.attach([limit(1), limit(2)])
  return own
}

function real(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes.toString('hex')
}

/** So many writes at priority 8, the n-th of n + 1 A, to one object. */
function writes(count: number, instance = 1): string {
  const values = Array.from({ length: count }, (_, n) => `09552e44${real(n + 1)}2f3908`)
  return `0c${oid(1, instance)}1e${values.join('')}1f`
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1)
const written = (own: Stack) => own.downlink.written.map(({ value }) => value)
const said = (own: Stack) => own.take().map(({ hex }) => apduOf(hex))

/** SegmentACK of the server. */
const serverAck = (sequence: number, window: number, invokeId = 1) =>
  `41${byte(invokeId)}${byte(sequence & 0xff)}${byte(window)}`
const serverNak = (sequence: number, window: number) => `4301${byte(sequence & 0xff)}${byte(window)}`
const WRITTEN = '200110'
/** Abort invalid-apdu-in-this-state. */
const OUT_OF_STATE = '710102'

const one: Station = { address: '127.0.0.21', port: 47808 }
const two: Station = { address: '127.0.0.22', port: 47808 }

interface Sent {
  readonly window?: number
  readonly invokeId?: number
  readonly accepts?: boolean
  readonly apdu?: number
}

/** Sends a request in pieces of so many octets, and checks each acknowledgement; answers with what came behind the last. */
function send(own: Stack, service: number, data: string, octets: number, how: Sent = {}): readonly Datagram[] {
  const { invokeId = 1, window = 4 } = how
  const pieces = cut(data, octets)
  const actual = Math.min(window, 16)
  let acknowledged = 0
  let came: Datagram[] = []
  pieces.forEach((piece, sequence) => {
    expect(came).toEqual([])
    const moreFollows = sequence + 1 < pieces.length
    own.receive(local(requestSegment(service, piece, { sequence, moreFollows, window, ...how })))
    came = [...own.take()]
    if (sequence !== 0 && moreFollows && sequence - acknowledged !== actual) return
    acknowledged = sequence
    const [first] = came.splice(0, 1)
    // An acknowledgement expects no answer (6.2.2).
    expect(first?.hex.slice(8)).toBe(`0100${serverAck(sequence, actual, invokeId)}`)
  })
  return came
}

const apdus = (came: readonly Datagram[]) => came.map(({ hex }) => apduOf(hex))

/** One segment of several writes. */
function segment(
  own: Stack,
  sequence: number,
  how: Partial<Parameters<typeof requestSegment>[2]> = {},
  from?: Station,
) {
  const data = cut(writes(60), 44)[sequence] ?? ''
  own.receive(
    local(requestSegment(WRITE_MULTIPLE, data, { sequence, moreFollows: sequence < SEGMENTS - 1, ...how })),
    from,
  )
  return said(own)
}
/** Segments of 60 writes, 44 octets each. */
const SEGMENTS = 17

describe('a request in segments', () => {
  it('is put together at every size and every window, and answered once', async () => {
    for (const octets of [44, 122, 200, 474, 1018, 1470]) {
      for (const window of [1, 2, 4, 16, 17, 127]) {
        const own = await withLimits()
        expect(apdus(send(own, WRITE_MULTIPLE, writes(200), octets, { window }))).toEqual([WRITTEN])
        expect(written(own)).toEqual(numbers(200))
      }
    }
  })

  it('may have more segments than there are sequence numbers', async () => {
    const own = await withLimits()
    expect(apdus(send(own, WRITE_MULTIPLE, writes(1_100), 44, { window: 127 }))).toEqual([WRITTEN])
    expect(written(own)).toEqual(numbers(1_100))
  })

  it('may be one segment, the first and the last', async () => {
    const own = await withLimits()
    expect(apdus(send(own, WRITE_MULTIPLE, writes(1), 100))).toEqual([WRITTEN])
    expect(written(own)).toEqual([1])
  })

  it('of 400 references has its answer in segments, in the order of the references', async () => {
    const own = await withLimits()
    const properties = Array.from({ length: 400 }, (_, n) => [PRESENT_VALUE, 111, 77, 104][n % 4] ?? 0)
    const request = `0c${oid(1, 1)}1e${properties.map((id) => context(0, id)).join('')}1f`
    const results = properties.map((id) => `${context(2, id)}4e${read(own, 1, 1, id)}4f`)
    const begun = send(own, READ_MULTIPLE, request, 200, { accepts: true, apdu: 2, invokeId: 3 })
    const { data, longestApdu } = collect(own, 4, { begun, invokeId: 3 })
    expect(data).toBe(`0c${oid(1, 1)}1e${results.join('')}1f`)
    expect(longestApdu).toBe(206)
    // A client that sends segments and takes none.
    expect(apdus(send(own, READ_MULTIPLE, request, 200, { apdu: 2 }))).toEqual(['710104'])
  })

  it('is answered with its error, of the write that failed, as one that comes in one piece', async () => {
    const own = await withLimits()
    const request = `${writes(10)}${writes(10, 9)}`
    // object / unknown-object, and which: object 9, Present_Value.
    expect(apdus(send(own, WRITE_MULTIPLE, request, 44))).toEqual([`5001100e9101911f0f1e0c${oid(1, 9)}19551f`])
    expect(written(own)).toEqual(numbers(10))
    expect(apdus(send(own, WRITE_MULTIPLE, writes(20).slice(0, -2), 44))).toEqual(['600105'])
    expect(apdus(send(own, 99, writes(20), 44))).toEqual(['600109'])
    expect(own.downlink.written).toHaveLength(10)
  })

  it('of a station that may not write writes nothing', async () => {
    const own = await withLimits()
    const stranger = { address: '192.0.2.66', port: 47808 }
    for (let n = 0; n < SEGMENTS - 1; n += 1) segment(own, n, {}, stranger)
    const answer = segment(own, SEGMENTS - 1, {}, stranger)
    // property / write-access-denied.
    expect(answer[1]).toMatch(/^5001100e910291280f/)
    expect(own.downlink.written).toEqual([])
  })
})

describe('segments of a request', () => {
  it('that come too early ask for those before them, and the request goes on from there', async () => {
    const own = await withLimits()
    expect(segment(own, 0)).toEqual([serverAck(0, 4)])
    expect(segment(own, 1)).toEqual([])
    expect(segment(own, 3)).toEqual([serverNak(1, 4)])
    expect(segment(own, 4)).toEqual([serverNak(1, 4)])
    expect(segment(own, 2)).toEqual([])
    // The window counts from what was acknowledged last: 1.
    expect([3, 4, 5].map((n) => segment(own, n))).toEqual([[], [], [serverAck(5, 4)]])
    for (let n = 6; n < SEGMENTS - 1; n += 1) segment(own, n)
    expect(segment(own, SEGMENTS - 1)).toEqual([serverAck(SEGMENTS - 1, 4), WRITTEN])
    expect(written(own)).toEqual(numbers(60))
  })

  it('that come twice are taken once', async () => {
    const own = await withLimits()
    segment(own, 0)
    expect([1, 1, 2, 1, 2, 3, 3].map((n) => segment(own, n))).toEqual([[], [], [], [], [], [], []])
    expect(segment(own, 4)).toEqual([serverAck(4, 4)])
    for (let n = 5; n < SEGMENTS; n += 1) segment(own, n)
    expect(written(own)).toEqual(numbers(60))
  })

  it('of a window whose acknowledgement was lost are acknowledged once more, at its end', async () => {
    const own = await withLimits()
    expect([segment(own, 0), segment(own, 0)]).toEqual([[serverAck(0, 4)], [serverNak(0, 4)]])
    for (const n of [1, 2, 3]) segment(own, n)
    expect(segment(own, 4)).toEqual([serverAck(4, 4)])
    expect([1, 2, 3, 4].map((n) => segment(own, n))).toEqual([[], [], [], [serverNak(4, 4)]])
    for (let n = 5; n < SEGMENTS; n += 1) segment(own, n)
    expect(written(own)).toEqual(numbers(60))
  })

  it('with a window that is none are aborted', async () => {
    const own = await withLimits()
    // Abort window-size-out-of-range.
    for (const window of [0, 128, 255]) expect(segment(own, 0, { window })).toEqual(['710107'])
    expect(segment(own, 0, { window: 127 })).toEqual([serverAck(0, 16)])
  })

  it('without a first are aborted', async () => {
    const own = await withLimits()
    for (const n of [1, 2, 16]) expect(segment(own, n)).toEqual([OUT_OF_STATE])
    expect(own.downlink.written).toEqual([])
  })

  it('of another service in the middle end the request', async () => {
    const own = await withLimits()
    segment(own, 0)
    segment(own, 1)
    own.receive(local(requestSegment(15, '00', { sequence: 2, moreFollows: true })))
    expect(said(own)).toEqual([OUT_OF_STATE])
    expect(segment(own, 2)).toEqual([OUT_OF_STATE])
    expect(own.downlink.written).toEqual([])
  })

  it('are waited for eight seconds, and then no more', async () => {
    const own = await withLimits()
    const { waiting } = own.clock
    segment(own, 0)
    own.clock.advance(7_999)
    expect(segment(own, 1)).toEqual([])
    own.clock.advance(7_999)
    expect(segment(own, 2)).toEqual([])
    expect(own.clock.waiting).toBe(waiting + 1)
    own.clock.advance(8_000)
    expect(own.clock.waiting).toBe(waiting)
    expect(own.take()).toEqual([])
    expect(segment(own, 3)).toEqual([OUT_OF_STATE])
  })

  it('are no more wanted after an Abort of the client; one as a server is about something else', async () => {
    const own = await withLimits()
    segment(own, 0)
    own.receive(local('71 01 00'))
    expect(segment(own, 1)).toEqual([])
    own.receive(local('70 01 00'))
    expect(segment(own, 2)).toEqual([OUT_OF_STATE])
  })

  it('are no more wanted after another request under the same invoke id, whole or in segments', async () => {
    const own = await withLimits()
    segment(own, 0)
    segment(own, 1)
    expect(read(own, 1, 1, PRESENT_VALUE)).toBe('4400000000')
    expect(segment(own, 2)).toEqual([OUT_OF_STATE])
    segment(own, 0)
    segment(own, 1)
    expect(apdus(send(own, WRITE_MULTIPLE, writes(30, 2), 44))).toEqual([WRITTEN])
    expect(written(own)).toEqual(numbers(30))
  })

  it('of two stations under the same invoke id make two requests', async () => {
    const own = await withLimits()
    const pieces = [writes(40, 1), writes(40, 2)].map((data) => cut(data, 44))
    const count = pieces[0]?.length ?? 0
    for (let sequence = 0; sequence < count; sequence += 1) {
      for (const [index, from] of [one, two].entries()) {
        const data = pieces[index]?.[sequence] ?? ''
        own.receive(local(requestSegment(WRITE_MULTIPLE, data, { sequence, moreFollows: sequence + 1 < count })), from)
      }
    }
    expect(own.downlink.written.slice(0, 40)).toEqual(
      numbers(40).map((value) => ({ value, priority: 8, client: 'bacnet:127.0.0.21' })),
    )
    expect(own.downlink.written.slice(40)).toEqual(
      numbers(40).map((value) => ({ value, priority: 8, client: 'bacnet:127.0.0.22' })),
    )
  })

  it('whose last acknowledgement was lost do not end the answer that is on its way', async () => {
    const own = await withLimits()
    const request = `0c${oid(1, 1)}1e${context(0, 77).repeat(100)}1f`
    const begun = send(own, READ_MULTIPLE, request, 44, { accepts: true, apdu: 0 })
    const pieces = cut(request, 44)
    own.receive(
      local(
        requestSegment(READ_MULTIPLE, pieces.at(-1) ?? '', {
          sequence: pieces.length - 1,
          moreFollows: false,
          accepts: true,
          apdu: 0,
        }),
      ),
    )
    expect(own.take()).toEqual([])
    expect(collect(own, 4, { begun }).count).toBeGreaterThan(10)
  })
})

describe('requests that are never whole', () => {
  it('end at 64 full segments, however they are cut', async () => {
    for (const [octets, most] of [
      [1470, 65],
      [44, 2_200],
      [0, 3_000],
    ] as const) {
      const own = await withLimits()
      const { waiting } = own.clock
      let answer: readonly string[] = []
      let sequence = 0
      for (; sequence <= most && answer[0]?.startsWith('71') !== true; sequence += 1) {
        const data = '55'.repeat(octets)
        own.receive(local(requestSegment(WRITE_MULTIPLE, data, { sequence, moreFollows: true, window: 127 })))
        answer = said(own)
      }
      // Abort buffer-overflow.
      expect(answer).toEqual(['710101'])
      expect(sequence).toBeGreaterThan(most - 60)
      expect(own.clock.waiting).toBe(waiting)
    }
  })

  it('are kept for no client that only repeats itself', async () => {
    const own = await withLimits()
    const { waiting } = own.clock
    segment(own, 0)
    segment(own, 1)
    for (let n = 0; n < 1_100; n += 1) {
      segment(own, 1)
      own.clock.advance(7_000)
    }
    expect(own.clock.waiting).toBe(waiting)
  })

  it('are so many from one address, whatever its ports', async () => {
    const own = await withLimits()
    const { waiting } = own.clock
    const answers = Array.from({ length: 256 }, (_, n) =>
      segment(own, 0, { invokeId: n }, { ...one, port: 40_000 + n }),
    )
    // Abort out-of-resources.
    expect(answers.filter(([answer]) => answer?.startsWith('71') && answer.endsWith('09'))).toHaveLength(248)
    expect(own.clock.waiting).toBe(waiting + 8)
    expect(apdus(send(own, WRITE_MULTIPLE, writes(60), 44))).toEqual([WRITTEN])
    own.clock.advance(8_000)
    expect(own.clock.waiting).toBe(waiting)
  })

  it('of 10,000 invented addresses are few at a time; one that goes on comes to its end among them', async () => {
    const own = await withLimits()
    const { waiting } = own.clock
    let next = 0
    for (let n = 0; n < 10_000; n += 1) {
      segment(own, 0, {}, { address: `10.0.${n >> 8}.${n & 0xff}`, port: 47808 })
      expect(own.clock.waiting).toBeLessThanOrEqual(waiting + 128)
      if (n % 100 === 0 && next < SEGMENTS) {
        segment(own, next, {}, two)
        next += 1
      }
    }
    expect(written(own)).toEqual(numbers(60))
    own.clock.advance(8_000)
    expect(own.clock.waiting).toBe(waiting)
    expect(own.take()).toEqual([])
  })
})
