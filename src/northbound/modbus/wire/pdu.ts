import { exceptionCodes, ModbusException } from './exception.ts'

/** A request that keeps every rule of its function; whether its addresses exist is not known here. */
export type Request =
  | { readonly kind: 'read-bits'; readonly function: 1 | 2; readonly address: number; readonly quantity: number }
  | { readonly kind: 'read-registers'; readonly function: 3 | 4; readonly address: number; readonly quantity: number }
  | WriteBits
  | WriteRegisters
  | MaskWrite
  | { readonly kind: 'report-server-id'; readonly function: 17 }
  | {
      readonly kind: 'read-write-registers'
      readonly function: 23
      readonly address: number
      readonly quantity: number
      readonly write: RegisterBytes
    }
  | {
      readonly kind: 'read-device-identification'
      readonly function: 43
      readonly access: 1 | 2 | 3 | 4
      readonly objectId: number
    }

interface WriteBits {
  readonly kind: 'write-bits'
  readonly function: 5 | 15
  readonly address: number
  readonly bits: readonly boolean[]
}

/** Registers to write: `data` holds them as on the wire, high byte first. */
export interface RegisterBytes {
  readonly address: number
  readonly quantity: number
  readonly data: Uint8Array
}

interface WriteRegisters extends RegisterBytes {
  readonly kind: 'write-registers'
  readonly function: 6 | 16
}

/** Mask Write Register: (current AND `and`) OR (`or` AND NOT `and`). */
interface MaskWrite {
  readonly kind: 'mask-write'
  readonly function: 22
  readonly address: number
  readonly and: number
  readonly or: number
}

// Most that fits a PDU of 253 bytes (V1.1b3, 6.1 to 6.17).
const MAX_READ_BITS = 2000
const MAX_READ_REGISTERS = 125
const MAX_WRITE_BITS = 1968
const MAX_WRITE_REGISTERS = 123
const MAX_READ_WRITE_REGISTERS = 121
/** Encapsulated interface: Read Device Identification (6.21). */
const MEI_DEVICE_IDENTIFICATION = 14

/** Understands a request PDU. Throws ModbusException: 1 for functions that don't exist here, 3 for broken contents. */
export function decodeRequest(pdu: Uint8Array): Request {
  const code = pdu[0]
  switch (code) {
    case 1:
    case 2:
      exactly(pdu, 5)
      return {
        kind: 'read-bits',
        function: code,
        address: uint16(pdu, 1),
        quantity: within(uint16(pdu, 3), MAX_READ_BITS),
      }
    case 3:
    case 4:
      exactly(pdu, 5)
      return {
        kind: 'read-registers',
        function: code,
        address: uint16(pdu, 1),
        quantity: within(uint16(pdu, 3), MAX_READ_REGISTERS),
      }
    case 5:
      exactly(pdu, 5)
      return { kind: 'write-bits', function: 5, address: uint16(pdu, 1), bits: [coil(uint16(pdu, 3))] }
    case 6:
      exactly(pdu, 5)
      return { kind: 'write-registers', function: 6, address: uint16(pdu, 1), quantity: 1, data: pdu.subarray(3) }
    case 15:
      return decodeWriteBits(pdu)
    case 16:
      return { kind: 'write-registers', function: 16, ...registerBytes(pdu, 1, MAX_WRITE_REGISTERS) }
    case 17:
      exactly(pdu, 1)
      return { kind: 'report-server-id', function: 17 }
    case 22:
      exactly(pdu, 7)
      return { kind: 'mask-write', function: 22, address: uint16(pdu, 1), and: uint16(pdu, 3), or: uint16(pdu, 5) }
    case 23:
      return decodeReadWrite(pdu)
    case 43:
      return decodeEncapsulated(pdu)
    default:
      throw new ModbusException(exceptionCodes.illegalFunction, `function ${code}`)
  }
}

