import type { Writer } from '../writer.ts'

/** An IPv4 address and a port. */
export interface HostPort {
  readonly address: string
  readonly port: number
}

/** The octets of an IPv4 address. */
export function ipv4Octets(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number)
}

/** The address of a station on BACnet/IP: the IPv4 address and the port (annex J.1.2). */
export function ipMac({ address, port }: HostPort): Uint8Array {
  return Uint8Array.of(...ipv4Octets(address), port >> 8, port & 0xff)
}

/** BACnetHostNPort (clause 21), the host as its address. */
export function writeHostNPort(writer: Writer, { address, port }: HostPort): void {
  writer.opening(0).tag(1, true, 4).octets(ipv4Octets(address)).closing(0).contextUnsigned(1, port)
}
