import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'vitest'
import { keptAtOnce } from '../../src/core/keep.ts'
import type { Point, Value } from '../../src/core/points/point.ts'
import type { Downlink } from '../../src/core/ports.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { Answer } from '../../src/northbound/modbus/answer.ts'
import { modbus } from '../../src/northbound/modbus/index.ts'
import type { Peer } from '../../src/northbound/modbus/peer.ts'
import { createStack, type Desk } from '../../src/northbound/modbus/stack.ts'
import { makePoints, toHex } from '../unit/northbound/modbus/support.ts'
import { FakeLink } from './core.ts'
import { journals } from './journal.ts'
import { notebook } from './notebook.ts'
import { type StrictFrame, validWrite } from './strict-modbus.ts'

export const near: Peer = { kind: 'address', name: '127.0.0.1' }

export interface Write {
  readonly point: Point
  readonly value: Value | null
}

/** The whole Modbus side above its sockets; what reaches core is noted, and every hundredth time done. */
export function fuzzSite() {
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
      // What is refused in earnest is told of, and writes nothing.
      const refusal = core.check(point, value, writer, priority)
      if (refusal !== undefined) return refusal
      writes.push({ point, value })
      count += 1
      return count % 100 === 0 ? core.write(point, value, writer, priority) : undefined
    },
    slots: (point) => core.slots(point),
    relinquishDefault: (point) => core.relinquishDefault(point),
    setOutOfService: () => {},
    reset: () => undefined,
    override: () => undefined,
    noted: () => {},
    hides: () => false,
  }
  const settings = modbus.config.parse({ tcp: { listen: '127.0.0.1:0' } })
  const books = { keeping: keptAtOnce, notebook: notebook(), journal: journals() }
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
export function judge(
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

/** What is held once all that nobody holds is thrown away. */
export function heapMegabytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** Nothing waits for a disk here. */
export function atOnce(answer: Answer): Uint8Array {
  if (answer instanceof Uint8Array) return answer
  throw new Error('it was not answered at once')
}
