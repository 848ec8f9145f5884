import type { Point } from '../../../core/points/point.ts'
import type { Device } from '../../../core/ports.ts'
import { bindingOf, objectTypeOf } from '../binding.ts'
import type { NetworkAddress } from '../wire/npdu.ts'
import { objectKey } from '../wire/object-type.ts'
import { BacnetObject } from './bacnet-object.ts'

/** What all devices of the bridge say alike. */
export interface DeviceCommon {
  readonly vendorId: number
  readonly version: string
  readonly now: () => number
}

/** A BACnet device and its objects: the bridge itself, or one charger. */
export class DeviceModel {
  /** As it is now: its name may change while it is shown. */
  device: Device
  readonly instance: number
  readonly common: DeviceCommon
  /** By type and instance. */
  readonly objects = new Map<number, BacnetObject>()
  /** In the order of the mapping; the device object comes before them. */
  order: BacnetObject[] = []
  /** Owners of points that stand in this device though they belong to another one (topology flat). */
  readonly #owners = new Map<Point['charger'], string>()
  databaseRevision = 1
  /** Where a virtual device is reached behind the bridge: its instance in three octets. */
  readonly networkAddress: NetworkAddress | undefined

  constructor(device: Device, instance: number, common: DeviceCommon, network?: number) {
    this.device = device
    this.instance = instance
    this.common = common
    const mac = Uint8Array.of(instance >> 16, (instance >> 8) & 0xff, instance & 0xff)
    this.networkAddress = network === undefined ? undefined : { network, mac }
  }

  get name(): string {
    return this.device.name
  }

  /** Adds the objects of points; `place` gives each its instance. */
  add(
    owner: Device,
    points: readonly Point[],
    place: (point: Point, row: number, stride: number) => number,
  ): readonly BacnetObject[] {
    const renamed = this.#owners.has(owner.charger) && this.#owners.get(owner.charger) !== owner.name
    this.#owners.set(owner.charger, owner.name)
    if (owner.charger === this.device.charger) this.device = owner
    const added: BacnetObject[] = []
    for (const point of points) {
      const bound = bindingOf(point)
      if (bound === undefined) continue
      const type = objectTypeOf(bound.row)
      const object = new BacnetObject({
        device: this,
        point,
        row: bound.row,
        type,
        instance: place(point, bound.row.instance, bound.stride),
      })
      this.objects.set(objectKey(type, object.instance), object)
      this.order.push(object)
      added.push(object)
    }
    if (added.length > 0 || renamed) this.databaseRevision += 1
    return added
  }

  /** Takes away the objects of points, or of all points of an owner, and answers with them. */
  remove(owner: Device, points?: readonly Point[]): readonly BacnetObject[] {
    const gone = points === undefined ? undefined : new Set(points)
    const isGone = ({ point }: BacnetObject) => gone?.has(point) ?? point.charger === owner.charger
    const removed = this.order.filter(isGone)
    this.order = this.order.filter((object) => !isGone(object))
    for (const object of removed) this.objects.delete(objectKey(object.type, object.instance))
    if (points === undefined) this.#owners.delete(owner.charger)
    if (removed.length > 0) this.databaseRevision += 1
    return removed
  }

  nameOf(point: Point): string {
    return this.#owners.get(point.charger) ?? this.device.name
  }

  /** The object of that name, if it is here. */
  named(name: string): BacnetObject | undefined {
    if (!name.startsWith(this.device.name) && this.#owners.size < 2) return undefined
    return this.order.find((object) => object.name === name)
  }
}
