import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { runAction } from '../charger/action.ts'
import type { Authorizer } from '../charger/authorize.ts'
import type { Charger } from '../charger/charger.ts'
import { CONFIGURATION, ENFORCED, PARAMETER } from '../charger/held.ts'
import { defaultLimit, rating } from '../charger/limit.ts'
import { chooseAnew } from '../charger/reconcile.ts'
import { authorizeModes, registrationOrder } from '../charger/vocabulary.ts'
import type { Downlink, FleetSettings, Refusal, Store, Writer } from '../ports.ts'
import { formatKey } from './configuration-point.ts'
import type { Point, Value, WriteMeaning } from './point.ts'
import { DEFAULT_PRIORITY, PRIORITIES, RESERVED_PRIORITY, type Slots } from './priority-array.ts'
import type { PointUplink } from './uplink.ts'
import { valueRefusal } from './value-refusal.ts'

/** A decoupled point is forgotten by those who decoupled it: after this it is coupled again. */
const OUT_OF_SERVICE_MS = 8 * 3_600_000

/** What the held values of the bridge itself stand under. */
export const BRIDGE = ''

export interface DownlinkParts {
  readonly settings: FleetSettings
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly authorizer: Authorizer
  readonly uplink: PointUplink
  /** Makes the charger follow what is now wanted of it. */
  readonly settle: (charger: Charger) => void
}

/** Every write of every building protocol: checked, kept on disk, and only then followed. */
export class PointDownlink implements Downlink {
  readonly #parts: DownlinkParts
  readonly #decoupled = new Map<Point, () => void>()

  constructor(parts: DownlinkParts) {
    this.#parts = parts
  }

  check(point: Point, value: Value | null, writer: Writer, priority = DEFAULT_PRIORITY): Refusal | undefined {
    const meaning = point.definition.write
    if (meaning === undefined || !point.writable) return 'read-only'
    if (meaning.kind === 'setpoint') {
      if (priority === RESERVED_PRIORITY) return 'reserved-slot'
      if (!Number.isInteger(priority) || priority < 1 || priority > PRIORITIES) return 'out-of-range'
      if (value === null) return undefined
    }
    if (value === null) return 'wrong-type'
    const refusal = valueRefusal(point, value)
    if (refusal !== undefined || meaning.kind !== 'action') return refusal
    return this.#act(point, value as number, writer, true)
  }

  write(point: Point, value: Value | null, writer: Writer, priority = DEFAULT_PRIORITY): Refusal | undefined {
    const refusal = this.check(point, value, writer, priority)
    const meaning = point.definition.write
    if (refusal !== undefined || meaning === undefined) return refusal
    const { charger } = point
    if (charger === undefined) {
      if (meaning.kind === 'authorize-mode') this.#setAuthorizeMode(value as number)
      return undefined
    }
    if (meaning.kind === 'setpoint') this.#setSlot(charger, point, meaning.setpoint, value, writer, priority)
    else if (meaning.kind === 'action') return this.#act(point, value as number, writer, false)
    else if (value !== null) this.#hold(charger, point, meaning, value)
    return undefined
  }

  slots(point: Point): readonly (Value | null)[] | undefined {
    const array = slotsOf(point)
    return array?.map((slot) => (slot === null ? null : (point.shown(slot.value) ?? null)))
  }

  relinquishDefault(point: Point): Value | undefined {
    const { charger, connector } = point
    const meaning = point.definition.write
    if (charger === undefined || meaning?.kind !== 'setpoint') return undefined
    return meaning.setpoint === 'availability' ? true : point.shown(defaultLimit(charger, connector))
  }

  setOutOfService(point: Point, outOfService: boolean): void {
    if (point.outOfService === outOfService) return
    const { clock, log, uplink } = this.#parts
    this.#decoupled.get(point)?.()
    this.#decoupled.delete(point)
    point.outOfService = outOfService
    if (outOfService) {
      const couple = () => {
        log.warn(
          { charger: point.charger?.id, point: point.definition.name },
          'out of service for 8 h: in service again',
        )
        this.setOutOfService(point, false)
      }
      this.#decoupled.set(point, clock.after(OUT_OF_SERVICE_MS, couple))
    } else point.refresh(clock.now())
    uplink.pointChanged(point)
  }

  override(point: Point, value: Value): Refusal | undefined {
    if (!point.outOfService || point.definition.write?.kind === 'setpoint') return 'read-only'
    const refusal = valueRefusal(point, value)
    if (refusal !== undefined) return refusal
    point.value = value
    this.#parts.uplink.pointChanged(point)
    return undefined
  }

