import { writeUnconfirmed } from '../apdu.ts'
import { objectTypes } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { unconfirmedServices } from '../service.ts'
import { readDevice } from '../type/recipient.ts'
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

/** The parameters of an I-Am that another device sent. */
export function readIAm(reader: Reader): IAm {
  const instance = readDevice(reader, reader.application('object-identifier'))
  const maxApdu = reader.unsigned(reader.application('unsigned'))
  const segmentation = reader.unsigned(reader.application('enumerated'))
  const vendorId = reader.unsigned(reader.application('unsigned'))
  reader.finish()
  return { instance, maxApdu, segmentation, vendorId }
}
