import { writeUnconfirmed } from '../apdu.ts'
import { BacnetReject } from '../error-code.ts'
import type { ObjectId } from '../object-type.ts'
import { MAX_INSTANCE, objectTypes } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { unconfirmedServices } from '../service.ts'
import { readDevice } from '../type/recipient.ts'
import { readText } from '../value.ts'
import type { Writer } from '../writer.ts'

/** Who-Has (16.9): an object by its identifier or its name, in all devices or those of a range. */
export interface WhoHas {
  readonly low: number
  readonly high: number
  readonly object: ObjectId | string
}

export function readWhoHas(reader: Reader): WhoHas {
  let low = 0
  let high = MAX_INSTANCE
  if (reader.nextIsContext(0)) {
    low = reader.unsigned(reader.context(0))
    high = reader.unsigned(reader.context(1))
  }
  const object = reader.nextIsContext(2) ? reader.objectId(reader.context(2)) : readText(reader, reader.context(3))
  reader.finish()
  if (low > MAX_INSTANCE + 1 || high > MAX_INSTANCE + 1) throw new BacnetReject('parameter-out-of-range')
  return { low, high, object }
}

/** The whole APDU; all devices are asked for without a range. */
export function writeWhoHas(writer: Writer, { low, high, object }: WhoHas): void {
  writeUnconfirmed(writer, unconfirmedServices['who-has'])
  if (low > 0 || high < MAX_INSTANCE) writer.contextUnsigned(0, low).contextUnsigned(1, high)
  if (typeof object === 'string') writer.contextCharacterString(3, object)
  else writer.contextObjectId(2, object.type, object.instance)
}

/** I-Have (16.9), the whole APDU. */
export function writeIHave(writer: Writer, device: number, object: ObjectId, name: string): void {
  writeUnconfirmed(writer, unconfirmedServices['i-have'])
  writer.objectId(objectTypes.device, device).objectId(object.type, object.instance).characterString(name)
}

/** The parameters of an I-Have that another device sent. */
export function readIHave(reader: Reader): {
  readonly device: number
  readonly object: ObjectId
  readonly name: string
} {
  const device = readDevice(reader, reader.application('object-identifier'))
  const object = reader.objectId(reader.application('object-identifier'))
  const name = readText(reader, reader.application('character-string'))
  reader.finish()
  return { device, object, name }
}
