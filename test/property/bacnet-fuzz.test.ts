import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { type Log, silentLog } from '../../src/lib/log.ts'
import { parseApdu } from '../../src/northbound/bacnet/wire/apdu.ts'
import { parseBvlc } from '../../src/northbound/bacnet/wire/bvlc.ts'
import { parseNpdu } from '../../src/northbound/bacnet/wire/npdu.ts'
import { validFrames } from '../support/bacnet-frames.ts'
import { seed } from '../support/runs.ts'
import type { Datagram } from '../unit/northbound/bacnet/segments.ts'
import { local, oid, type PointInit, type Stack, type Station, stack } from '../unit/northbound/bacnet/support.ts'

/** A million packets take minutes, which a gate doesn't have. */
const PACKETS = process.env.SOAK === '1' ? 1_000_000 : 20_000
/** So often the values change, the clock goes on, everything that was begun runs out, and the objects go and come. */
const CHANGE = 20
const RUN_OUT = 1_000
const HIDE = 5_000

const CHARGER = 4_001
const points: readonly PointInit[] = [
  { object: 'analog-input', instance: 1, type: 'number', unit: 'kW' },
  { object: 'analog-input', instance: 2, type: 'number', unit: 'kW', alarm: { class: 'limits', high: 50 } },
  { object: 'analog-output', instance: 1, type: 'number', setpoint: true },
  { object: 'analog-value', instance: 1, type: 'number', writable: true },
  { object: 'binary-value', instance: 1, type: 'boolean', setpoint: true },
  { object: 'binary-input', instance: 1, type: 'boolean' },
  { object: 'multi-state-value', instance: 1, type: 'state', states: ['a', 'b'], writable: true },
  { object: 'characterstring-value', instance: 1, type: 'text', writable: true, covInterval: '2s' },
]

const friend: Station = { address: '127.0.0.9', port: 47808 }
const friends = [friend, { address: '127.0.0.10', port: 47808 }, { address: '127.0.0.10', port: 50_000 }] as const
/** In none of allowWrites. */
const strangers = [
  { address: '192.0.2.66', port: 47808 },
  { address: '192.0.2.67', port: 47808 },
] as const
const witness: Station = { address: '127.0.0.77', port: 47808 }
const NAME = local(`00 05 63 0c 0c${oid(8, 1234)} 19 4d`)
const NAMED = `30630c0c${oid(8, 1234)}194d3e750500536974653f`

/** Numbers of any shape, the same for the same seed (mulberry32). */
class Dice {
  #state: number

  constructor(from: number) {
    this.#state = from
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) % bound
  }

  of<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new Error('nothing to choose from')
    return value
  }
}

/** Octets that are tags, lengths, limits and numbers of services. */
const TELLING = [
  0x00, 0x01, 0x0e, 0x0f, 0x1e, 0x1f, 0x3e, 0x3f, 0x7f, 0x80, 0xfe, 0xff, 0x55, 0x08, 0x0c, 0xf9,
] as const

/** One frame with some octets changed, cut, added, repeated, or with the end of another. */
function mutated(dice: Dice, frames: readonly Uint8Array[]): Uint8Array {
  let bytes = Array.from(dice.of(frames))
  for (let changes = dice.below(6); changes > 0; changes -= 1) {
    const at = dice.below(bytes.length)
    const length = 1 + dice.below(6)
    switch (dice.below(7)) {
      case 0:
        bytes[at] = dice.below(256)
        break
      case 1:
        bytes[at] = dice.of(TELLING)
        break
      case 2:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8))
        break
      case 3:
        if (bytes.length > 8) bytes.splice(at, length)
        break
      case 4:
        bytes.splice(at, 0, dice.below(256), dice.of(TELLING))
        break
      case 5:
        if (bytes.length < 700) bytes.splice(at, 0, ...bytes.slice(at, at + 8 * length))
        break
      default:
        bytes = [...bytes.slice(0, Math.max(at, 6)), ...dice.of(frames).slice(Math.max(at, 6))]
    }
  }
  const copy = Uint8Array.from(bytes)
  // What the data link would drop at once comes to nothing: mostly its length is right.
  if (copy.length >= 4 && dice.below(10) > 0) copy.set([0x81, copy[1] ?? 0x0a, copy.length >> 8, copy.length & 0xff])
  return copy
}

/** What the client answers to what it was sent, so that segments and notifications go on: an APDU, or nothing. */
function continuation(dice: Dice, bytes: Uint8Array): string | undefined {
  const head = (...octets: number[]) => Buffer.from(octets).toString('hex')
  if (bytes[0] === undefined) return undefined
  const kind = bytes[0] >> 4
  const invokeId = bytes[kind === 0 ? 2 : 1] ?? 0
  if (kind === 3 && (bytes[0] & 8) !== 0) return head(0x40 | dice.below(3), invokeId, bytes[2] ?? 0, dice.below(6))
  if (kind === 0) return head(dice.of([0x20, 0x20, 0x50, 0x60, 0x71]), invokeId, bytes[3] ?? 0)
  return undefined
}

