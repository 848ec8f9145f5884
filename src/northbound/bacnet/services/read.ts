import type { Downlink } from '../../../core/ports.ts'
import type { BacnetObject } from '../objects/bacnet-object.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { pointProperties } from '../objects/point-properties.ts'
import { type PropertyTable, readPropertyValue } from '../objects/property.ts'
import { BacnetError } from '../wire/error-code.ts'
import { type ObjectId, objectKey, objectTypes, UNSPECIFIED_INSTANCE } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import type { Reader } from '../wire/reader.ts'
import { closeValue, openValue, readReadProperty } from '../wire/service/read-property.ts'
import {
  beginObject,
  beginProperty,
  beginPropertyValue,
  endObject,
  endPropertyValue,
  type PropertyReference,
  propertyError,
  readAccessSpecifications,
} from '../wire/service/read-property-multiple.ts'
import type { Writer } from '../wire/writer.ts'

export interface ReadParts {
  readonly downlink: Downlink
  readonly deviceTable: PropertyTable<DeviceModel>
}

/** Where a property is found: the device object's table, or that of a point's object. */
export class ReadServices {
  readonly #parts: ReadParts

  constructor(parts: ReadParts) {
    this.#parts = parts
  }

  /** ReadProperty (15.5): the acknowledgement's parameters. */
  readProperty(device: DeviceModel, request: Reader, answer: Writer): void {
    const asked = readReadProperty(request)
    const object = actual(device, asked.object)
    openValue(answer, { ...asked, object })
    this.#write(device, object, asked, answer)
    closeValue(answer)
  }

  /** ReadPropertyMultiple (15.7): errors stand beside the values, in the order of the request. */
  readPropertyMultiple(device: DeviceModel, request: Reader, answer: Writer): void {
    for (const { object: asked, references } of readAccessSpecifications(request)) {
      const object = actual(device, asked)
      beginObject(answer, object)
      for (const reference of references) {
        for (const single of this.#expanded(device, object, reference)) this.#result(device, object, single, answer)
      }
      endObject(answer)
    }
  }

  #result(device: DeviceModel, object: ObjectId, reference: PropertyReference, answer: Writer): void {
    beginProperty(answer, reference)
    const before = answer.length
    try {
      beginPropertyValue(answer)
      this.#write(device, object, reference, answer)
      endPropertyValue(answer)
    } catch (error) {
      if (!(error instanceof BacnetError)) throw error
      answer.reset(before)
      propertyError(answer, error.errorClass, error.errorCode)
    }
  }

  /** ALL, REQUIRED and OPTIONAL become the properties that they mean (15.7.3.1.2); Property_List is none of them. */
  #expanded(device: DeviceModel, object: ObjectId, reference: PropertyReference): readonly PropertyReference[] {
    const { property } = reference
    if (property !== propertyIds.all && property !== propertyIds.required && property !== propertyIds.optional)
      return [reference]
    const table: PropertyTable<BacnetObject> | PropertyTable<DeviceModel> | undefined = isDevice(object, device)
      ? this.#parts.deviceTable
      : tableOf(device, object)
    // An object that isn't here has its error under the property that was asked for.
    if (table === undefined) return [reference]
    return [...table.values()]
      .filter(({ id }) => id !== propertyIds['property-list'])
      .filter(({ required }) => property === propertyIds.all || required === (property === propertyIds.required))
      .map(({ id }) => ({ property: id, index: undefined }))
  }

  #write(
    device: DeviceModel,
    { type, instance }: ObjectId,
    { property, index }: PropertyReference,
    answer: Writer,
  ): void {
    const { deviceTable, downlink } = this.#parts
    if (type === objectTypes.device && instance === device.instance) {
      readPropertyValue(answer, deviceTable, device, downlink, property, index)
      return
    }
    const object = device.objects.get(objectKey(type, instance))
    if (object === undefined) throw new BacnetError('object', 'unknown-object')
    readPropertyValue(answer, pointProperties(object), object, downlink, property, index)
  }
}

/** Device 4194303 is whichever device reads it; the answer names the real one. */
function actual(device: DeviceModel, object: ObjectId): ObjectId {
  return object.type === objectTypes.device && object.instance === UNSPECIFIED_INSTANCE
    ? { type: objectTypes.device, instance: device.instance }
    : object
}

function isDevice({ type, instance }: ObjectId, device: DeviceModel): boolean {
  return type === objectTypes.device && instance === device.instance
}

function tableOf(device: DeviceModel, { type, instance }: ObjectId): PropertyTable<BacnetObject> | undefined {
  const object = device.objects.get(objectKey(type, instance))
  return object && pointProperties(object)
}
