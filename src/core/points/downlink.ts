import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { perform, runAction } from '../charger/action.ts'
import type { Authorizer } from '../charger/authorize.ts'
import type { Charger } from '../charger/charger.ts'
import { CONFIGURATION, ENFORCED, PARAMETER } from '../charger/held.ts'
import { noteCommand } from '../charger/last-command.ts'
import { defaultLimit, rating } from '../charger/limit.ts'
import { chooseAnew } from '../charger/reconcile.ts'
import { authorizeModes, registrationOrder } from '../charger/vocabulary.ts'
import type { History } from '../history.ts'
import type { Downlink, FleetSettings, Refusal, Store, WriteOutcome, Writer, WriteTarget } from '../ports.ts'
import { formatKey } from './configuration-point.ts'
import type { Point, Value, WriteMeaning } from './point.ts'
import { DEFAULT_PRIORITY, PRIORITIES, RESERVED_PRIORITY, type Slots, winner } from './priority-array.ts'
import type { PointUplink } from './uplink.ts'
import { valueRefusal } from './value-refusal.ts'
import { WriteLog } from './write-log.ts'

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
  readonly history: History
  /** Makes the charger follow what is now wanted of it. */
  readonly settle: (charger: Charger) => void
}

/** Every write of every building protocol: checked, kept, and only then followed. */
export class PointDownlink implements Downlink {
  readonly #parts: DownlinkParts
  readonly #writes: WriteLog
  readonly #decoupled = new Map<Point, () => void>()

  constructor(parts: DownlinkParts) {
    this.#parts = parts
    this.#writes = new WriteLog(parts)
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
    const refusal = this.#write(point, value, writer, priority)
    return this.#answer(point, refusal, writer, value, isSetpoint(point) ? priority : undefined)
  }

  noted(what: Point | WriteTarget, writer: Writer, outcome: WriteOutcome): void {
    this.#writes.noted(what, writer, outcome)
  }

  hides(point: Point): boolean {
    return this.#writes.hides(point)
  }

  #write(point: Point, value: Value | null, writer: Writer, priority: number): Refusal | undefined {
    const refusal = this.check(point, value, writer, priority)
    const meaning = point.definition.write
    const { charger } = point
    // Asked again in earnest: what was asked of a charger that is away is told as such.
    if (refusal === 'offline' && charger !== undefined) return this.#act(point, value as number, writer, false)
    if (refusal !== undefined || meaning === undefined) return refusal
    if (charger === undefined) {
      if (meaning.kind === 'authorize-mode') this.#setAuthorizeMode(point, value as number, writer)
      return undefined
    }
    if (meaning.kind === 'setpoint') this.#setSlot(charger, point, meaning.setpoint, value, writer, priority)
    else if (meaning.kind === 'action') return this.#act(point, value as number, writer, false)
    else if (value !== null) this.#hold(charger, point, meaning, value, writer)
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

