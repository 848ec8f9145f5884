import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { udpPayloads } from '../../support/pcap.ts'
import { type PointInit, read, type Stack, stack } from '../../unit/northbound/bacnet/support.ts'

interface Frame {
  readonly fromServer: boolean
  readonly hex: string
  /** Behind the data link's four octets and the network layer's two. */
  readonly apdu: string
  readonly kind: number
  readonly segmented: boolean
  readonly moreFollows: boolean
}

const CONFIRMED_REQUEST = 0
const SIMPLE_ACK = 2
const COMPLEX_ACK = 3
const SEGMENT_ACK = 4
const ABORT = 7

/** Confirmed requests and what came of them; both sides of these files speak without a router. */
function conversation(file: string): readonly Frame[] {
  return udpPayloads(join(import.meta.dirname, 'captures', `${file}.pcap`)).flatMap((bytes) => {
    const hex = Buffer.from(bytes).toString('hex')
    const apdu = hex.slice(12)
    const first = Number.parseInt(apdu.slice(0, 2), 16)
    const kind = first >> 4
    if (kind === 1) return []
    const answers = kind === SIMPLE_ACK || kind === COMPLEX_ACK
    const fromServer = answers || ((kind === SEGMENT_ACK || kind === ABORT) && (first & 1) === 1)
    const segmented = (kind === COMPLEX_ACK || kind === CONFIRMED_REQUEST) && (first & 0x08) !== 0
    return [{ fromServer, hex, apdu, kind, segmented, moreFollows: segmented && (first & 0x04) !== 0 }]
  })
}

/** Five octets before the parameters of a segment of an answer: type, invoke id, sequence number, window, service. */
const header = (apdu: string) => apdu.slice(0, 10)
const apdus = (own: Stack) => own.take().map(({ hex }) => hex.slice(12))

/** A device 555, as the captured one is called. */
async function device555(points: readonly PointInit[]): Promise<Stack> {
  const own = await stack({ device: { instance: 555 } })
  own.attach(points)
  return own
}

describe.each([
  ['seg-response-1476-w2', 1476],
  ['seg-response-1024-w4', 1024],
  ['seg-response-480-w1', 480],
  ['seg-response-206-w8', 206],
  ['seg-response-206-server-w16', 206],
  ['seg-response-128-w16', 128],
  ['seg-response-50-w127', 50],
])('the client of %s', (file, maxApdu) => {
  const frames = conversation(file)
  const captured = frames.filter(({ kind }) => kind === COMPLEX_ACK)

  it('is served to the end by what it sent, with segments headed as those that it had', async () => {
    // As many objects as make as many segments: the captured server filled the APDU with data alone, five octets too many.
    const objects = Math.floor(((captured.length - 1) * (maxApdu - 5)) / 5)
    const own = await device555([])
    const there = Number.parseInt(read(own, 8, 555, 76, 0).slice(2), 16)
    own.attach(
      Array.from({ length: objects - there }, (_, n) => ({
        object: 'analog-value',
        instance: n + 1,
        type: 'number',
      })),
    )
    const headers: string[] = []
    for (const frame of frames) {
      if (frame.fromServer) continue
      own.receive(frame.hex)
      const came = apdus(own)
      for (const apdu of came) expect(apdu.length / 2).toBeLessThanOrEqual(maxApdu)
      headers.push(...came.map(header))
    }
    const theirs = captured.map(({ apdu }) => header(apdu))
    // The first names the server's own window, which is 16 here and was 2 or 16 there.
    const [first, ...rest] = theirs
    expect(headers).toEqual([`${first?.slice(0, 6)}10${first?.slice(8)}`, ...rest])
    own.clock.advance(60_000)
    expect(own.take()).toEqual([])
  })
})

describe('the client of seg-response-refused', () => {
  it('is refused where it takes no segments, or too few', async () => {
    const own = await device555(
      Array.from({ length: 800 }, (_, n) => ({ object: 'analog-value', instance: n + 1, type: 'number' })),
    )
    const frames = conversation('seg-response-refused')
    const answers = frames
      .filter(({ fromServer }) => !fromServer)
      .flatMap(({ hex }) => {
        own.receive(hex)
        return apdus(own)
      })
    const theirs = frames.filter(({ fromServer }) => fromServer).map(({ apdu }) => apdu)
    expect(answers).toHaveLength(3)
    // Too many segments are a buffer overflow; the captured server said apdu-too-long (11).
    expect(answers).toEqual([theirs[0], '710001', theirs[2]])
    expect(theirs[1]).toBe('71000b')
  })
})

