import { keptAtOnce } from '../../src/core/keep.ts'
import { modbus } from '../../src/northbound/modbus/index.ts'
import { createStack, type Desk } from '../../src/northbound/modbus/stack.ts'
import { RtuLine } from '../../src/northbound/modbus/transport/rtu-line.ts'
import { hex, makePoints, toHex } from '../unit/northbound/modbus/support.ts'
import { FakeLink } from './core.ts'
import { journals } from './journal.ts'
import { notebook } from './notebook.ts'

/** The remainder as the standard describes it, bit by bit, low byte first (Modbus over Serial Line V1.02, 6.2.2). */
export function withCrc(bytes: Uint8Array): Uint8Array {
  let rest = 0xffff
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >> 1) ^ 0xa001 : rest >> 1
  }
  return Uint8Array.of(...bytes, rest & 0xff, rest >> 8)
}

/** A frame from its bytes without the CRC. */
export function rtu(text: string): Uint8Array {
  return withCrc(hex(text))
}

export const line = (bytes: Uint8Array) => toHex(bytes)

/** The unit of the bridge itself, and of the charger, on the line; all others are foreign. */
const BRIDGE = 100
const CHARGER = 7

/** A serial line at `baudRate` whose bytes the test puts on and takes off; the bridge and one charger answer on it. */
export async function openLine(baudRate = 19_200) {
  const parts = makePoints()
  const { clock, log, downlink, points, bridge, charger } = parts
  const link = new FakeLink()
  parts.fleet.connected(charger, link)
  parts.fleet.event(charger, { kind: 'booted', identity: { vendor: 'ACME', model: 'M1', firmwareVersion: '4.2' } })
  parts.fleet.event(charger, { kind: 'ready' })
  link.take()
  let desk: Desk | undefined
  const settings = modbus.config.parse({})
  const books = { keeping: keptAtOnce, notebook: notebook(), journal: journals() }
  const stack = createStack(settings, { clock, log, downlink, ...books, site: 'T', version: '1' }, (given) => {
    desk = given
    return { start: async () => '', stop: async () => {} }
  })
  parts.northbounds.push(stack)
  stack.attach({ charger: undefined, name: 'T', number: 0, addresses: { modbus: 0 } }, bridge)
  stack.attach({ charger, name: 'T.1', number: CHARGER, addresses: { modbus: CHARGER } }, points)
  const { handle } = desk ?? { handle: () => new Uint8Array(0) }
  const heard: string[] = []
  let receive: (bytes: Uint8Array) => void = () => {}
  const serial = new RtuLine({
    settings: { port: '/dev/ttyS9', baudRate, parity: 'even', stopBits: 1, writable: true },
    handle: (unit, pdu, peer, frame) => handle(unit === BRIDGE ? 0 : unit, pdu, peer, frame),
    isOwn: (unit) => unit === BRIDGE || unit === CHARGER,
    load:
      async () =>
      async (_settings, { received }) => {
        receive = received
        return { waiting: 0, there: true, write: (bytes) => void heard.push(toHex(bytes)), close: async () => {} }
      },
    clock,
    log,
  })
  await serial.start()
  const quiet = (ms = 1_000) => clock.advance(ms)
  return {
    ...parts,
    link,
    /** Puts bytes on the line, as one piece. */
    put: (bytes: Uint8Array) => receive(bytes),
    quiet,
    /** What the bridge put on the line since the last call. */
    take: () => heard.splice(0),
    /** Bytes, a silence, and what the bridge said. */
    ask(bytes: Uint8Array): readonly string[] {
      receive(bytes)
      quiet()
      return heard.splice(0)
    },
    slot: (name: string, connector = 1) => {
      const point = points.find(({ definition, connector: of }) => definition.name === name && of === connector)
      return point && downlink.slots(point)?.[9]
    },
  }
}
