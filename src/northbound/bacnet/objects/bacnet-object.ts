import type { Charger } from '../../../core/charger/charger.ts'
import type { Point } from '../../../core/points/point.ts'
import type { DeviceModel } from './device-model.ts'
import type { PropertyTable } from './property.ts'

/** Anything that stands in an Object_List. */
export interface BacnetObject {
  readonly device: DeviceModel
  readonly type: number
  readonly instance: number
  readonly name: string
  /** The point that it shows or records. */
  readonly point?: Point
  /** The charger that it tells of; undefined: it belongs to the device as a whole. */
  readonly charger?: Charger | undefined
  /** The properties of its kind: they are read and written only together with the object itself. */
  readonly properties: PropertyTable<never>
}
