import { z } from 'zod'
import type { Charger } from '../../../core/charger/charger.ts'
import type { Point } from '../../../core/points/point.ts'
import { type BacnetRow, covIncrement, type PointObjectType } from '../binding.ts'
import { objectName } from '../placement.ts'
import type { BacnetObject } from './bacnet-object.ts'
import type { DeviceModel } from './device-model.ts'
import { type EventSource, eventSourceOf } from './event-source.ts'
import { pointProperties } from './point-properties.ts'
import type { PropertyTable } from './property.ts'

const increment = z.number().min(0)

/** One point as a BACnet object: a thin view, the value stays with the point. */
export class PointObject implements BacnetObject {
  readonly device: DeviceModel
  readonly point: Point
  readonly row: BacnetRow
  readonly type: number
  readonly instance: number
  /** Whom it tells of its alarms, and when; undefined: it has none. */
  readonly events: EventSource | undefined
  /** Written by a client; absent: the mapping's. */
  #covIncrement: number | undefined

  constructor(init: {
    readonly device: DeviceModel
    readonly point: Point
    readonly row: BacnetRow
    readonly type: number
    readonly instance: number
  }) {
    this.device = init.device
    this.point = init.point
    this.row = init.row
    this.type = init.type
    this.instance = init.instance
    this.#covIncrement = init.device.common.pages.read(this.#page, increment)
    this.events = eventSourceOf(this)
  }

  get properties(): PropertyTable<PointObject> {
    return pointProperties(this)
  }

  get charger(): Charger | undefined {
    return this.point.charger
  }

  get kind(): PointObjectType {
    return this.row.object
  }

  /** `<site>.<charger>.<connector>.<name>`; connector 0 is not named. Made when asked for: there are many objects. */
  get name(): string {
    const { point, row, device } = this
    return objectName(device.ownerOf(point.charger), point.connector, row.name)
  }

  get covIncrement(): number {
    return this.#covIncrement ?? covIncrement(this.point, this.row)
  }

  /** Kept over restarts. */
  set covIncrement(value: number) {
    this.device.common.pages.keep(this.#page, value)
    this.#covIncrement = value
  }

  /** Milliseconds that pass at least between two notifications to one subscriber. */
  get covIntervalMs(): number {
    return this.row.covInterval ?? 0
  }

  get #page(): string {
    return `cov-increment ${this.device.instance} ${this.type} ${this.instance}`
  }

  /** Texts of its states as it shows them. */
  get stateTexts(): readonly string[] | undefined {
    const { point, row } = this
    if (point.definition.type !== 'boolean') return point.states
    return [row.inactiveText ?? 'inactive', row.activeText ?? 'active']
  }

  /** Setpoints have the priority array; everything else ignores priorities. */
  get commandable(): boolean {
    return this.point.definition.write?.kind === 'setpoint'
  }

  get isInput(): boolean {
    return this.row.object.endsWith('-input')
  }
}
