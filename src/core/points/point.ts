import type { Charger } from '../charger/charger.ts'
import type { ActionKind } from '../charger/command.ts'
import { convert, converts, type Unit } from './unit.ts'

/** What a point's value may be: a state is its place in `states`, from 0. */
export type Value = number | boolean | string

/**
 * good: known now. never: not received since this charger is known. offline: the last value of a charger that is away.
 * unknown: something is shown, but nobody vouches for it (a limit that the charger has not confirmed).
 */
export type Quality = 'good' | 'never' | 'offline' | 'unknown'

/** A value with its quality; `value` is undefined only when the quality is `never`. In SI, before the mapping's unit. */
export interface PointReading {
  readonly value: Value | undefined
  readonly quality: Quality
}

type PointType = 'number' | 'integer' | 'boolean' | 'state' | 'text'
export type PointScope = 'bridge' | 'charger' | 'connector'

/**
 * What a write to a point means. `setpoint`s have the priority array; `parameter`s are held values without one;
 * `configuration` is a key of the charger; an `action` happens once.
 */
export type WriteMeaning =
  | { readonly kind: 'setpoint'; readonly setpoint: 'limit' | 'availability' }
  | { readonly kind: 'parameter'; readonly parameter: Parameter }
  | { readonly kind: 'configuration'; readonly key: string }
  | { readonly kind: 'action'; readonly action: ActionKind }
  | { readonly kind: 'registration' }
  | { readonly kind: 'authorize-mode' }

/** Held values that belong to a connector (or, on connector 0, to the charger). */
export type Parameter =
  | 'start.idTag'
  | 'smartCharging.enable'
  | 'smartCharging.unit'
  | 'smartCharging.kind'
  | 'smartCharging.recurrency'
  | 'smartCharging.purpose'
  | 'smartCharging.profileId'
  | 'smartCharging.stackLevel'

/** One row of the catalogue. */
export interface PointDefinition {
  readonly name: string
  readonly type: PointType
  /** The unit that `read` answers in; absent: a bare number. */
  readonly unit?: Unit
  /** Instead of `unit` where the mapping shows the point in this quantity: a limit in watts is another setpoint than one in amperes. */
  readonly alternativeUnit?: Unit
  /** Texts of a state, in their published order. */
  readonly states?: readonly string[]
  /** What a number that is written may be, in `unit`. */
  readonly range?: { readonly min: number; readonly max: number }
  /** Longest text in bytes that the point can hold. */
  readonly length?: number
  /** The value changes with time alone: it is read afresh whenever somebody looks. */
  readonly ticking?: true
  readonly write?: WriteMeaning
  /** A write is allowed only where the mapping says `writable: true` (configuration keys). */
  readonly guarded?: true
  readonly description: string
}

/** A row together with its reader; readers never allocate more than their answer. */
export interface ChargerPointDefinition extends PointDefinition {
  /** The reading that it shows as it stands: `Measurand[.Phase][@Location]`. */
  readonly reading?: string
  readonly read: (charger: Charger, connector: number, now: number) => PointReading
}

/** The protocol parts of a mapping row, as each protocol's own schema made them. Shared by all chargers of the mapping. */
export type RowBindings = Readonly<Record<string, unknown>>

/** One point of one connector of one charger as the building sees it: in the mapping's unit, with its current value. */
export class Point {
  /** Counts from 0 over the whole bridge, so that a protocol can keep its own part in an array. */
  readonly id: number
  /** undefined: the bridge's own. */
  readonly charger: Charger | undefined
  readonly connector: number
  readonly definition: PointDefinition
  /** The unit shown; undefined for what has none. */
  readonly unit: Unit | undefined
  /** Texts shown for the states: the catalogue's, or the mapping's labels. */
  readonly states: readonly string[] | undefined
  readonly writable: boolean
  /** A configuration key that is written again after each reboot. */
  readonly enforce: boolean
  readonly bindings: RowBindings
  /** What is shown now, in `unit`. Undefined: never received. */
  value: Value | undefined
  quality: Quality
  /** Decoupled by the building: `value` is what it wrote. */
  outOfService: boolean
  /** What core counts this point in. */
  readonly #base: Unit | undefined
  readonly #read: (now: number) => PointReading

  constructor(init: {
    readonly id: number
    readonly charger: Charger | undefined
    readonly connector: number
    readonly definition: PointDefinition
    readonly unit: Unit | undefined
    readonly states: readonly string[] | undefined
    readonly writable: boolean
    readonly enforce?: boolean
    readonly bindings: RowBindings
    readonly read: (now: number) => PointReading
  }) {
    this.id = init.id
    this.charger = init.charger
    this.connector = init.connector
    this.definition = init.definition
    this.unit = init.unit
    this.states = init.states
    this.writable = init.writable
    this.enforce = init.enforce ?? false
    this.bindings = init.bindings
    this.#base = baseUnit(init.definition, init.unit)
    this.#read = init.read
    this.value = undefined
    this.quality = 'never'
    this.outOfService = false
  }

  /** Reads the charger's state again; true when what the building sees has changed. A decoupled value stays. */
  refresh(now: number): boolean {
    const reading = this.#read(now)
    if (this.outOfService && this.definition.write?.kind !== 'setpoint') return false
    const value = this.shown(reading.value)
    const changed = value !== this.value || reading.quality !== this.quality
    this.value = value
    this.quality = reading.quality
    return changed
  }

  /** A value in core's unit, in this point's. */
  shown(value: Value | undefined): Value | undefined {
    if (typeof value !== 'number' || this.#base === undefined || this.unit === undefined) return value
    return convert(value, this.#base, this.unit)
  }

  /** A value in this point's unit, in core's. */
  counted(value: number): number {
    return this.#base === undefined || this.unit === undefined ? value : convert(value, this.unit, this.#base)
  }
}

/** The unit that core counts a point in when the mapping shows it in `shown`; undefined: it has none, or they don't convert. */
export function baseUnit(definition: PointDefinition, shown: Unit | undefined): Unit | undefined {
  const { unit, alternativeUnit } = definition
  if (shown === undefined || unit === undefined) return unit
  if (converts(unit, shown)) return unit
  return alternativeUnit !== undefined && converts(alternativeUnit, shown) ? alternativeUnit : undefined
}