  /** These points are shown no longer. */
  forget(points: readonly Point[]): void {
    for (const point of points) {
      this.#decoupled.get(point)?.()
      this.#decoupled.delete(point)
    }
  }

  /** Forgets the timers of decoupled points. */
  stop(): void {
    for (const cancel of this.#decoupled.values()) cancel()
    this.#decoupled.clear()
  }

  #setSlot(
    charger: Charger,
    point: Point,
    setpoint: 'limit' | 'availability',
    value: Value | null,
    writer: Writer,
    priority: number,
  ): void {
    const slots = slotsOf(point)
    if (slots === undefined) return
    const counted = typeof value === 'number' ? Math.min(point.counted(value), rating(charger, point.connector)) : value
    const before = slots[priority - 1]
    if (before === null ? counted === null : before?.value === counted && before?.source === writer.source) return
    slots[priority - 1] = counted === null ? null : { value: counted as number | boolean, source: writer.source }
    const unit = setpoint === 'limit' ? charger.control.limitUnit : ''
    this.#parts.store.saveSlots(charger.id, { connector: point.connector, setpoint, unit, slots })
    this.#parts.settle(charger)
  }

  #act(point: Point, value: number, writer: Writer, onlyCheck: boolean): Refusal | undefined {
    const { charger } = point
    const meaning = point.definition.write
    if (charger === undefined || meaning?.kind !== 'action') return 'read-only'
    const { clock, settings, settle, store } = this.#parts
    const run = { action: meaning.action, connector: point.connector, value, client: writer.client, now: clock.now() }
    const refusal = runAction(charger, run, settings, store, onlyCheck)
    if (refusal === undefined && !onlyCheck) settle(charger)
    return refusal
  }

  #hold(charger: Charger, point: Point, meaning: WriteMeaning, value: Value): void {
    const { store, settle } = this.#parts
    if (meaning.kind === 'parameter') {
      const text = heldText(point, value)
      store.hold(charger.id, `${PARAMETER}${point.connector}.${meaning.parameter}`, text)
      chooseAnew(charger, () => {
        charger.control.connectors[point.connector]?.parameters.set(meaning.parameter, text)
      })
    } else if (meaning.kind === 'configuration') {
      this.#wish(charger, point, meaning.key, formatKey(typeof value === 'number' ? point.counted(value) : value))
    } else if (meaning.kind === 'registration') {
      this.#register(charger, registrationOrder[value as number] ?? 'accepted')
    }
    settle(charger)
  }

  #wish(charger: Charger, point: Point, key: string, text: string): void {
    const { configuration } = charger.control
    const before = configuration.get(key)
    if (before?.value === text && (before.outcome === 'idle' || before.outcome === 'pending')) return
    if (charger.state.configuration.get(key.toLowerCase())?.value === text && before === undefined && !point.enforce)
      return
    this.#parts.store.hold(charger.id, `${point.enforce ? ENFORCED : CONFIGURATION}${key}`, text)
    const { enforce } = point
    configuration.set(key, { value: text, enforce, command: undefined, outcome: 'idle', retryAt: 0, retries: 0 })
  }

  #register(charger: Charger, registration: Charger['registration']): void {
    if (charger.registration === registration) return
    this.#parts.store.hold(charger.id, 'registration', registration)
    charger.registration = registration
    // Registration is said in the answer to Boot alone: a new connection makes the charger boot, and hear it.
    charger.link?.close(`registration is now ${registration}`)
  }

  #setAuthorizeMode(value: number): void {
    const mode = authorizeModes[value]
    const { authorizer, clock, store, uplink } = this.#parts
    if (mode === undefined || authorizer.mode === mode) return
    store.hold(BRIDGE, 'authorize.mode', mode)
    authorizer.mode = mode
    uplink.bridgeChanged(clock.now())
  }
}

function slotsOf(point: Point): Slots<number> | Slots<boolean> | undefined {
  const meaning = point.definition.write
  if (meaning?.kind !== 'setpoint') return undefined
  return point.charger?.control.connectors[point.connector]?.[meaning.setpoint]
}

/** A parameter as it is kept: a choice by its published text, not by its place. */
function heldText(point: Point, value: Value): string {
  const { type, states } = point.definition
  return type === 'state' && typeof value === 'number' ? (states?.[value] ?? '') : String(value)
}
