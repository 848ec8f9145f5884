import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { History } from '../../src/core/history.ts'
import type { Value } from '../../src/core/points/point.ts'
import type { Store } from '../../src/core/ports.ts'
import type { StorageHealth } from '../../src/core/storage-health.ts'
import type { Difference } from '../../src/difference.ts'
import { createGateway } from '../../src/gateway.ts'
import { silentLog } from '../../src/lib/log.ts'
import { formatProblem } from '../../src/lib/problem.ts'
import { createStack as bacnetStack } from '../../src/northbound/bacnet/stack.ts'
import type { DatagramPort } from '../../src/northbound/bacnet/transport/datagram-port.ts'
import type { Answer } from '../../src/northbound/modbus/answer.ts'
import { createStack as modbusStack } from '../../src/northbound/modbus/stack.ts'
import { encodeFrame } from '../../src/northbound/modbus/wire/mbap.ts'
import { draw, rememberedBy } from '../../src/plan.ts'
import { Conversation, type ConversationParts } from '../../src/southbound/ocpp/v16/conversation.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { FakeClock } from './fake-clock.ts'

type ConversationSettings = ConversationParts['settings']

export const CONFIG = `
site: Site
ocpp: { listen: "127.0.0.1:0" }
bacnet: { listen: "127.0.0.1:47808", device: { instance: 4000 }, network: 2000, TOPOLOGY }
modbus: { tcp: { listen: "127.0.0.1:502" } }
store: "sqlite::memory:"
chargers:
  - { id: CP-1, name: Bay 01, connectors: 2, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }
  - { id: CP-2, name: Bay 02, connectors: 1, electrical: { maxCurrent: 16, phases: 1, voltage: 230 } }
`

/** A charger's end of a websocket in memory: what the bridge sent it, and a way to speak. */
class MemoryCharger {
  readonly sent: unknown[][] = []
  closed: string | undefined
  readonly #conversation: Conversation
  #next = 1

  constructor(gateway: ReturnType<typeof createGateway>, id: string, clock: FakeClock, settings: ConversationSettings) {
    const charger = gateway.fleet.arrive(id)
    if (charger === undefined) throw new Error(`${id} was turned away`)
    const knock = { identifier: id, address: '192.0.2.50', path: `/${id}`, subprotocols: ['ocpp1.6'] }
    gateway.fleet.knocked({ ...knock, reason: undefined })
    this.#conversation = new Conversation({
      door: gateway.fleet,
      charger,
      send: (text) => this.sent.push(JSON.parse(text)),
      close: (reason) => {
        this.closed = reason
      },
      clock,
      log: silentLog,
      settings,
    })
  }

  /** Makes a call; answers with the payload of the bridge's result. */
  call(action: string, payload: object): Record<string, unknown> {
    const id = `c${this.#next}`
    this.#next += 1
    this.#conversation.receive(JSON.stringify([2, id, action, payload]))
    const index = this.sent.findIndex((frame) => frame[1] === id)
    const [answer] = this.sent.splice(index, 1)
    return answer?.[2] as Record<string, unknown>
  }

  boot(): void {
    this.call('BootNotification', { chargePointVendor: 'ACME', chargePointModel: 'M1', firmwareVersion: '1.2.3' })
  }

  /** Takes and accepts the calls that wait here, GetConfiguration with no keys; answers with those of `action`. */
  answer(action: string, status = 'Accepted'): Record<string, unknown>[] {
    const taken: Record<string, unknown>[] = []
    for (let frame = this.sent.shift(); frame !== undefined; frame = this.sent.shift()) {
      const [type, id, name, payload] = frame
      if (type !== 2) continue
      if (name === action) taken.push(payload as Record<string, unknown>)
      const result =
        name === 'GetConfiguration'
          ? { configurationKey: [{ key: 'X', readonly: true, value: '1' }] }
          : { status: name === action ? status : 'Accepted' }
      this.#conversation.receive(JSON.stringify([3, id, result]))
    }
    return taken
  }

  /** Answers a call with a payload. */
  reply(id: string, payload: object): void {
    this.#conversation.receive(JSON.stringify([3, id, payload]))
  }

  /** Feeds a text as it stands; answers with the frames that it called forth. */
  say(text: string): unknown[][] {
    const before = this.sent.length
    this.#conversation.receive(text)
    return this.sent.splice(before)
  }

  /** Answers the calls that wait here, and those that follow, with what `result` says; undefined leaves one unanswered. */
  serve(
    result: (action: string, payload: Record<string, unknown>) => object | undefined = () => ({ status: 'Accepted' }),
  ): { readonly action: string; readonly payload: Record<string, unknown> }[] {
    const taken: { action: string; payload: Record<string, unknown> }[] = []
    for (let frame = this.sent.shift(); frame !== undefined; frame = this.sent.shift()) {
      const [type, id, action, payload] = frame as [number, string, string, Record<string, unknown>]
      if (type !== 2) continue
      taken.push({ action, payload })
      const answer = result(action, payload)
      if (answer !== undefined) this.reply(id, answer)
    }
    return taken
  }

  lose(): void {
    this.#conversation.closed()
  }
}

