import { writeUnconfirmed } from '../apdu.ts'
import { BacnetReject } from '../error-code.ts'
import { objectTypes } from '../object-type.ts'
import { applicationTags, type Reader } from '../reader.ts'
import { unconfirmedServices } from '../service.ts'
import type { Writer } from '../writer.ts'

/** BACnetSegmentation (clause 21). */
export const segmentation = {
  'segmented-both': 0,
  'segmented-transmit': 1,
  'segmented-receive': 2,
  'no-segmentation': 3,
} as const

export interface IAm {
  readonly instance: number
  readonly maxApdu: number
  readonly segmentation: number
  readonly vendorId: number
}

/** I-Am (16.10), the whole APDU. */
export function writeIAm(writer: Writer, iAm: IAm): void {
  writeUnconfirmed(writer, unconfirmedServices['i-am'])
  writer
    .objectId(objectTypes.device, iAm.instance)
    .unsigned(iAm.maxApdu)
    .enumerated(iAm.segmentation)
    .unsigned(iAm.vendorId)
}

/** What follows the service choice of an I-Am. */
export function readIAm(reader: Reader): IAm {
  const length = (number: number): number => {
    const tag = reader.tag()
    if (tag.context || tag.number !== number) throw new BacnetReject('invalid-tag')
    return tag.length
  }
  const { instance, type } = reader.objectId(length(applicationTags['object-identifier']))
  if (type !== objectTypes.device) throw new BacnetReject('parameter-out-of-range')
  const maxApdu = reader.unsigned(length(applicationTags.unsigned))
  const segmentation = reader.unsigned(length(applicationTags.enumerated))
  const vendorId = reader.unsigned(length(applicationTags.unsigned))
  return { instance, maxApdu, segmentation, vendorId }
}