describe.each([['seg-request-480-w2'], ['seg-request-206-w1'], ['seg-request-128-w8'], ['seg-request-50-w16']])(
  'the client of %s',
  (file) => {
    const frames = conversation(file)
    const requests = frames.filter(({ kind, segmented }) => kind === CONFIRMED_REQUEST && segmented)
    const proposed = Number.parseInt(requests[0]?.apdu.slice(8, 10) ?? '', 16)

    it('is understood: the text that it wrote in segments is the text that it read', async () => {
      const own = await device555([{ object: 'characterstring-value', instance: 1, type: 'text', writable: true }])
      const acks: string[] = []
      let written: string[] = []
      for (const { apdu, hex, moreFollows } of requests) {
        own.receive(hex)
        const came = apdus(own)
        if (!moreFollows) written = came.splice(1)
        // What is acknowledged is this segment.
        for (const ack of came) expect(ack.slice(4, 6)).toBe(apdu.slice(6, 8))
        acks.push(...came)
      }
      const theirs = frames.filter(({ fromServer, kind }) => fromServer && kind === SEGMENT_ACK).map(({ apdu }) => apdu)
      // The captured server's window was 1 or 2, this one's is what was proposed.
      const window = proposed.toString(16).padStart(2, '0')
      if (window === theirs[0]?.slice(6)) expect(acks).toEqual(theirs)
      expect(acks[0]).toBe(`${theirs[0]?.slice(0, 6)}${window}`)
      expect(acks.at(-1)).toBe(`${theirs.at(-1)?.slice(0, 6)}${window}`)
      expect(acks).toHaveLength(1 + Math.ceil((requests.length - 1) / proposed))
      expect(written).toEqual(frames.filter(({ kind }) => kind === SIMPLE_ACK).map(({ apdu }) => apdu))

      // Afterwards it read the text, in segments where it was long.
      const reading = frames.findIndex(({ kind, segmented }) => kind === CONFIRMED_REQUEST && !segmented)
      const read: string[] = []
      let last = ''
      for (const frame of frames.slice(reading)) {
        if (frame.fromServer) continue
        own.receive(frame.kind === SEGMENT_ACK ? `${frame.hex.slice(0, -4)}${last}10` : frame.hex)
        for (const apdu of apdus(own)) {
          read.push(apdu.startsWith('30') ? apdu.slice(6) : apdu.slice(10))
          last = apdu.slice(4, 6)
        }
      }
      const captured = frames
        .slice(reading)
        .filter(({ kind }) => kind === COMPLEX_ACK)
        .map(({ apdu, segmented }) => apdu.slice(segmented ? 10 : 6))
      expect(captured.length).toBeGreaterThan(0)
      expect(read.join('')).toBe(captured.join(''))
    })
  },
)

describe('the client of seg-both-206-w4', () => {
  it('has its request of six segments acknowledged, and an answer in segments', async () => {
    const own = await device555(
      Array.from({ length: 6 }, (_, n) => ({ object: 'analog-value', instance: n + 1, type: 'number', unit: 'kW' })),
    )
    const frames = conversation('seg-both-206-w4')
    const requests = frames.filter(({ kind }) => kind === CONFIRMED_REQUEST)
    const answers = requests.map(({ hex }) => {
      own.receive(hex)
      return apdus(own)
    })
    expect(answers.slice(0, 5)).toEqual([['41000004'], [], [], [], ['41000404']])
    const [last, first] = answers[5] ?? []
    expect(last).toBe('41000504')
    // Its first segment is headed as the captured one, with this server's window.
    expect(header(first ?? '')).toBe('3c0000100e')
    const acks = frames.filter(({ fromServer, kind }) => !fromServer && kind === SEGMENT_ACK)
    const taken = [first]
    for (const { hex } of acks) {
      own.receive(hex)
      taken.push(...apdus(own))
    }
    const captured = frames.filter(({ kind }) => kind === COMPLEX_ACK).map(({ apdu }) => header(apdu))
    // The names here are longer: more segments than were captured.
    expect(taken.length).toBeGreaterThan(captured.length)
    expect(taken.slice(1, captured.length - 1).map((apdu) => header(apdu ?? ''))).toEqual(captured.slice(1, -1))
  })
})
