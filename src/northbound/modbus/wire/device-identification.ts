import { exceptionCodes, ModbusException } from './exception.ts'

/** Who answers: objects 0 to 6 of V1.1b3, 6.21, in their order. */
export interface Identification {
  readonly vendorName: string
  readonly productCode: string
  readonly majorMinorRevision: string
  readonly vendorUrl: string
  readonly productName: string
  readonly modelName: string
  readonly userApplicationName: string
}

/** Regular identification, by stream and by single object. */
const CONFORMITY = 0x82
const LAST_BASIC = 2
const MAX_PDU = 253
const HEADER = 7

const encoder = new TextEncoder()

/**
 * The answer to Read Device Identification: access 1 streams the basic objects, 2 and 3 all, 4 gives one. A stream is
 * continued from `objectId` when it doesn't fit one PDU. Throws ModbusException 2 for a single object that isn't there.
 */
export function encodeIdentification(
  access: 1 | 2 | 3 | 4,
  objectId: number,
  identification: Identification,
): Uint8Array {
  const objects = texts(identification).map((text) => encoder.encode(text).subarray(0, MAX_PDU - HEADER - 2))
  if (access === 4) {
    if (objects[objectId] === undefined)
      throw new ModbusException(exceptionCodes.illegalDataAddress, `object ${objectId}`)
    return page(access, objects, objectId, objectId)
  }
  const last = access === 1 ? LAST_BASIC : objects.length - 1
  // 6.21: a stream that begins at an unknown object begins at the first.
  return page(access, objects, objectId > last ? 0 : objectId, last)
}

function texts(of: Identification): readonly string[] {
  return [
    of.vendorName,
    of.productCode,
    of.majorMinorRevision,
    of.vendorUrl,
    of.productName,
    of.modelName,
    of.userApplicationName,
  ]
}

function page(access: number, objects: readonly Uint8Array[], first: number, last: number): Uint8Array {
  const pdu = new Uint8Array(MAX_PDU)
  let length = HEADER
  let id = first
  for (; id <= last; id += 1) {
    const object = objects[id] ?? new Uint8Array(0)
    if (length + 2 + object.length > MAX_PDU) break
    pdu[length] = id
    pdu[length + 1] = object.length
    pdu.set(object, length + 2)
    length += 2 + object.length
  }
  const more = id <= last
  pdu.set([43, 14, access, CONFORMITY, more ? 0xff : 0x00, more ? id : 0, id - first])
  return pdu.subarray(0, length)
}
