import type { Point } from '../../core/points/point.ts'
import type { PointObject } from './objects/point-object.ts'
import type { Alarms } from './services/alarms.ts'
import type { CovService } from './services/cov.ts'
import type { Trends } from './services/trends.ts'

/** From a changed point to those who subscribed to its object, and to its log. Reads need nothing: objects look at the point itself. */
export class BacnetUplink {
  readonly #cov: CovService
  readonly #alarms: Alarms
  readonly #trends: Trends
  /** By the point's own number. */
  readonly #objects: (PointObject | undefined)[] = []

  constructor(cov: CovService, alarms: Alarms, trends: Trends) {
    this.#cov = cov
    this.#alarms = alarms
    this.#trends = trends
  }

  attach(objects: readonly PointObject[]): void {
    for (const object of objects) {
      this.#objects[object.point.id] = object
      this.#alarms.changed(object)
    }
  }

  detach(objects: readonly PointObject[]): void {
    for (const object of objects) {
      this.#objects[object.point.id] = undefined
      this.#cov.forget(object)
      this.#alarms.forget(object)
    }
  }

  pointChanged(point: Point): void {
    const object = this.#objects[point.id]
    if (object === undefined) return
    this.#alarms.changed(object)
    this.#cov.changed(object)
    this.#trends.changed(object)
  }
}
