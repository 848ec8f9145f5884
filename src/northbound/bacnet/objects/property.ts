import type { Writer as Client, Downlink } from '../../../core/ports.ts'
import { MAX_APDU } from '../transport/limits.ts'
import { BacnetAbort, BacnetError } from '../wire/error-code.ts'
import { propertyIds } from '../wire/property-id.ts'
import type { ApplicationValue } from '../wire/value.ts'
import type { Writer } from '../wire/writer.ts'

/** How a write reaches core. */
interface WriteContext {
  readonly downlink: Downlink
  readonly client: Client
  readonly priority: number | undefined
}

/** One property of an object type, for objects of type O. */
export interface Property<O> {
  readonly id: number
  /** Among REQUIRED rather than OPTIONAL (15.7.3.1.2). */
  readonly required: boolean
  /** Elements, where it is a BACnetARRAY. */
  readonly length?: (object: O, downlink: Downlink) => number
  /** Writes the value; of an array, element n from 1. */
  readonly read: (writer: Writer, object: O, downlink: Downlink, index: number) => void
  readonly write?: (object: O, value: ApplicationValue, context: WriteContext) => void
}

export type PropertyTable<O> = ReadonlyMap<number, Property<O>>

/** A table with Property_List added (12.1.5.1): everything but the four that every object has. */
export function propertyTable<O>(rows: readonly Property<O>[]): PropertyTable<O> {
  const unlisted: readonly number[] = [
    propertyIds['object-name'],
    propertyIds['object-type'],
    propertyIds['object-identifier'],
    propertyIds['property-list'],
  ]
  const listed = rows.filter(({ id }) => !unlisted.includes(id)).map(({ id }) => id)
  const list: Property<O> = {
    id: propertyIds['property-list'],
    required: true,
    length: () => listed.length,
    read: (writer, _object, _downlink, index) => writer.enumerated(listed[index - 1] ?? 0),
  }
  return new Map([...rows, list].map((row) => [row.id, row]))
}

/** Writes a property's value, an element of it or its length. Throws BacnetError as the standard names it (15.5.1.3). */
export function readPropertyValue<O>(
  writer: Writer,
  table: PropertyTable<O>,
  object: O,
  downlink: Downlink,
  id: number,
  index: number | undefined,
): void {
  // An answer that no client can be sent is not written to its end: a few octets could ask for gigabytes.
  if (writer.length > MAX_APDU) throw tooLong()
  const property = table.get(id)
  if (property === undefined) throw new BacnetError('property', 'unknown-property')
  if (property.length === undefined) {
    if (index !== undefined) throw new BacnetError('property', 'property-is-not-an-array')
    property.read(writer, object, downlink, 0)
    return
  }
  const length = property.length(object, downlink)
  if (index === 0) writer.unsigned(length)
  else if (index === undefined) {
    for (let element = 1; element <= length; element += 1) {
      property.read(writer, object, downlink, element)
      if (writer.length > MAX_APDU) throw tooLong()
    }
  } else if (index <= length) property.read(writer, object, downlink, index)
  else throw new BacnetError('property', 'invalid-array-index')
}

function tooLong(): BacnetAbort {
  return new BacnetAbort('segmentation-not-supported')
}
