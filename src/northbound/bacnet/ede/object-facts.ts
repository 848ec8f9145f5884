import type { Point } from '../../../core/points/point.ts'
import type { Downlink } from '../../../core/ports.ts'
import { tellsChanges } from '../binding.ts'
import type { BacnetObject } from '../objects/bacnet-object.ts'
import { PointObject } from '../objects/point-object.ts'
import { readProperty } from '../objects/property.ts'
import { propertyIds } from '../wire/property-id.ts'
import { Reader } from '../wire/reader.ts'
import { type ApplicationValue, readApplication } from '../wire/value.ts'
import { Writer } from '../wire/writer.ts'

/** What a sheet of points says of one object; numbers as texts, nothing where the object has no such property. */
export interface ObjectFacts {
  readonly device: number
  readonly type: number
  readonly instance: number
  readonly name: string
  readonly description: string
  readonly minimum: string
  readonly maximum: string
  readonly settable: boolean
  readonly tellsChanges: boolean
  readonly highLimit: string
  readonly lowLimit: string
  /** Of a multi-state, or inactive and active of a binary. */
  readonly states: readonly string[] | undefined
  readonly unit: number | undefined
  readonly notificationClass: string
  /** Where its value comes from: `<identifier>/<connector>/<point>`, or the bridge's own point. */
  readonly source: string
}

/** Reads an object as a client would, so that a sheet says what the device says. */
export function objectFacts(object: BacnetObject, downlink: Downlink): ObjectFacts {
  const values = (id: keyof typeof propertyIds) => readValues(object, downlink, propertyIds[id])
  const first = (id: keyof typeof propertyIds) => plain(values(id)[0])
  const binary = [first('inactive-text'), first('active-text')]
  const texts = values('state-text').map(plain)
  const unit = values('units')[0]
  const { point } = object
  return {
    device: object.device.instance,
    type: object.type,
    instance: object.instance,
    name: object.name,
    description: first('description'),
    minimum: first('min-pres-value'),
    maximum: first('max-pres-value'),
    settable: object instanceof PointObject && object.point.writable,
    tellsChanges: object instanceof PointObject && tellsChanges(object.row),
    highLimit: first('high-limit'),
    lowLimit: first('low-limit'),
    states: texts.length > 0 ? texts : binary.every((text) => text !== '') ? binary : undefined,
    unit: unit?.type === 'enumerated' ? unit.value : undefined,
    notificationClass: first('notification-class'),
    source: point === undefined ? '' : sourceOf(point),
  }
}

function sourceOf({ charger, connector, definition }: Point): string {
  return charger === undefined ? definition.name : `${charger.id}/${connector}/${definition.name}`
}

/** The primitive values of a property; none where the object hasn't got it. */
function readValues(object: BacnetObject, downlink: Downlink, id: number): readonly ApplicationValue[] {
  if (!object.properties.has(id)) return []
  const writer = new Writer()
  readProperty(writer, object, downlink, id, undefined)
  const reader = new Reader(writer.finish())
  const values: ApplicationValue[] = []
  while (!reader.done) values.push(readApplication(reader))
  return values
}

function plain(value: ApplicationValue | undefined): string {
  switch (value?.type) {
    case 'unsigned':
    case 'signed':
    case 'double':
    case 'enumerated':
      return String(value.value)
    case 'real':
      // 0.1 is not as exact as it comes out of four octets.
      return String(Number(value.value.toPrecision(7)))
    case 'character-string':
      return value.value
    default:
      return ''
  }
}
