import type { Station } from './support.ts'

/** A BVLC datagram of one function, in hexadecimal. */
export function bvlc(name: number, data = ''): string {
  const octets = data.replaceAll(' ', '')
  const length = (octets.length / 2 + 4).toString(16).padStart(4, '0')
  return `81${name.toString(16).padStart(2, '0')}${length}${octets}`
}

/** An address as tables of BBMDs hold it. */
export function six({ address, port }: Station): string {
  return Buffer.from([...address.split('.').map(Number), port >> 8, port & 0xff]).toString('hex')
}

export const uint16 = (value: number): string => value.toString(16).padStart(4, '0')

export const register = (seconds: number): string => bvlc(0x05, uint16(seconds))
export const distribute = (npdu: string): string => bvlc(0x09, npdu)
export const toAll = (npdu: string): string => bvlc(0x0b, npdu)
export const forwarded = (origin: Station, npdu: string): string => bvlc(0x04, six(origin) + npdu)
export const result = (code: number): string => bvlc(0x00, uint16(code))
/** Who-Is to all devices. */
export const WHO_IS = '01001008'

/** A station on BACnet's own port. */
export const at = (address: string, port = 47808): Station => ({ address, port })
