import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { Point, Value } from '../../src/core/points/point.ts'
import type { Downlink } from '../../src/core/ports.ts'
import { silentLog } from '../../src/lib/log.ts'
import { modbus } from '../../src/northbound/modbus/index.ts'
import type { Peer } from '../../src/northbound/modbus/peer.ts'
import { createStack, type Desk } from '../../src/northbound/modbus/stack.ts'
import { Connection } from '../../src/northbound/modbus/transport/connection.ts'
import { FrameReader } from '../../src/northbound/modbus/wire/mbap.ts'
import { FakeLink } from '../support/core.ts'
import { journals } from '../support/journal.ts'
import { Mutations } from '../support/modbus-mutations.ts'
import { notebook } from '../support/notebook.ts'
import { seed } from '../support/runs.ts'
import { framesOf, type StrictFrame, validWrite } from '../support/strict-modbus.ts'
import { adu, makePoints, toHex } from '../unit/northbound/modbus/support.ts'

/** A million frames take minutes, which a gate doesn't have. */
const FRAMES = process.env.SOAK === '1' ? 1_000_000 : 30_000
/** So often the clock goes on, what was told to the charger is thrown away, and another client looks. */
const LOOK = 1_000

const near: Peer = { kind: 'address', name: '127.0.0.1' }

interface Write {
  readonly point: Point
  readonly value: Value | null
}

/** The whole Modbus side above its sockets; what reaches core is noted, and every hundredth time done. */
function site() {
  const parts = makePoints()
  const { clock, downlink: core, points, bridge, charger } = parts
  const link = new FakeLink()
  parts.fleet.connected(charger, link)
  parts.fleet.event(charger, { kind: 'booted', identity: { vendor: 'ACME', model: 'M1', firmwareVersion: '4.2' } })
  parts.fleet.event(charger, { kind: 'ready' })
  const writes: Write[] = []
  let count = 0
  const downlink: Downlink = {
    check: (...asked) => core.check(...asked),
    write(point, value, writer, priority) {
      writes.push({ point, value })
      count += 1
      return count % 100 === 0 ? core.write(point, value, writer, priority) : undefined
    },
    slots: (point) => core.slots(point),
    relinquishDefault: (point) => core.relinquishDefault(point),
    setOutOfService: () => {},
    reset: () => undefined,
    override: () => undefined,
  }
  const settings = modbus.config.parse({ tcp: { listen: '127.0.0.1:0' } })
  const books = { notebook: notebook(), journal: journals() }
  let desk: Desk | undefined
  const stack = createStack(
    settings,
    { clock, log: silentLog, downlink, ...books, site: 'T', version: '1' },
    (given) => {
      desk = given
      return { start: async () => '', stop: async () => {} }
    },
  )
  parts.northbounds.push(stack)
  stack.attach({ charger: undefined, name: 'T', number: 0, addresses: { modbus: 0 } }, bridge)
  stack.attach({ charger, name: 'T.1', number: 7, addresses: { modbus: 7 } }, points)
  if (desk === undefined) throw new Error('no desk')
  return {
    clock,
    desk,
    writes,
    link,
    units: new Map([
      [0, bridge],
      [255, bridge],
      [7, points],
    ]),
  }
}

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

interface Row {
  readonly table: string
  readonly address: number
}

/** Where a point stands, said once more. */
function addressOf(point: Point): { readonly space: string; readonly address: number } {
  const { table, address } = (point.bindings.modbus as { readonly row: Row }).row
  const space = table === 'coil' || table === 'discrete' ? 'bit' : 'register'
  return { space, address: address + point.connector * (address >= 10_000 ? 500 : 100) }
}

/** Every write that reached core was asked for by this frame, word for word. */
function judge(
  { unit, pdu }: StrictFrame,
  answer: Uint8Array,
  writes: readonly Write[],
  units: ReadonlyMap<number, readonly Point[]>,
): void {
  const asked = validWrite(pdu)
  if (writes.length === 0) return
  const told = toHex(pdu)
  if (asked === undefined || answer[0] !== pdu[0]) throw new Error(`written by ${told} to unit ${unit}`)
  for (const { point, value } of writes) {
    if (!units.get(unit)?.includes(point)) throw new Error(`${told}: another unit's ${point.definition.name}`)
    const { space, address } = addressOf(point)
    const n = address - asked.from
    if (space !== asked.space || n < 0 || n >= asked.count) throw new Error(`${told}: ${point.definition.name} written`)
    if (asked.data === undefined) continue
    if (space === 'bit') expect(value, told).toBe(((asked.data[n >> 3] ?? 0) & (1 << (n & 7))) !== 0)
    else if (point.definition.name === 'limit') {
      const raw = 256 * (asked.data[2 * n] ?? 0) + (asked.data[2 * n + 1] ?? 0)
      expect(value, told).toBe(raw === 0xffff ? null : raw / 10)
    }
  }
}

function heapMegabytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed / 2 ** 20
}

it(`${FRAMES} random and mutated frames on TCP: each is answered or ends its connection, and nothing is written that was not asked for`, () => {
  const random = new Mutations(seed)
  const { clock, desk, writes, link, units } = site()
  const seen: { unit: number; pdu: Uint8Array; answer: Uint8Array; writes: Write[] }[] = []
  const log: string[] = []
  const parts = {
    handle: (unit: number, pdu: Uint8Array, peer: Peer) => {
      const asked = Uint8Array.from(pdu)
      const answer = desk.handle(unit, pdu, peer)
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
    new Connection(socket as unknown as Socket, near, { ...parts, framing: new FrameReader() })
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
      expect(toHex(desk.handle(7, Uint8Array.of(3, 0, 100, 0, 1), near))).toMatch(/^0302/)
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
