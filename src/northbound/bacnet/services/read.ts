import type { Downlink } from '../../../core/ports.ts'
import type { BacnetObject } from '../objects/bacnet-object.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { readProperty } from '../objects/property.ts'
import { BacnetError } from '../wire/error-code.ts'
import type { ObjectId } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
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
import type { ConfirmedService } from './service.ts'

/** ReadProperty (15.5). Device 4194303 is whichever device reads it; the answer names the real one. */
export function readPropertyService(downlink: Downlink): ConfirmedService {
  return {
    complex: true,
    execute({ device, reader }, answer) {
      const asked = readReadProperty(reader)
      const object = found(device, asked.object)
      openValue(answer, { ...asked, object })
      readProperty(answer, object, downlink, asked.property, asked.index)
      closeValue(answer)
    },
  }
}

/** ReadPropertyMultiple (15.7): errors stand beside the values, in the order of the request. */
export function readPropertyMultipleService(downlink: Downlink): ConfirmedService {
  return {
    complex: true,
    execute({ device, reader }, answer) {
      for (const { object: asked, references } of readAccessSpecifications(reader)) {
        const object = device.find(asked.type, asked.instance)
        beginObject(answer, object ?? asked)
        for (const reference of references) {
          for (const single of expanded(object, reference)) writeResult(answer, object, single, downlink)
        }
        endObject(answer)
      }
    },
  }
}

function writeResult(
  answer: Writer,
  object: BacnetObject | undefined,
  reference: PropertyReference,
  downlink: Downlink,
): void {
  beginProperty(answer, reference)
  const before = answer.length
  try {
    if (object === undefined) throw new BacnetError('object', 'unknown-object')
    beginPropertyValue(answer)
    readProperty(answer, object, downlink, reference.property, reference.index)
    endPropertyValue(answer)
  } catch (error) {
    if (!(error instanceof BacnetError)) throw error
    answer.reset(before)
    propertyError(answer, error.errorClass, error.errorCode)
  }
}

/** ALL, REQUIRED and OPTIONAL become the properties that they mean (15.7.3.1.2); Property_List is none of them. */
function expanded(object: BacnetObject | undefined, reference: PropertyReference): readonly PropertyReference[] {
  const { property } = reference
  const { all, optional, required } = propertyIds
  // An object that isn't here has its error under the property that was asked for.
  if (object === undefined || (property !== all && property !== required && property !== optional)) return [reference]
  return [...object.properties.values()]
    .filter(({ id }) => id !== propertyIds['property-list'])
    .filter((row) => property === all || row.required === (property === required))
    .map(({ id }) => ({ property: id, index: undefined }))
}

/** The object that a request names; throws BacnetError where there is none. */
export function found(device: DeviceModel, { type, instance }: ObjectId): BacnetObject {
  const object = device.find(type, instance)
  if (object === undefined) throw new BacnetError('object', 'unknown-object')
  return object
}