/** The whole gateway with sockets in memory and a clock turned by hand. */
export async function site(
  options: {
    readonly store?: Store
    readonly health?: StorageHealth
    readonly clock?: FakeClock
    readonly flat?: boolean
    readonly config?: string
    readonly history?: History
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'site-'))
  const file = join(folder, 'config.yaml')
  const topology = options.flat ? 'topology: flat' : 'topology: virtual'
  writeFileSync(file, (options.config ?? CONFIG).replace('TOPOLOGY', topology))
  const { plan, problems } = draw(file)
  if (plan === undefined) throw new Error(problems.map(formatProblem).join('\n'))
  const clock = options.clock ?? new FakeClock()
  const store = options.store ?? openSqlite(':memory:', clock)
  const datagrams: { readonly to: string; readonly bytes: Uint8Array }[] = []
  const ports: ((datagram: Uint8Array, from: { address: string; port: number }) => void)[] = []
  const handles: ((unit: number, pdu: Uint8Array, peer: string) => Answer)[] = []
  const port: DatagramPort = {
    start: () => Promise.resolve('memory'),
    stop: () => Promise.resolve(),
    send: (bytes, to) => void datagrams.push({ to: `${to.address}:${to.port}`, bytes }),
    broadcast: (bytes) => void datagrams.push({ to: 'broadcast', bytes }),
    isOwn: () => false,
    isEverybody: () => false,
    own: () => undefined,
  }
  const gateway = createGateway(plan, {
    clock,
    log: silentLog,
    store,
    ...(options.history && { history: options.history }),
    ...(options.health !== undefined && { health: options.health }),
    plugins: {
      northbound: [
        {
          name: 'bacnet',
          create: (config, parts) =>
            bacnetStack(config as never, parts, (received) => {
              ports.push(received)
              return port
            }),
        },
        {
          name: 'modbus',
          create: (config, parts) =>
            modbusStack(config as never, parts, ({ handle }) => {
              handles.push((unit, pdu, name) =>
                handle(unit, pdu, { kind: 'address', name }, () =>
                  Buffer.from(encodeFrame(0, unit, pdu)).toString('hex'),
                ),
              )
              return { start: () => Promise.resolve('memory'), stop: () => Promise.resolve() }
            }),
        },
      ],
      southbound: [],
    },
  })
  await gateway.start()
  // BACnet devices are announced when nobody else has answered to them.
  clock.advance(4_000)
  datagrams.splice(0)

  const client = { address: '127.0.0.9', port: 47808 }
  const answeredTo: string[] = []
  return {
    gateway,
    clock,
    store,
    datagrams,
    folder,
    /** The config says something else now; answers with what came of it, or with the problems. */
    edit(config: string): Difference | readonly string[] {
      writeFileSync(file, config.replace('TOPOLOGY', topology))
      const drawn = draw(file, rememberedBy(store))
      return drawn.plan === undefined ? drawn.problems.map(formatProblem) : gateway.take(drawn.plan)
    },
    /** What the building sees of a connector's point, in the unit of the mapping. */
    seen(id: string, connector: number, name: string): Value | undefined {
      const found = gateway.points.find(
        (each) => each.charger?.id === id && each.connector === connector && each.definition.name === name,
      )
      if (found === undefined) throw new Error(`${id} has no point ${name} on connector ${connector}`)
      if (found.definition.ticking) found.refresh(clock.now())
      return found.definition.states !== undefined && typeof found.value === 'number'
        ? found.definition.states[found.value]
        : found.value
    },
    charger: (id: string) => new MemoryCharger(gateway, id, clock, plan.settings.southbound.ocpp),
    /** A datagram to the bridge; answers with those that it sent at once. */
    bacnet(hex: string, from = client): string[] {
      ports[0]?.(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), from)
      const sent = datagrams.splice(0)
      answeredTo.splice(0, answeredTo.length, ...sent.map(({ to }) => to))
      return sent.map(({ bytes }) => Buffer.from(bytes).toString('hex'))
    },
    /** Where the datagrams of the last call went. */
    answeredTo,
    /** A Modbus PDU to a unit. */
    modbus(unit: number, hex: string, peer = '127.0.0.1'): string {
      const answer = handles[0]?.(unit, Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), peer)
      return answer instanceof Uint8Array ? Buffer.from(answer).toString('hex') : ''
    },
  }
}

/** An APDU to a virtual device (6.2), as a datagram in hexadecimal. */
export function routed(instance: number, apdu: string): string {
  const npdu = `012407d003${instance.toString(16).padStart(6, '0')}ff`
  return datagram(npdu + apdu.replaceAll(' ', ''))
}

/** An APDU to the bridge's own device. */
export function local(apdu: string): string {
  return datagram(`0104${apdu.replaceAll(' ', '')}`)
}

function datagram(npduAndApdu: string): string {
  const length = npduAndApdu.length / 2 + 4
  return `810a${length.toString(16).padStart(4, '0')}${npduAndApdu}`
}
