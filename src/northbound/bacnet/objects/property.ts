import type { Journal } from '../../../core/keep.ts'
import type { Writer as Client, Downlink } from '../../../core/ports.ts'
import { BacnetError } from '../wire/error-code.ts'
import { propertyIds } from '../wire/property-id.ts'
import { Reader } from '../wire/reader.ts'
import { type ApplicationValue, readApplication } from '../wire/value.ts'
import type { Writer } from '../wire/writer.ts'
import type { BacnetObject } from './bacnet-object.ts'

/** NULL with its tag (20.2.2): it is taken, and changes nothing, where there is no priority array (15.9.2). */
const NULL_OCTET = 0

/** How a write reaches core. */
export interface WriteContext {
  readonly downlink: Downlink
  readonly client: Client
  /** Throws BacnetError where the client may not write. */
  readonly authorize: () => void
  readonly priority: number | undefined
  /** Of an array, the element that is written; undefined: all of it. */
  readonly index?: number | undefined
}

/** An element of a list that was not taken, counted from 1; the list is as it was (15.1, 15.2). */
export class ElementError extends BacnetError {
  readonly element: number

  constructor(error: BacnetError, element: number) {
    super(error.errorClass, error.errorCode)
    this.element = element
  }
}

/** One property of an object type, for objects of type O. */
export interface Property<O> {
  readonly id: number
  /** Among REQUIRED rather than OPTIONAL (15.7.3.1.2). */
  readonly required: boolean
  /** Elements, where it is a BACnetARRAY. */
  readonly length?: (object: O, downlink: Downlink) => number
  /** Elements, where it is a BACnetLIST. */
  readonly items?: (object: O, downlink: Downlink) => number
  /** Records, where it is a log's buffer, which ReadRange alone reads. */
  readonly journal?: (object: O) => Journal
  /** Writes the value; of an array or a list, element n from 1. */
  readonly read: (writer: Writer, object: O, downlink: Downlink, index: number) => void
  /** Takes one primitive value; NULL only where `releases`. */
  readonly write?: (object: O, value: ApplicationValue, context: WriteContext) => void
  /** NULL means something: it releases a slot. */
  readonly releases?: (object: O) => boolean
  /** Takes a constructed value, or one of several primitives, to its end. */
  readonly writeOctets?: (object: O, value: Reader, context: WriteContext) => void
  /** Adds elements to a list, or takes them away: all of them, or none and throws ElementError. */
  readonly change?: (object: O, how: 'add' | 'remove', elements: Reader, context: WriteContext) => void
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

/** The three properties that every object begins with. */
export function identification(): readonly Property<BacnetObject>[] {
  return [
    {
      id: propertyIds['object-identifier'],
      required: true,
      read: (writer, { type, instance }) => writer.objectId(type, instance),
    },
    { id: propertyIds['object-name'], required: true, read: (writer, { name }) => writer.characterString(name) },
    { id: propertyIds['object-type'], required: true, read: (writer, { type }) => writer.enumerated(type) },
  ]
}

/** A property of an object; throws BacnetError where it has none of that number. */
export function propertyOf(object: BacnetObject, id: number): Property<BacnetObject> {
  const property = object.properties.get(id)
  if (property === undefined) throw new BacnetError('property', 'unknown-property')
  // The table is that of the object's own kind, which nobody but the object knows.
  return property as unknown as Property<BacnetObject>
}

/** Writes a property's value, an element of it or its length. Throws BacnetError as the standard names it (15.5.1.3). */
export function readProperty(
  writer: Writer,
  object: BacnetObject,
  downlink: Downlink,
  id: number,
  index: number | undefined,
): void {
  const property = propertyOf(object, id)
  const { read } = property
  if (property.length === undefined) {
    if (index !== undefined) throw new BacnetError('property', 'property-is-not-an-array')
    if (property.items === undefined) read(writer, object, downlink, 0)
    else for (let n = 1, count = property.items(object, downlink); n <= count; n += 1) read(writer, object, downlink, n)
    return
  }
  const length = property.length(object, downlink)
  if (index === 0) writer.unsigned(length)
  else if (index === undefined) {
    for (let element = 1; element <= length; element += 1) read(writer, object, downlink, element)
  } else if (index <= length) read(writer, object, downlink, index)
  else throw new BacnetError('property', 'invalid-array-index')
}

/** Writes into a property what stands between the value's tags. Throws BacnetError, or BacnetReject for broken octets. */
export function writePropertyValue(
  object: BacnetObject,
  id: number,
  index: number | undefined,
  value: Uint8Array,
  context: WriteContext,
): void {
  const property = propertyOf(object, id)
  if (index !== undefined && property.length === undefined)
    throw new BacnetError('property', 'property-is-not-an-array')
  context.authorize()
  const reader = new Reader(value)
  if (property.writeOctets !== undefined) {
    if (value.length === 1 && value[0] === NULL_OCTET) return
    property.writeOctets(object, reader, { ...context, index })
    return
  }
  if (property.write === undefined) throw new BacnetError('property', 'write-access-denied')
  // What isn't one primitive value is no value of such a property.
  if (reader.done || reader.peek()?.context) throw new BacnetError('property', 'invalid-data-type')
  const sent = readApplication(reader)
  if (!reader.done) throw new BacnetError('property', 'invalid-data-type')
  // What has no priority array can't be released, and loses nothing by it (15.9.2).
  if (sent.type === 'null' && !property.releases?.(object)) return
  property.write(object, sent, { ...context, index })
}
