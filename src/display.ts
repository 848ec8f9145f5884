import type { Charger } from './core/charger/charger.ts'
import type { BridgeView } from './core/points/bridge-points.ts'
import type { PointDownlink } from './core/points/downlink.ts'
import type { Point } from './core/points/point.ts'
import { givePoints } from './core/points/point-table.ts'
import type { PointUplink } from './core/points/uplink.ts'
import type { Device, Northbound, Store } from './core/ports.ts'
import type { Clock } from './lib/clock.ts'
import { expand, expandBridge, type Kept } from './mapping/expand.ts'
import { looksOf } from './mapping/mapping.ts'
import { bridgeDevice, chargerDevice, counter, type Plan } from './plan.ts'

export interface DisplayParts {
  readonly norths: readonly Northbound[]
  readonly uplink: PointUplink
  readonly downlink: PointDownlink
  readonly store: Store
  readonly clock: Clock
  readonly view: BridgeView
}

/** What the building is shown of the bridge and of each charger. A point whose row says the same as before stays as it is. */
export class Display {
  readonly #parts: DisplayParts
  readonly #nextId = counter()
  readonly #devices = new Map<Charger, Device>()
  #bridge: readonly Point[] = []
  #plan: Plan
  /** Names of mappings by the charger's identifier. */
  #mappings: ReadonlyMap<string, string> = new Map()

  constructor(plan: Plan, parts: DisplayParts) {
    this.#parts = parts
    this.#plan = plan
    this.follow(plan)
  }

  get points(): readonly Point[] {
    return [...this.#bridge, ...[...this.#devices.keys()].flatMap((charger) => charger.points.flat())]
  }

  /** From now on what is shown follows this plan; what is shown already is changed by the other methods. */
  follow(plan: Plan): void {
    this.#plan = plan
    this.#mappings = new Map(plan.settings.chargers.map(({ settings: { id }, mapping }) => [id, mapping]))
  }

  /** Shows the bridge's own points, or what has changed of them. */
  showBridge(): void {
    const { settings, mappings, assignments } = this.#plan
    const { norths, uplink, view } = this.#parts
    const device = bridgeDevice(settings.site, assignments)
    const choice = new Choice(this.#bridge)
    const points = expandBridge(mappings.bridge, view, this.#nextId, choice.kept)
    this.#withdraw(device, choice.left)
    const shown = new Set(this.#bridge)
    this.#bridge = points
    uplink.showBridge(points)
    for (const north of norths)
      north.attach(
        device,
        points.filter((point) => !shown.has(point)),
      )
  }

  /** Shows a charger, or what has changed of it: its name, its mapping, how many connectors it has. */
  show(charger: Charger): void {
    const mapping = this.#plan.mappings.byName.get(this.#mappings.get(charger.id) ?? '')
    if (mapping === undefined) return
    const { norths, store, clock } = this.#parts
    const device = this.#deviceOf(charger)
    const shown = this.#devices.has(charger) ? charger.points.flat() : []
    this.#devices.set(charger, device)
    const choices = charger.points.map((points) => new Choice(points))
    const byConnector = new Map<number, readonly Point[]>()
    for (let connector = 0; connector <= charger.connectorCount; connector += 1) {
      byConnector.set(connector, expand(mapping, charger, connector, this.#nextId, choices[connector]?.kept))
    }
    this.#withdraw(
      device,
      choices.flatMap(({ left }) => left),
    )
    charger.points.length = charger.connectorCount + 1
    givePoints(charger, byConnector, store, clock.now())
    const known = new Set(shown)
    const added = [...byConnector.values()].flatMap((points) => points.filter((point) => !known.has(point)))
    for (const north of norths) north.attach(device, added)
  }

  /** The charger's device is gone from wherever it was; its points stay with it, to be shown elsewhere. */
  hide(charger: Charger): void {
    const device = this.#devices.get(charger)
    if (device === undefined) return
    for (const north of this.#parts.norths) north.detach(device)
    this.#devices.delete(charger)
  }

  /** The same for good. */
  remove(charger: Charger): void {
    this.hide(charger)
    this.#parts.downlink.forget(charger.points.flat())
    charger.points.length = 0
  }

  /** Its addresses are others than those at which it is shown. */
  hasMoved(charger: Charger): boolean {
    const shown = this.#devices.get(charger)
    return shown !== undefined && JSON.stringify(shown.addresses) !== JSON.stringify(this.#deviceOf(charger).addresses)
  }

  #withdraw(device: Device, points: readonly Point[]): void {
    if (points.length === 0) return
    this.#parts.downlink.forget(points)
    for (const north of this.#parts.norths) north.detach(device, points)
  }

  #deviceOf(charger: Charger): Device {
    return chargerDevice(this.#plan.settings.site, charger, this.#plan.assignments)
  }
}

/** Points of one connector, from which those are taken that fit the rows as they are now. */
class Choice {
  readonly #points: Map<string, Point>

  constructor(points: readonly Point[]) {
    this.#points = new Map(points.map((point) => [looksOf(point), point]))
  }

  readonly kept: Kept = (row) => {
    const looks = looksOf(row)
    const point = this.#points.get(looks)
    this.#points.delete(looks)
    return point
  }

  /** Those that no row took. */
  get left(): readonly Point[] {
    return [...this.#points.values()]
  }
}
