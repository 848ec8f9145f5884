import { expect, it } from 'vitest'
import type { Peer } from '../../src/northbound/modbus/peer.ts'
import { RtuLine } from '../../src/northbound/modbus/transport/rtu-line.ts'
import { atOnce, fuzzSite, heapMegabytes, judge, type Write } from '../support/modbus-fuzz-site.ts'
import { withCrc } from '../support/modbus-line.ts'
import { Mutations } from '../support/modbus-mutations.ts'
import { seed } from '../support/runs.ts'
import { RecordingLog, toHex } from '../unit/northbound/modbus/support.ts'

/** A million frames take minutes, which a gate doesn't have. */
const FRAMES = process.env.SOAK === '1' ? 1_000_000 : 30_000
const LOOK = 1_000
const BRIDGE = 100

it(`${FRAMES} random and mutated frames on a serial line: nothing is carried out that did not come whole and sound, and the line goes on`, async () => {
  const random = new Mutations(seed)
  const { clock, desk, writes, link, units } = fuzzSite()
  const log = new RecordingLog()
  const seen: { unit: number; pdu: Uint8Array; answer: Uint8Array; writes: Write[] }[] = []
  const sent: string[] = []
  let receive: (bytes: Uint8Array) => void = () => {}
  const line = new RtuLine({
    settings: { port: '/dev/ttyS9', baudRate: 19_200, parity: 'even', stopBits: 1, writable: true },
    handle(unit: number, pdu: Uint8Array, peer: Peer, frame: () => string) {
      const asked = Uint8Array.from(pdu)
      const answer = atOnce(desk.handle(unit === BRIDGE ? 0 : unit, pdu, peer, frame))
      seen.push({ unit: unit === BRIDGE ? 0 : unit, pdu: asked, answer, writes: writes.splice(0) })
      return answer
    },
    isOwn: (unit) => unit === BRIDGE || unit === 7,
    load:
      async () =>
      async (_settings, { received }) => {
        receive = received
        return { waiting: 0, there: true, write: (bytes) => void sent.push(toHex(bytes)), close: async () => {} }
      },
    clock,
    log,
  })
  await line.start()
  const onLine = (unit: number) => (unit === 0 ? BRIDGE : unit)
  const count = { frames: 0, handled: 0, exceptions: 0, writes: 0, whole: 0 }
  let before = 0
  for (let round = 0; count.frames < FRAMES; round += 1) {
    const frames = Array.from({ length: 1 + random.below(3) }, () => {
      const unit = random.of([7, 7, 7, 7, 7, BRIDGE, 0, 9, random.below(256)])
      return withCrc(Uint8Array.of(unit, ...random.pdu()))
    })
    const damage = random.of(['none', 'none', 'none', 'byte', 'noise', 'cut'] as const)
    const noise = Uint8Array.from({ length: damage === 'noise' ? 1 + random.below(9) : 0 }, () => random.below(256))
    const sound = Buffer.concat([noise, ...frames])
    if (damage === 'byte') sound[random.below(sound.length)] = random.below(256)
    const whole = damage === 'cut' ? sound.subarray(0, random.below(sound.length)) : sound
    let paused = false
    for (const piece of random.pieces(whole)) {
      receive(piece)
      if (random.below(30) > 0) continue
      clock.advance(500)
      paused = true
    }
    clock.advance(500)
    expect(sent.length).toBe(seen.length)
    const [first] = frames
    const own = first?.[0] === BRIDGE || first?.[0] === 7
    if (frames.length === 1 && damage === 'none' && own && !paused) {
      count.whole += 1
      // Alone on the line and sound, of whatever length and function: it has an answer.
      expect(seen.length, toHex(whole)).toBe(1)
    }
    for (const { unit, pdu, answer, writes: written } of seen) {
      const frame = withCrc(Uint8Array.of(onLine(unit), ...pdu))
      // It came over the line as it was carried out, with its CRC.
      if (!whole.includes(Buffer.from(frame))) throw new Error(`${toHex(frame)} was not on the line: ${toHex(whole)}`)
      judge({ transaction: 0, unit, pdu }, answer, written, units)
      if ((answer[0] ?? 0) > 0x7f) count.exceptions += 1
      if (written.length > 0) count.writes += 1
    }
    count.frames += frames.length
    count.handled += seen.length
    seen.length = 0
    sent.length = 0
    if (round % LOOK === 0) {
      link.take()
      link.questions.length = 0
      receive(withCrc(Uint8Array.of(7, 3, 0, 100, 0, 1)))
      expect(sent.splice(0)).toEqual([expect.stringMatching(/^070302/)])
      seen.length = 0
      clock.advance(500)
      if (round === 10 * LOOK) before = heapMegabytes()
    }
  }
  const after = heapMegabytes()
  await line.stop()
  console.log(
    `fuzz RTU: ${count.frames} frames, ${count.handled} of them answered (${count.whole} that stood alone and sound, each), ${count.exceptions} exceptions, ${count.writes} writes; heap ${before.toFixed(0)} to ${after.toFixed(0)} MB`,
  )
  expect(log.count('error', '')).toBe(0)
  expect(count.writes).toBeGreaterThan(FRAMES / 100)
  expect(count.whole).toBeGreaterThan(FRAMES / 50)
  if (before > 0) expect(after - before).toBeLessThan(30)
})