/** The answer to functions 1 and 2: bit n of the request is bit n mod 8 of byte n / 8. `bits` has one byte a bit. */
export function encodeBits(functionCode: number, bits: Uint8Array): Uint8Array {
  const count = Math.ceil(bits.length / 8)
  const pdu = new Uint8Array(2 + count)
  pdu[0] = functionCode
  pdu[1] = count
  for (let n = 0; n < bits.length; n += 1) {
    if (bits[n] !== 0) pdu[2 + (n >> 3)]! |= 1 << (n & 7)
  }
  return pdu
}

/** The answer to functions 3, 4 and 23 with room for `quantity` registers from byte 2 on, all of which its caller has to fill. */
export function registersPdu(functionCode: number, quantity: number): Uint8Array {
  const pdu = Buffer.allocUnsafe(2 + 2 * quantity)
  pdu[0] = functionCode
  pdu[1] = 2 * quantity
  return pdu
}

/** The answer to functions 5, 6, 15, 16 (the first five bytes of the request say it all) and 22 (all seven do). */
export function encodeWritten(request: Uint8Array): Uint8Array {
  return request.slice(0, request[0] === 22 ? 7 : 5)
}

function decodeWriteBits(pdu: Uint8Array): WriteBits {
  atLeast(pdu, 6)
  const quantity = within(uint16(pdu, 3), MAX_WRITE_BITS)
  const count = Math.ceil(quantity / 8)
  same(pdu[5], count, 'byte count')
  exactly(pdu, 6 + count)
  const bits = Array.from({ length: quantity }, (_, n) => ((pdu[6 + (n >> 3)] ?? 0) & (1 << (n & 7))) !== 0)
  return { kind: 'write-bits', function: 15, address: uint16(pdu, 1), bits }
}

function decodeReadWrite(pdu: Uint8Array): Request {
  atLeast(pdu, 10)
  const quantity = within(uint16(pdu, 3), MAX_READ_REGISTERS)
  const write = registerBytes(pdu, 5, MAX_READ_WRITE_REGISTERS)
  return { kind: 'read-write-registers', function: 23, address: uint16(pdu, 1), quantity, write }
}

function decodeEncapsulated(pdu: Uint8Array): Request {
  atLeast(pdu, 2)
  if (pdu[1] !== MEI_DEVICE_IDENTIFICATION) {
    throw new ModbusException(exceptionCodes.illegalFunction, `MEI type ${pdu[1]}`)
  }
  exactly(pdu, 4)
  const access = pdu[2]
  if (access !== 1 && access !== 2 && access !== 3 && access !== 4) illegal(`Read Device ID code ${access}`)
  return { kind: 'read-device-identification', function: 43, access, objectId: pdu[3] ?? 0 }
}

/** Address, quantity, byte count and data, from `at` to the end. */
function registerBytes(pdu: Uint8Array, at: number, most: number): RegisterBytes {
  atLeast(pdu, at + 5)
  const quantity = within(uint16(pdu, at + 2), most)
  same(pdu[at + 4], 2 * quantity, 'byte count')
  exactly(pdu, at + 5 + 2 * quantity)
  return { address: uint16(pdu, at), quantity, data: pdu.subarray(at + 5) }
}

function coil(value: number): boolean {
  if (value !== 0x0000 && value !== 0xff00) illegal(`coil value ${value}`)
  return value === 0xff00
}

function within(quantity: number, most: number): number {
  if (quantity < 1 || quantity > most) illegal(`quantity ${quantity}`)
  return quantity
}

function exactly(pdu: Uint8Array, length: number): void {
  if (pdu.length !== length) illegal(`PDU of ${pdu.length} bytes instead of ${length}`)
}

function atLeast(pdu: Uint8Array, length: number): void {
  if (pdu.length < length) illegal(`PDU of ${pdu.length} bytes`)
}

function same(found: number | undefined, wanted: number, what: string): void {
  if (found !== wanted) illegal(`${what} ${found} instead of ${wanted}`)
}

function illegal(what: string): never {
  throw new ModbusException(exceptionCodes.illegalDataValue, what)
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