function apduOf(hex: string): { readonly kind: string; readonly bytes: Uint8Array } {
  const bvlc = parseBvlc(Uint8Array.from(Buffer.from(hex, 'hex')))
  if (bvlc?.kind !== 'npdu') return { kind: 'data link', bytes: new Uint8Array() }
  // A BBMD passes on what it was given, as it is.
  if (bvlc.origin !== undefined) return { kind: 'forwarded', bytes: new Uint8Array() }
  const { data, message } = parseNpdu(bvlc.npdu)
  if (message !== undefined) return { kind: 'network message', bytes: new Uint8Array() }
  return { kind: parseApdu(data).kind, bytes: data }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
function heapMegabytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

async function fuzzed(log: Log): Promise<{ own: Stack; shown: ReturnType<Stack['attach']> }> {
  const own = await stack(
    {
      device: { instance: 1234 },
      listen: '127.0.0.100:47808',
      password: 'secret',
      allowRestart: true,
      bbmd: { peers: ['127.0.0.200'], foreignDevices: true },
      ipNetwork: 7,
      recipients: [{ device: 77 }, { device: 78, confirmed: true }],
    },
    log,
  )
  const shown = own.attach(points)
  own.charger(CHARGER, points)
  own.charger(CHARGER + 1)
  return { own, shown }
}

describe('the whole BACnet port', () => {
  it(`lives through ${PACKETS} packets that are almost right, answers after each, and writes nothing for strangers`, async () => {
    const failures: unknown[] = []
    let sender: Station = friend
    const byWhom = (client: unknown) => {
      // What a stranger's packet changes is a hole, whomever it names as its client.
      if (sender.address.startsWith('192.')) failures.push(`${sender.address} changed something as ${String(client)}`)
    }
    const log: Log = {
      ...silentLog,
      // Two of one number on a network are errors as well; one of ours comes with its stack.
      error: (fields) => {
        if ('stack' in fields) failures.push(fields)
      },
      info: (fields, message) => {
        if ('property' in fields) byWhom(`${fields.client}: ${message}`)
      },
    }
    const { own, shown } = await fuzzed(log)
    own.downlink.touched = byWhom
    const dice = new Dice(seed)
    const frames = validFrames(CHARGER)
    const counts: Record<string, number> = {}
    let writes = 0
    let longest = 0
    let before = 0
    let mostTimers = 0
    const began = Date.now()

    const heard = (sent: readonly Datagram[]): void => {
      for (const { hex, to } of sent) {
        longest = Math.max(longest, hex.length / 2)
        const { bytes, kind } = apduOf(hex)
        counts[kind] = (counts[kind] ?? 0) + 1
        if (dice.below(2) === 0) continue
        const answer = continuation(dice, bytes)
        const from = [...friends, ...strangers].find(({ address, port }) => to === `${address}:${port}`)
        if (answer === undefined || from === undefined) continue
        sender = from
        own.receive(local(answer), from)
      }
    }

    for (let n = 0; n < PACKETS; n += 1) {
      const bytes = mutated(dice, frames)
      sender = dice.of(dice.below(3) === 0 ? strangers : friends)
      own.receive(Buffer.from(bytes).toString('hex'), sender, bytes[1] === 0x0b || dice.below(8) === 0)
      heard(own.take())
      sender = witness
      own.receive(NAME, witness)
      const answers = own.take()
      if (!answers.some(({ hex, to }) => to === '127.0.0.77:47808' && hex.slice(12) === NAMED))
        failures.push(`no answer after ${Buffer.from(bytes).toString('hex')}`)
      if (failures.length > 0) break
      if (n % CHANGE === 0) {
        const [, alarmed] = shown
        for (const point of shown)
          if (point.definition.type === 'number') own.set(point, dice.below(100), dice.of(['good', 'good', 'offline']))
        if (alarmed !== undefined) own.set(alarmed, dice.below(100))
        own.clock.advance(dice.below(200))
        mostTimers = Math.max(mostTimers, own.clock.waiting)
        heard(own.take())
      }
      if (n % RUN_OUT === 0) {
        own.clock.advance(20_000)
        writes += own.downlink.written.splice(0).length + own.downlink.resets.splice(0).length
        own.take()
      }
      if (n % HIDE === HIDE - 1) {
        own.detach(shown)
        own.removeCharger(CHARGER)
        own.attachAgain(shown)
        own.charger(CHARGER, points)
        own.clock.advance(20_000)
        own.take()
        if (before === 0) before = heapMegabytes()
      }
    }
    const after = heapMegabytes()
    console.log(
      `bacnet fuzz: seed ${seed}, ${PACKETS} packets in ${((Date.now() - began) / 1000).toFixed(0)} s, heap ${before.toFixed(1)} MB, then ${after.toFixed(1)} MB, most timers ${mostTimers}, writes of friends ${writes}, answers ${JSON.stringify(counts)}`,
    )
    expect(failures).toEqual([])
    // One datagram each, with the header of a router at the most.
    expect(longest).toBeLessThanOrEqual(1_800)
    expect(after - before).toBeLessThan(24)
    expect(mostTimers).toBeLessThan(3_000)
    // It was no more noise that came through: every layer said something.
    for (const kind of [
      'data link',
      'network message',
      'simple-ack',
      'complex-ack',
      'segment-ack',
      'error',
      'reject',
      'abort',
    ])
      expect(counts[kind] ?? 0, kind).toBeGreaterThan(0)
    expect(counts['unconfirmed-request'] ?? 0).toBeGreaterThan(0)
    expect(counts['confirmed-request'] ?? 0).toBeGreaterThan(0)
    expect(writes).toBeGreaterThan(0)
  }, 3_600_000)
})
