import type { Point } from '../../../core/points/point.ts'
import { type BacnetRow, covIncrement, type PointObjectType } from '../binding.ts'
import { objectName } from '../placement.ts'
import type { BacnetObject } from './bacnet-object.ts'
import type { DeviceModel } from './device-model.ts'
import { pointProperties } from './point-properties.ts'
import type { PropertyTable } from './property.ts'

/** One point as a BACnet object: a thin view, the value stays with the point. */
export class PointObject implements BacnetObject {
  readonly device: DeviceModel
  readonly point: Point
  readonly row: BacnetRow
  readonly type: number
  readonly instance: number
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
    this.#covIncrement = undefined
  }

  get properties(): PropertyTable<PointObject> {
    return pointProperties(this)
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

  set covIncrement(value: number) {
    this.#covIncrement = value
  }

  /** Setpoints have the priority array; everything else ignores priorities. */
  get commandable(): boolean {
    return this.point.definition.write?.kind === 'setpoint'
  }

  get isInput(): boolean {
    return this.row.object.endsWith('-input')
  }
}
