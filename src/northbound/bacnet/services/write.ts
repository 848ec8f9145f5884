import type { Writer as Client, Downlink } from '../../../core/ports.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { pointProperties } from '../objects/point-properties.ts'
import type { PropertyTable } from '../objects/property.ts'
import { BacnetError } from '../wire/error-code.ts'
import { objectKey, objectTypes, UNSPECIFIED_INSTANCE } from '../wire/object-type.ts'
import { Reader } from '../wire/reader.ts'
import { readWriteProperty } from '../wire/service/write-property.ts'
import { readApplication } from '../wire/value.ts'

/** WriteProperty (15.9). Returns when the value is accepted; throws BacnetError or BacnetReject. */
export function writeProperty(
  device: DeviceModel,
  request: Reader,
  deviceTable: PropertyTable<DeviceModel>,
  downlink: Downlink,
  client: Client,
): void {
  const { object: id, property: propertyId, index, value, priority } = readWriteProperty(request)
  if (id.type === objectTypes.device && (id.instance === device.instance || id.instance === UNSPECIFIED_INSTANCE)) {
    throw new BacnetError('property', deviceTable.has(propertyId) ? 'write-access-denied' : 'unknown-property')
  }
  const object = device.objects.get(objectKey(id.type, id.instance))
  if (object === undefined) throw new BacnetError('object', 'unknown-object')
  const property = pointProperties(object).get(propertyId)
  if (property === undefined) throw new BacnetError('property', 'unknown-property')
  if (index !== undefined && property.length === undefined)
    throw new BacnetError('property', 'property-is-not-an-array')
  if (property.write === undefined) throw new BacnetError('property', 'write-access-denied')
  const reader = new Reader(value)
  // What isn't one primitive value is no value of any property here.
  if (reader.done || reader.peek()?.context) throw new BacnetError('property', 'invalid-data-type')
  const sent = readApplication(reader)
  if (!reader.done) throw new BacnetError('property', 'invalid-data-type')
  property.write(object, sent, { downlink, client, priority })
}
