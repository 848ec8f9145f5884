import type { Point } from '../../core/points/point.ts'
import type { Unit } from './registers/unit.ts'

/** From a changed point to its registers, at once: no reader sees half of one reading. */
export class ModbusUplink {
  /** By the point's own number. */
  readonly #units: (Unit | undefined)[] = []

  attach(unit: Unit, points: readonly Point[]): void {
    for (const point of points) this.#units[point.id] = unit
    unit.add(points)
  }

  detach(unit: Unit, points: readonly Point[]): void {
    for (const point of points) this.#units[point.id] = undefined
    unit.remove(points)
  }

  pointChanged(point: Point): void {
    this.#units[point.id]?.pointChanged(point)
  }
}
