import { DEFAULT_PRIORITY } from '../../../core/points/priority-array.ts'
import type { Writer as Client, Downlink, WriteOutcome, WriteTarget } from '../../../core/ports.ts'
import { RefusedWrite } from '../downlink.ts'
import type { BacnetObject } from '../objects/bacnet-object.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { PointObject } from '../objects/point-object.ts'
import { writtenValue } from '../objects/point-properties.ts'
import { BacnetError } from '../wire/error-code.ts'
import { type ObjectId, objectTypes } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import type { ServiceRequest } from './service.ts'

/** What is written of an object: a property, and its value's octets where they are known. */
interface Written {
  readonly object: ObjectId
  readonly property: number
  readonly value?: Uint8Array
  readonly priority?: number | undefined
}

/** The client with its request as it came, unless one of the objects that it writes holds what nobody may see. */
export function clientOf(request: ServiceRequest, objects: readonly ObjectId[], downlink: Downlink): Client {
  const { client, device, frame } = request
  const hidden = ({ instance, type }: ObjectId) => {
    const point = device.find(type, instance)?.point
    return point !== undefined && downlink.hides(point)
  }
  return { ...client, frame: () => (objects.some(hidden) ? undefined : frame()) }
}

/** Tells of a write that failed before core was asked. */
export function noteFailure(
  error: unknown,
  device: DeviceModel,
  written: Written,
  client: Client,
  downlink: Downlink,
): void {
  if (!(error instanceof BacnetError) || (error instanceof RefusedWrite && error.by === 'core')) return
  const { object: id, priority, property, value } = written
  const object = device.find(id.type, id.instance)
  const result = resultOf(error)
  if (object instanceof PointObject && property === propertyIds['present-value'] && value !== undefined) {
    const slot = object.commandable ? (priority ?? DEFAULT_PRIORITY) : undefined
    downlink.noted(object.point, client, { value: writtenValue(object, value), priority: slot, result })
    return
  }
  const name = nameOf(propertyIds, property)
  const target = object === undefined ? deviceTarget(device, nameOf(objectTypes, id.type)) : objectTarget(object)
  const point = object === undefined ? `${target.point} ${id.instance} ${name}` : `${target.point} ${name}`
  downlink.noted({ ...target, point }, client, { result })
}

/** A device as what is written to. */
export function deviceTarget({ owner }: DeviceModel, point: string): WriteTarget {
  return { charger: owner.charger?.id, connector: 0, point }
}

/** An object as what is written to. */
export function objectTarget({ charger, name, point }: BacnetObject): WriteTarget {
  return { charger: charger?.id, connector: point?.connector ?? 0, point: point?.definition.name ?? name }
}

function resultOf(error: BacnetError): WriteOutcome['result'] {
  if (error instanceof RefusedWrite) return 'denied'
  switch (error.errorCode) {
    case 'invalid-data-type':
      return 'wrong-type'
    case 'value-out-of-range':
      return 'out-of-range'
    default:
      return 'read-only'
  }
}

function nameOf(names: Readonly<Record<string, number>>, number: number): string {
  return Object.keys(names).find((name) => names[name] === number) ?? String(number)
}
