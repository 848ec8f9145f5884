import type { IpAddress } from '../bvlc.ts'
import type { Writer } from '../writer.ts'

/** The octets of an IPv4 address. */
export function ipv4Octets(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number)
}

/** BACnetHostNPort (clause 21), the host as its address. */
export function writeHostNPort(writer: Writer, { address, port }: IpAddress): void {
  writer.opening(0).tag(1, true, 4).octets(ipv4Octets(address)).closing(0).contextUnsigned(1, port)
}
