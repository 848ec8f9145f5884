import type { ObjectId } from '../object-type.ts'
import { objectTypes } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'
import { readDevice } from './recipient.ts'

/** BACnetDeviceObjectReference (clause 21); without a device: the one that tells it. */
export interface DeviceObjectReference {
  readonly device: number | undefined
  readonly object: ObjectId
}

/** BACnetDeviceObjectPropertyReference (clause 21). */
export interface DeviceObjectPropertyReference {
  readonly object: ObjectId
  readonly property: number
  readonly index: number | undefined
  readonly device: number | undefined
}

export function readDeviceObjectReference(reader: Reader): DeviceObjectReference {
  const device = reader.nextIsContext(0) ? readDevice(reader, reader.context(0)) : undefined
  return { device, object: reader.objectId(reader.context(1)) }
}

export function writeDeviceObjectReference(writer: Writer, { device, object }: DeviceObjectReference): void {
  if (device !== undefined) writer.contextObjectId(0, objectTypes.device, device)
  writer.contextObjectId(1, object.type, object.instance)
}

export function readDeviceObjectPropertyReference(reader: Reader): DeviceObjectPropertyReference {
  const object = reader.objectId(reader.context(0))
  const property = reader.unsigned(reader.context(1))
  const index = reader.nextIsContext(2) ? reader.unsigned(reader.context(2)) : undefined
  const device = reader.nextIsContext(3) ? readDevice(reader, reader.context(3)) : undefined
  return { object, property, index, device }
}

export function writeDeviceObjectPropertyReference(writer: Writer, reference: DeviceObjectPropertyReference): void {
  const { object, property, index, device } = reference
  writer.contextObjectId(0, object.type, object.instance).contextUnsigned(1, property)
  if (index !== undefined) writer.contextUnsigned(2, index)
  if (device !== undefined) writer.contextObjectId(3, objectTypes.device, device)
}
