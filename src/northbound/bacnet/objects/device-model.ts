import type { Point } from '../../../core/points/point.ts'
import type { Device, Writer } from '../../../core/ports.ts'
import { bindingOf, objectTypeOf } from '../binding.ts'
import { NETWORK_PORT } from '../placement.ts'
import type { NetworkAddress } from '../wire/npdu.ts'
import { objectKey, objectTypes, UNSPECIFIED_INSTANCE } from '../wire/object-type.ts'
import type { BacnetObject } from './bacnet-object.ts'
import { currentRevision } from './database-revision.ts'
import type { Pages } from './pages.ts'
import { PointObject } from './point-object.ts'
import type { PropertyTable } from './property.ts'

/** What all devices of the bridge have alike. */
export interface DeviceCommon {
  readonly vendorId: number
  readonly version: string
  /** Milliseconds UTC, as the building counts them. */
  readonly now: () => number
  readonly pages: Pages
  /** Told of every write that goes to no point: one line in the log. */
  readonly written: (object: BacnetObject, property: string, value: string, writer: Writer) => void
  /** The properties of the device object. */
  readonly properties: PropertyTable<DeviceModel>
}

/** A BACnet device, its device object included: the bridge itself, or one charger. */
export class DeviceModel implements BacnetObject {
  readonly type = objectTypes.device
  readonly instance: number
  readonly common: DeviceCommon
  /** Whom it shows, as it is now: the name may change while it is shown. */
  owner: Device
  /** The device object aside, in the order of Object_List. */
  order: BacnetObject[] = []
  /** Where a virtual device is reached behind the bridge: its instance in three octets. */
  readonly networkAddress: NetworkAddress | undefined
  /** Where the tree of its structured views begins. */
  root: BacnetObject | undefined
  /** One more whenever objects came or went. */
  changes = 0
  readonly #objects = new Map<number, BacnetObject>()
  /** The same by the charger that they tell of: in the topology flat there are all chargers of the site. */
  readonly #byCharger = new Map<Point['charger'], Set<BacnetObject>>()
  /** Names of chargers in this device. */
  readonly #owners = new Map<Point['charger'], string>()
  /** Undefined: objects or names may have changed since it was last said. */
  #revision: number | undefined

  constructor(owner: Device, instance: number, common: DeviceCommon, network?: number) {
    this.owner = owner
    this.instance = instance
    this.common = common
    this.networkAddress = network === undefined ? undefined : virtualAddress(network, instance)
  }

  get device(): DeviceModel {
    return this
  }

  get name(): string {
    return this.owner.name
  }

  get properties(): PropertyTable<DeviceModel> {
    return this.common.properties
  }

  /** Database_Revision: kept, and one more whenever objects or names are others than those of the last time. */
  get databaseRevision(): number {
    this.#revision ??= currentRevision(this)
    return this.#revision
  }

  /** The object of that identifier; instance 4194303 of a device or network port is the one that is asked. */
  find(type: number, instance: number): BacnetObject | undefined {
    if (type === objectTypes.device) {
      return instance === this.instance || instance === UNSPECIFIED_INSTANCE ? this : undefined
    }
    const own = type === objectTypes['network-port'] && instance === UNSPECIFIED_INSTANCE ? NETWORK_PORT : instance
    return this.#objects.get(objectKey(type, own))
  }

  /** Shows points as objects; `place` gives each its instance. */
  addPoints(
    owner: Device,
    points: readonly Point[],
    place: (point: Point, row: number, stride: number) => number,
  ): readonly PointObject[] {
    this.#owners.set(owner.charger, owner.name)
    if (owner.charger === this.owner.charger) this.owner = owner
    const added = points.flatMap((point) => {
      const bound = bindingOf(point)
      if (bound === undefined) return []
      const { row, stride } = bound
      const instance = place(point, row.instance, stride)
      return [new PointObject({ device: this, point, row, type: objectTypeOf(row), instance })]
    })
    this.add(added)
    return added
  }

  /** Takes away the objects of points, or of all points of an owner, and answers with them. */
  removePoints(owner: Device, points?: readonly Point[]): readonly PointObject[] {
    const gone = points === undefined ? undefined : new Set(points)
    const removed = [...this.of(owner.charger)].filter(
      (object): object is PointObject => object instanceof PointObject && (gone?.has(object.point) ?? true),
    )
    this.remove(removed)
    if (points === undefined) this.#owners.delete(owner.charger)
    return removed
  }

  add(objects: readonly BacnetObject[]): void {
    for (const object of objects) {
      this.#objects.set(objectKey(object.type, object.instance), object)
      this.order.push(object)
      const others = this.#byCharger.get(object.charger)
      if (others) others.add(object)
      else this.#byCharger.set(object.charger, new Set([object]))
    }
    this.changes += 1
    this.#revision = undefined
  }

  remove(objects: readonly BacnetObject[]): void {
    if (objects.length === 0) return
    const gone = new Set(objects)
    this.order = this.order.filter((object) => !gone.has(object))
    for (const object of gone) {
      this.#objects.delete(objectKey(object.type, object.instance))
      const others = this.#byCharger.get(object.charger)
      others?.delete(object)
      if (others?.size === 0) this.#byCharger.delete(object.charger)
    }
    this.changes += 1
    this.#revision = undefined
  }

  /** The objects that tell of a charger, or of the device as a whole, in the order of Object_List. */
  of(charger: Point['charger']): Iterable<BacnetObject> {
    return this.#byCharger.get(charger) ?? []
  }

  /** The name of a charger, or of the bridge, in this device. */
  ownerOf(charger: Point['charger']): string {
    return this.#owners.get(charger) ?? this.owner.name
  }

  /** The object of that name, if it is here. */
  named(name: string): BacnetObject | undefined {
    if (name === this.name) return this
    if (!name.startsWith(this.name)) return undefined
    for (const [charger, objects] of this.#byCharger) {
      // Names are made when they are asked for, and there may be a hundred thousand.
      if (!name.startsWith(this.ownerOf(charger))) continue
      for (const object of objects) if (object.name === name) return object
    }
    return undefined
  }
}

/** Where a device stands on the virtual network: its instance in three octets. */
export function virtualAddress(network: number, instance: number): NetworkAddress {
  return { network, mac: Uint8Array.of(instance >> 16, (instance >> 8) & 0xff, instance & 0xff) }
}
