import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { silentLog } from '../../src/lib/log.ts'
import type { Peer } from '../../src/northbound/modbus/peer.ts'
import { Connection } from '../../src/northbound/modbus/transport/connection.ts'
import { Turns } from '../../src/northbound/modbus/transport/turns.ts'
import { FrameReader } from '../../src/northbound/modbus/wire/mbap.ts'
import { atOnce, fuzzSite, heapMegabytes, judge, near, type Write } from '../support/modbus-fuzz-site.ts'
import { Mutations } from '../support/modbus-mutations.ts'
import { seed } from '../support/runs.ts'
import { framesOf } from '../support/strict-modbus.ts'
import { adu, toHex } from '../unit/northbound/modbus/support.ts'

/** A million frames take minutes, which a gate doesn't have. */
const FRAMES = process.env.SOAK === '1' ? 1_000_000 : 30_000
/** So often the clock goes on, what was told to the charger is thrown away, and another client looks. */
const LOOK = 1_000

/** The far end of a connection: what is written to it, and nothing else of a socket. */
class FarEnd extends EventEmitter {
  readonly answers: Uint8Array[] = []
  ended = false

  write(bytes: Uint8Array): boolean {
    this.answers.push(bytes)
    return true
  }

  pause(): void {}
  resume(): void {}
  destroy(): void {
    this.ended = true
  }

  destroySoon(): void {
    this.ended = true
  }
}

it(`${FRAMES} random and mutated frames on TCP: each is answered or ends its connection, and nothing is written that was not asked for`, () => {
  const random = new Mutations(seed)
  const { clock, desk, writes, link, units } = fuzzSite()
  const seen: { unit: number; pdu: Uint8Array; answer: Uint8Array; writes: Write[] }[] = []
  const log: string[] = []
  const parts = {
    handle: (unit: number, pdu: Uint8Array, peer: Peer, frame: () => string) => {
      const asked = Uint8Array.from(pdu)
      const answer = atOnce(desk.handle(unit, pdu, peer, frame))
      seen.push({ unit, pdu: asked, answer, writes: writes.splice(0) })
      return answer
    },
    clock,
    log: { ...silentLog, error: (_fields: object, message: string) => void log.push(message) },
    broken: () => {},
    closed: () => {},
  }
  const count = { frames: 0, broken: 0, exceptions: 0, writes: 0 }
  let before = 0
  for (let round = 0; count.frames < FRAMES; round += 1) {
    const stream = random.stream((pdu) =>
      adu(random.below(65_536), random.of([7, 7, 7, 7, 7, 7, 7, 7, 0, 255, 9, random.below(256)]), pdu),
    )
    const socket = new FarEnd()
    new Connection(socket as unknown as Socket, near, { ...parts, framing: new FrameReader(), turns: new Turns() })
    for (const piece of random.pieces(stream)) socket.emit('data', piece)
    const { frames, broken } = framesOf(stream)
    const answers = framesOf(Buffer.concat(socket.answers))
    expect(socket.ended).toBe(broken)
    expect(answers.broken).toBe(false)
    expect(answers.frames.map(({ transaction, unit }) => [transaction, unit])).toEqual(
      frames.map(({ transaction, unit }) => [transaction, unit]),
    )
    expect(seen.map(({ pdu }) => toHex(pdu))).toEqual(frames.map(({ pdu }) => toHex(pdu)))
    for (const [n, frame] of frames.entries()) {
      const entry = seen[n]
      if (entry === undefined) throw new Error('a frame was not seen')
      expect((entry.answer[0] ?? 0) & 0x7f).toBe((frame.pdu[0] ?? 0) & 0x7f)
      judge(frame, entry.answer, entry.writes, units)
      if ((entry.answer[0] ?? 0) > 0x7f) {
        count.exceptions += 1
        expect([1, 2, 3, 6, 10, 11]).toContain(entry.answer[1])
      }
      if (entry.writes.length > 0) count.writes += 1
    }
    count.frames += Math.max(1, frames.length)
    if (broken) count.broken += 1
    seen.length = 0
    if (round % LOOK === 0) {
      clock.advance(1_000)
      link.take()
      link.questions.length = 0
      expect(toHex(atOnce(desk.handle(7, Uint8Array.of(3, 0, 100, 0, 1), near, () => '')))).toMatch(/^0302/)
      if (round === 10 * LOOK) before = heapMegabytes()
    }
  }
  const after = heapMegabytes()
  console.log(
    `fuzz TCP: ${count.frames} frames, ${count.broken} broken streams, ${count.exceptions} exceptions, ${count.writes} writes; heap ${before.toFixed(0)} to ${after.toFixed(0)} MB`,
  )
  expect(log).toEqual([])
  expect(count.writes).toBeGreaterThan(FRAMES / 50)
  expect(count.broken).toBeGreaterThan(FRAMES / 500)
  if (before > 0) expect(after - before).toBeLessThan(30)
})
