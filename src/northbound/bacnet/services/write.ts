import type { Writer as Client, Downlink } from '../../../core/ports.ts'
import { unlessKept } from '../downlink.ts'
import { ElementError, propertyOf, writePropertyValue } from '../objects/property.ts'
import { BacnetError, BacnetReject } from '../wire/error-code.ts'
import { Reader } from '../wire/reader.ts'
import { type ListElements, readListElements, writeChangeListError } from '../wire/service/list-element.ts'
import { readWriteProperty, type WriteProperty } from '../wire/service/write-property.ts'
import {
  readWriteAccessSpecifications,
  writeWritePropertyMultipleError,
} from '../wire/service/write-property-multiple.ts'
import { clientOf, noteFailure } from './noted-write.ts'
import { found } from './read.ts'
import type { ConfirmedService, ServiceRequest } from './service.ts'

/** WriteProperty (15.9): acknowledged when the value is accepted. */
export function writePropertyService(downlink: Downlink): ConfirmedService {
  return {
    execute(request) {
      const each = readWriteProperty(request.reader)
      write(request, each, clientOf(request, [each.object], downlink), downlink)
    },
  }
}

/** One of several writes that failed; those before it stay, those behind it were not tried. */
class FailedWrite extends BacnetError {
  readonly write: WriteProperty

  constructor(error: BacnetError, failed: WriteProperty) {
    super(error.errorClass, error.errorCode)
    this.write = failed
  }
}

/** WritePropertyMultiple (15.10). A request that breaks the encoding anywhere writes nothing. */
export function writePropertyMultipleService(downlink: Downlink): ConfirmedService {
  return {
    execute(request) {
      const all = [...readWriteAccessSpecifications(request.reader)]
      const client = clientOf(
        request,
        all.map(({ object }) => object),
        downlink,
      )
      for (const each of all) {
        try {
          write(request, each, client, downlink)
        } catch (thrown) {
          const error = unlessKept(thrown)
          if (error instanceof BacnetError) throw new FailedWrite(error, each)
          // Writes before this one are done: it is too late to reject the request.
          if (error instanceof BacnetReject)
            throw new FailedWrite(new BacnetError('property', 'invalid-data-type'), each)
          throw error
        }
      }
    },
    writeError(answer, error) {
      const { errorClass, errorCode } = error
      if (error instanceof FailedWrite) writeWritePropertyMultipleError(answer, errorClass, errorCode, error.write)
    },
  }
}

function write(
  { authorize, device }: ServiceRequest,
  written: WriteProperty,
  client: Client,
  downlink: Downlink,
): void {
  const { object, property, index, value, priority } = written
  try {
    writePropertyValue(found(device, object), property, index, value, { downlink, client, authorize, priority })
  } catch (error) {
    noteFailure(error, device, written, client, downlink)
    throw error
  }
}

/** AddListElement (15.1) and RemoveListElement (15.2): all elements, or none. */
export function listElementService(how: 'add' | 'remove', downlink: Downlink): ConfirmedService {
  return {
    execute(request) {
      const change = readListElements(request.reader)
      const client = clientOf(request, [change.object], downlink)
      try {
        changeList(request, how, change, client, downlink)
      } catch (error) {
        const { object, property } = change
        noteFailure(error, request.device, { object, property }, client, downlink)
        throw error
      }
    },
    writeError(answer, error) {
      const element = error instanceof ElementError ? error.element : 0
      writeChangeListError(answer, error.errorClass, error.errorCode, element)
    },
  }
}

function changeList(
  { authorize, device }: ServiceRequest,
  how: 'add' | 'remove',
  { elements, index, object: id, property: number }: ListElements,
  client: Client,
  downlink: Downlink,
): void {
  const object = found(device, id)
  const property = propertyOf(object, number)
  if (index !== undefined) throw new BacnetError('property', 'property-is-not-an-array')
  if (property.items === undefined) throw new BacnetError('services', 'property-is-not-a-list')
  authorize()
  if (property.change === undefined) throw new BacnetError('property', 'write-access-denied')
  property.change(object, how, new Reader(elements), { downlink, client, authorize, priority: undefined })
}
