/** Modbus over Serial Line V1.02, 6.2.2: the polynomial, lowest bit first. */
const POLYNOMIAL = 0xa001
const START = 0xffff

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ POLYNOMIAL
  return crc
})

/** CRC-16 of the bytes from `from` up to `to`: low byte first on the wire, and 0 over bytes that end with their own. */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = START
  for (let at = from; at < to; at += 1) crc = (crc >> 8) ^ (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return crc
}
