import { BacnetReject } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import type { Reader } from '../reader.ts'

/** SubscribeCOV (13.14). Without `confirmed` and `lifetime` it is a cancellation. */
export interface SubscribeCov {
  readonly process: number
  readonly object: ObjectId
  readonly confirmed: boolean | undefined
  /** Seconds; 0 or absent: for ever. */
  readonly lifetime: number | undefined
}

export function readSubscribeCov(reader: Reader): SubscribeCov {
  const process = reader.unsigned(reader.context(0))
  const object = reader.objectId(reader.context(1))
  const confirmed = reader.nextIsContext(2) ? reader.boolean(reader.context(2)) : undefined
  const lifetime = reader.nextIsContext(3) ? reader.unsigned(reader.context(3)) : undefined
  reader.finish()
  // A lifetime without saying how to notify is half a subscription.
  if (confirmed === undefined && lifetime !== undefined) throw new BacnetReject('missing-required-parameter')
  return { process, object, confirmed, lifetime }
}
