import type { Charger } from '../charger/charger.ts'
import type { Totals } from '../charger/totals.ts'
import type { Northbound } from '../ports.ts'
import type { Point } from './point.ts'

/** Carries what a charger said to everything that shows it, before the frame's handler returns. */
export class PointUplink {
  readonly #northbounds: readonly Northbound[]
  readonly #totals: Totals
  /** The bridge's own points. */
  #bridge: readonly Point[] = []

  constructor(northbounds: readonly Northbound[], totals: Totals) {
    this.#northbounds = northbounds
    this.#totals = totals
  }

  showBridge(points: readonly Point[]): void {
    this.#bridge = points
  }

  /** One connector has news: its own points, the charge point's and the bridge's follow. */
  connectorChanged(charger: Charger, connector: number, now: number): void {
    if (connector !== 0) this.#refresh(charger.points[connector], now)
    this.#refresh(charger.points[0], now)
    this.#totalsChanged(charger, now)
  }

  /** Something that concerns all connectors: the charger came, went, or was told something. */
  chargerChanged(charger: Charger, now: number): void {
    for (const points of charger.points) this.#refresh(points, now)
    this.#totalsChanged(charger, now)
  }

  /** Something of the bridge itself. */
  bridgeChanged(now: number): void {
    this.#refresh(this.#bridge, now)
  }

  /** Time went by: ages and durations. */
  ticked(charger: Charger, now: number): void {
    for (const points of charger.points) {
      for (const point of points) {
        if (!point.definition.ticking) continue
        // Whoever read it since has refreshed it as well: told all the same.
        point.refresh(now)
        this.pointChanged(point)
      }
    }
  }

  pointChanged(point: Point): void {
    for (const northbound of this.#northbounds) northbound.pointChanged(point)
  }

  #refresh(points: readonly Point[] | undefined, now: number): void {
    if (points === undefined) return
    for (const point of points) if (point.refresh(now)) this.pointChanged(point)
  }

  #totalsChanged(charger: Charger, now: number): void {
    if (charger.guest) return
    this.#totals.update(charger)
    this.bridgeChanged(now)
  }
}
