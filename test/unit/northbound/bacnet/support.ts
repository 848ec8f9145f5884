import { Charger } from '../../../../src/core/charger/charger.ts'
import type { OpenJournal } from '../../../../src/core/keep.ts'
import { type Keeping, keptAtOnce } from '../../../../src/core/keep.ts'
import { Point, type PointDefinition, type Quality, type Value } from '../../../../src/core/points/point.ts'
import type { Unit } from '../../../../src/core/points/unit.ts'
import type { Device, Downlink, Refusal } from '../../../../src/core/ports.ts'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { binding, type PointObjectType } from '../../../../src/northbound/bacnet/binding.ts'
import { config } from '../../../../src/northbound/bacnet/config.ts'
import { ANSWER_MS } from '../../../../src/northbound/bacnet/services/conflicts.ts'
import { createStack } from '../../../../src/northbound/bacnet/stack.ts'
import { chargerSettings, fleetSettings } from '../../../support/core.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { journals } from '../../../support/journal.ts'
import { notebook } from '../../../support/notebook.ts'

export interface Station {
  readonly address: string
  readonly port: number
}

/** The bridge's own address. */
export const OWN: Station = { address: '127.0.0.100', port: 47808 }

/** The broadcast address of its subnet. */
export const EVERYBODY = '127.0.0.255'

/** What a test's point reads; `set` of the building changes it. */
interface Shown {
  value: Value | undefined
  quality: Quality
}

const SLOTS = 16
const NOBODY: { readonly client: string } = { client: 'the test' }

/** Core's writing side as far as BACnet looks at it: real slots, the newest of the highest priority shown. */
class TestDownlink implements Downlink {
  readonly #slots = new Map<Point, (Value | null)[]>()
  readonly #shown: Map<Point, Shown>
  readonly #changed: (point: Point) => void
  refusal: Refusal | undefined
  /** Called with everything that is changed, and by whom. */
  touched: (client: string) => void = () => {}
  readonly written: { readonly value: Value | null; readonly priority: number | undefined; readonly client: string }[] =
    []

  constructor(shown: Map<Point, Shown>, changed: (point: Point) => void) {
    this.#shown = shown
    this.#changed = changed
  }

  check(): Refusal | undefined {
    return this.refusal
  }

  write(
    point: Point,
    value: Value | null,
    writer: { readonly client: string },
    priority?: number,
  ): Refusal | undefined {
    if (this.refusal !== undefined) return this.refusal
    if (!point.writable) return 'read-only'
    this.written.push({ value, priority, client: writer.client })
    this.touched(writer.client)
    const slots = this.slots(point)
    if (slots !== undefined) slots[(priority ?? SLOTS) - 1] = value
    const winner = slots === undefined ? value : (slots.find((slot) => slot !== null) ?? 32)
    const shown = this.#shown.get(point)
    if (shown !== undefined && winner !== null) Object.assign(shown, { value: winner, quality: 'good' })
    if (point.refresh(0)) this.#changed(point)
    return undefined
  }

  slots(point: Point): (Value | null)[] | undefined {
    if (point.definition.write?.kind !== 'setpoint') return undefined
    let slots = this.#slots.get(point)
    if (slots === undefined) {
      slots = Array.from({ length: SLOTS }, () => null)
      this.#slots.set(point, slots)
    }
    return slots
  }

  relinquishDefault(point: Point): Value | undefined {
    return { number: 32, boolean: true, state: 0, integer: 0, text: '' }[point.definition.type]
  }

  setOutOfService(point: Point, outOfService: boolean, writer = NOBODY): void {
    this.touched(writer.client)
    point.outOfService = outOfService
    point.refresh(0)
    this.#changed(point)
  }

  /** Restarts that were asked for. */
  readonly resets: { readonly charger: string; readonly hard: boolean }[] = []

  reset(charger: Charger, hard: boolean, writer = NOBODY): Refusal | undefined {
    if (this.refusal !== undefined) return this.refusal
    this.touched(writer.client)
    this.resets.push({ charger: charger.id, hard })
    return undefined
  }

  noted(): void {}

  hides(): boolean {
    return false
  }

  override(point: Point, value: Value, writer = NOBODY): Refusal | undefined {
    this.touched(writer.client)
    point.value = value
    this.#changed(point)
    return undefined
  }
}

