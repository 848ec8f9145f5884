import { BacnetReject } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import { readReal } from '../value.ts'
import type { Writer } from '../writer.ts'
import type { SubscribeCov } from './subscribe-cov.ts'

/** SubscribeCOVProperty (13.15). Without `confirmed` and `lifetime` it is a cancellation. */
export interface SubscribeCovProperty extends SubscribeCov {
  readonly property: number
  readonly index: number | undefined
  /** By how much the value changes before it is told; absent: the object's own increment. */
  readonly increment: number | undefined
}

export function readSubscribeCovProperty(reader: Reader): SubscribeCovProperty {
  const process = reader.unsigned(reader.context(0))
  const object = reader.objectId(reader.context(1))
  const confirmed = reader.nextIsContext(2) ? reader.boolean(reader.context(2)) : undefined
  const lifetime = reader.nextIsContext(3) ? reader.unsigned(reader.context(3)) : undefined
  reader.opening(4)
  const property = reader.unsigned(reader.context(0))
  const index = reader.nextIsContext(1) ? reader.unsigned(reader.context(1)) : undefined
  reader.closing(4)
  const increment = reader.nextIsContext(5) ? readReal(reader, reader.context(5)) : undefined
  reader.finish()
  // A lifetime without saying how to notify is half a subscription.
  if (confirmed === undefined && lifetime !== undefined) throw new BacnetReject('missing-required-parameter')
  return { process, object, confirmed, lifetime, property, index, increment }
}

export function writeSubscribeCovProperty(writer: Writer, request: SubscribeCovProperty): void {
  const { process, object, confirmed, lifetime, property, index, increment } = request
  writer.contextUnsigned(0, process).contextObjectId(1, object.type, object.instance)
  if (confirmed !== undefined) writer.contextBoolean(2, confirmed)
  if (lifetime !== undefined) writer.contextUnsigned(3, lifetime)
  writer.opening(4).contextUnsigned(0, property)
  if (index !== undefined) writer.contextUnsigned(1, index)
  writer.closing(4)
  if (increment !== undefined) writer.contextReal(5, increment)
}
