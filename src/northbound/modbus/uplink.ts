import type { Point } from '../../core/points/point.ts'
import type { Place } from './layout.ts'
import type { Unit } from './registers/unit.ts'

/** From a changed point to its registers, at once: no reader sees half of one reading. */
export class ModbusUplink {
  /** By the point's own number: the units that show it. */
  readonly #units: (readonly Unit[] | undefined)[] = []

  attach(unit: Unit, points: readonly Point[], place: Place): void {
    for (const point of points) {
      const before = this.#units[point.id] ?? []
      if (!before.includes(unit)) this.#units[point.id] = [...before, unit]
    }
    unit.add(points, place)
  }

  detach(unit: Unit, points: readonly Point[], place: Place): void {
    for (const point of points) this.#units[point.id] = this.#units[point.id]?.filter((each) => each !== unit)
    unit.remove(points, place)
  }

  pointChanged(point: Point): void {
    for (const unit of this.#units[point.id] ?? []) unit.pointChanged(point)
  }
}