export interface PointInit {
  readonly object: PointObjectType
  readonly instance: number
  readonly type: PointDefinition['type']
  readonly unit?: Unit
  readonly states?: readonly string[]
  readonly setpoint?: true
  readonly writable?: true
  readonly covIncrement?: number
  readonly covInterval?: string
  readonly trend?: unknown
  /** A mapping row's `bacnet.alarm`. */
  readonly alarm?: object
}

/** What a bridge finds of the one before it, and who starts it anew. */
export interface Earlier {
  readonly pages?: Map<string, string>
  readonly journal?: OpenJournal
  readonly clock?: FakeClock
  readonly keeping?: Keeping
  readonly restart?: () => void
  /** Its own address. */
  readonly address?: string
}

const POWER: PointInit = { object: 'analog-input', instance: 1, type: 'number', unit: 'kW' }

/** BACnet alone, started, with datagrams in memory: points by hand, in the bridge's device or in those of chargers. */
export async function stack(settings: object = {}, log: Log = silentLog, earlier: Earlier = {}) {
  const clock = earlier.clock ?? new FakeClock()
  const shown = new Map<Point, Shown>()
  const sent: { readonly to: string; readonly bytes: Uint8Array }[] = []
  let receive: (datagram: Uint8Array, from: Station, toAll?: boolean) => void = () => {}
  const downlink = new TestDownlink(shown, (point) => north.pointChanged(point))
  const { address = OWN.address } = earlier
  const parsed = config.parse({ device: { instance: 4000 }, network: 2000, ...settings })
  const north = createStack(
    parsed,
    {
      clock,
      log,
      downlink,
      keeping: earlier.keeping ?? keptAtOnce,
      notebook: notebook(earlier.pages),
      journal: earlier.journal ?? journals(),
      site: 'Site',
      version: '1.2.3',
      restart: earlier.restart,
    },
    (received) => {
      receive = received
      return {
        start: () => Promise.resolve('memory'),
        stop: () => Promise.resolve(),
        send: (bytes, to) => void sent.push({ to: `${to.address}:${to.port}`, bytes }),
        broadcast: (bytes) => void sent.push({ to: 'broadcast', bytes: Uint8Array.from(bytes) }),
        isEverybody: (each) => each === EVERYBODY,
        isOwn: (station) => station.address === address && station.port === OWN.port,
        own: () => ({ address, port: OWN.port }),
      }
    },
  )
  await north.start()
  clock.advance(ANSWER_MS)
  clock.advance(100)
  sent.splice(0)
  let nextId = 0

  function point(init: PointInit, charger?: Charger): Point {
    const { alarm, covIncrement, covInterval, instance, object, setpoint, states, trend, type, unit, writable } = init
    const reading: Shown = { value: undefined, quality: 'never' }
    const made = new Point({
      id: nextId++,
      charger,
      connector: 0,
      definition: {
        name: `${object}-${instance}`,
        type,
        ...(unit !== undefined && { unit }),
        ...(states !== undefined && { states }),
        ...(setpoint && { write: { kind: 'setpoint', setpoint: type === 'boolean' ? 'availability' : 'limit' } }),
        ...(writable && { write: { kind: 'configuration', key: 'K' } }),
        description: `the ${object}`,
      },
      unit,
      states,
      writable: setpoint === true || writable === true,
      bindings: {
        bacnet: {
          row: binding.parse({
            object,
            instance,
            name: `${object} ${instance}`,
            ...(covIncrement !== undefined && { covIncrement }),
            ...(trend !== undefined && { trend }),
            ...(alarm !== undefined && { alarm }),
            ...(covInterval !== undefined && { covInterval }),
            ...(alarm !== undefined && { alarm }),
          }),
          options: {},
          stride: 100,
        },
      },
      read: () => reading,
    })
    shown.set(made, reading)
    return made
  }

  const bridge = { charger: undefined, name: 'Site', number: 0, addresses: { bacnet: 4000 } }
  const chargers = new Map<number, Device>()
  const client: Station = { address: '127.0.0.9', port: 47808 }

  return {
    clock,
    downlink,
    north,
    client,
    /** Adds points to the bridge's own device. */
    attach(inits: readonly PointInit[], value?: Value): readonly Point[] {
      const points = inits.map((init) => point(init))
      // Known before it is shown, as after a restart.
      if (value !== undefined)
        for (const each of points) {
          Object.assign(shown.get(each) ?? {}, { value, quality: 'good' })
          each.refresh(clock.now())
        }
      north.attach(bridge, points)
      return points
    },
    /** Takes points away again. */
    detach(points: readonly Point[]): void {
      north.detach(bridge, points)
    },
    /** Shows points that were taken away. */
    attachAgain(points: readonly Point[]): void {
      north.attach(bridge, points)
    },
    /** A charger's device, with one power unless it is said what else. */
    charger(instance: number, inits: readonly PointInit[] = [POWER]): readonly Point[] {
      const id = `CP-${instance}`
      const charger = new Charger(
        { ...chargerSettings, id, name: id },
        { guest: false, connectors: 1, limits: fleetSettings.limits },
      )
      const device = { charger, name: `Site.${id}`, number: instance, addresses: { bacnet: instance } }
      const points = inits.map((init) => point(init, charger))
      north.attach(device, points)
      chargers.set(instance, device)
      // What it asks and says of itself when it comes.
      clock.advance(ANSWER_MS)
      sent.splice(0)
      return points
    },
    /** The config says something else now. */
    configure(changed: object): void {
      north.configure(config.parse({ device: { instance: 4000 }, network: 2000, ...settings, ...changed }))
    },
    /** Takes a charger's device away. */
    removeCharger(instance: number): void {
      const device = chargers.get(instance)
      if (device !== undefined) north.detach(device)
    },
    /** A charger has told something. */
    set(target: Point, value: Value | undefined, quality: Quality = 'good'): void {
      Object.assign(shown.get(target) ?? {}, { value, quality })
      if (target.refresh(clock.now())) north.pointChanged(target)
    },
    /** A datagram to the bridge, or to everybody. */
    receive(hex: string, from: Station = client, toAll = false): void {
      receive(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), from, toAll)
    },
    /** What was sent since the last time, with where it went. */
    take: (): { readonly to: string; readonly hex: string }[] =>
      sent.splice(0).map(({ bytes, to }) => ({ to, hex: Buffer.from(bytes).toString('hex') })),
  }
}