  setOutOfService(point: Point, outOfService: boolean, writer?: Writer): void {
    if (point.outOfService === outOfService) return
    if (writer !== undefined) {
      const words = outOfService ? 'out of service' : 'in service'
      this.#writes.changed(point, writer, outOfService, undefined, words)
    }
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

  reset(charger: Charger, hard: boolean, writer: Writer): Refusal | undefined {
    const { clock, log, settings, settle, store } = this.#parts
    const run = { action: 'reset', connector: 0, value: hard ? 2 : 1, now: clock.now() } as const
    const refusal = perform(charger, run, settings, store, false)
    const how = hard ? 'hard' : 'soft'
    const target = { charger: charger.id, connector: 0, point: 'reset' }
    this.#writes.noted(target, writer, { value: how, result: refusal ?? 'accepted' })
    if (refusal !== undefined) return refusal
    log.info({ charger: charger.id, client: writer.client }, `restarted by ${writer.client}: ${how}`)
    settle(charger)
    return undefined
  }

  override(point: Point, value: Value, writer: Writer): Refusal | undefined {
    const able = point.outOfService && !isSetpoint(point)
    const refusal = able ? valueRefusal(point, value) : 'read-only'
    if (refusal !== undefined) return this.#answer(point, refusal, writer, value)
    const words = this.hides(point) ? undefined : `${value} while out of service`
    if (point.value !== value) this.#writes.changed(point, writer, value, undefined, words)
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
    const won = winner<number | boolean>(slots)?.slot.value
    const slot = counted === null ? null : { value: counted as number | boolean, source: writer.source }
    const unit = setpoint === 'limit' ? charger.control.limitUnit : ''
    // First kept: a write that can't be kept changes nothing, and the same write once more is no repetition of it.
    this.#parts.store.saveSlots(charger.id, {
      connector: point.connector,
      setpoint,
      unit,
      slots: [...slots].with(priority - 1, slot),
    })
    slots[priority - 1] = slot
    this.#writes.changed(point, writer, value, priority)
    // What loses against another wish asks nothing of the charger.
    if (winner<number | boolean>(slots)?.slot.value !== won)
      noteCommand(charger, point.connector, setpoint === 'limit' ? 'Limit' : 'Availability')
    this.#parts.settle(charger)
  }

  #act(point: Point, value: number, writer: Writer, onlyCheck: boolean): Refusal | undefined {
    const { charger } = point
    const meaning = point.definition.write
    if (charger === undefined || meaning?.kind !== 'action') return 'read-only'
    const { clock, settings, settle, store } = this.#parts
    const run = { action: meaning.action, connector: point.connector, value, client: writer.client, now: clock.now() }
    const refusal = runAction(charger, run, settings, store, onlyCheck)
    if (onlyCheck) return refusal
    if (refusal !== undefined) {
      if (refusal === 'offline') settle(charger)
      return refusal
    }
    // A write that ran nothing changed nothing.
    const progress = charger.control.connectors[point.connector]?.actions.get(meaning.action)
    if (value !== 0 && progress?.outcome !== 'ignored') this.#writes.changed(point, writer, value)
    settle(charger)
    return undefined
  }

  #hold(charger: Charger, point: Point, meaning: WriteMeaning, value: Value, writer: Writer): void {
    const { store, settle } = this.#parts
    if (meaning.kind === 'parameter') {
      const text = heldText(point, value)
      const before = charger.control.connectors[point.connector]?.parameters.get(meaning.parameter)
      store.hold(charger.id, `${PARAMETER}${point.connector}.${meaning.parameter}`, text)
      if (before !== text) this.#writes.changed(point, writer, value)
      chooseAnew(charger, () => {
        charger.control.connectors[point.connector]?.parameters.set(meaning.parameter, text)
      })
    } else if (meaning.kind === 'configuration') {
      const text = formatKey(typeof value === 'number' ? point.counted(value) : value)
      if (this.#wish(charger, point, meaning.key, text)) this.#writes.changed(point, writer, value)
    } else if (meaning.kind === 'registration') {
      const registration = registrationOrder[value as number] ?? 'accepted'
      this.#register(charger, point, registration, writer)
    }
    settle(charger)
  }

  /** Whether it is another wish than before. */
  #wish(charger: Charger, point: Point, key: string, text: string): boolean {
    const { configuration } = charger.control
    const before = configuration.get(key)
    if (before?.value === text && (before.outcome === 'idle' || before.outcome === 'pending')) return false
    if (charger.state.configuration.get(key.toLowerCase())?.value === text && before === undefined && !point.enforce)
      return false
    this.#parts.store.hold(charger.id, `${point.enforce ? ENFORCED : CONFIGURATION}${key}`, text)
    const { enforce } = point
    noteCommand(charger, point.connector, 'Configuration', 'pending', key)
    configuration.set(key, { value: text, enforce, command: undefined, outcome: 'idle', retryAt: 0, retries: 0 })
    return true
  }

  /** A refusal is told; what was accepted has been where it changed something. */
  #answer(
    point: Point,
    refusal: Refusal | undefined,
    writer: Writer,
    value: Value | null,
    priority?: number,
  ): Refusal | undefined {
    // What the mapping keeps from everybody is a matter of rights.
    const kept = point.definition.write !== undefined && !point.writable && refusal === 'read-only'
    if (refusal !== undefined) this.#writes.noted(point, writer, { value, priority, result: kept ? 'denied' : refusal })
    return refusal
  }

  #register(charger: Charger, point: Point, registration: Charger['registration'], writer: Writer): void {
    if (charger.registration === registration) return
    this.#parts.store.hold(charger.id, 'registration', registration)
    this.#writes.changed(point, writer, registration)
    charger.registration = registration
    // Registration is said in the answer to Boot alone: a new connection makes the charger boot, and hear it.
    charger.link?.close(`registration is now ${registration}`)
  }

  #setAuthorizeMode(point: Point, value: number, writer: Writer): void {
    const mode = authorizeModes[value]
    const { authorizer, clock, store, uplink } = this.#parts
    if (mode === undefined || authorizer.mode === mode) return
    store.hold(BRIDGE, 'authorize.mode', mode)
    this.#writes.changed(point, writer, mode)
    authorizer.mode = mode
    uplink.bridgeChanged(clock.now())
  }
}

function isSetpoint(point: Point): boolean {
  return point.definition.write?.kind === 'setpoint'
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