export type Stack = Awaited<ReturnType<typeof stack>>

/** An object identifier in hexadecimal. */
export function oid(type: number, instance: number): string {
  return (type * 0x40_0000 + instance).toString(16).padStart(8, '0')
}

/** An unsigned context value: short property numbers and the longer ones. */
export function context(tag: number, value: number): string {
  const octets = value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 0x100_0000 ? 3 : 4
  return ((tag << 4) | 8 | octets).toString(16).padStart(2, '0') + value.toString(16).padStart(octets * 2, '0')
}

/** An APDU to the bridge's own device, as a datagram. */
export function local(apdu: string): string {
  const npdu = `0104${apdu.replaceAll(' ', '')}`
  return `810a${(npdu.length / 2 + 4).toString(16).padStart(4, '0')}${npdu}`
}

/** Asks the bridge's own device one confirmed service; answers with what follows the local header. */
export function ask(own: Stack, service: number, data: string, from?: Station): string {
  own.receive(local(`00 05 01 ${service.toString(16).padStart(2, '0')} ${data}`), from)
  const [answer, ...more] = own.take()
  if (answer === undefined || more.length > 0) throw new Error(`${more.length + 1} answers`)
  if (!answer.hex.startsWith('0100', 8)) throw new Error(`an unexpected header: ${answer.hex}`)
  return answer.hex.slice(12)
}

/** The octets of a property's value, or the error PDU as it came. */
export function read(own: Stack, type: number, instance: number, property: number, index?: number): string {
  const answer = ask(
    own,
    12,
    `0c${oid(type, instance)}${context(1, property)}${index === undefined ? '' : context(2, index)}`,
  )
  const head = `30010c0c${oid(type, instance)}${context(1, property)}${index === undefined ? '' : context(2, index)}3e`
  return answer.startsWith(head) && answer.endsWith('3f') ? answer.slice(head.length, -2) : answer
}

/** WriteProperty of the bridge's own device; answers with the APDU. */
export function write(
  own: Stack,
  [type, instance]: readonly [number, number],
  property: number,
  value: string,
): string {
  return ask(own, 15, `0c${oid(type, instance)}${context(1, property)}3e${value.replaceAll(' ', '')}3f`)
}
