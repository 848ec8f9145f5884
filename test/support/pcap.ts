import { readFileSync } from 'node:fs'

/** The UDP payloads of a classic pcap with Ethernet and IPv4, in the order of its frames. */
export function udpPayloads(file: string): readonly Uint8Array[] {
  const bytes = readFileSync(file)
  const little = bytes.readUInt32LE(0) === 0xa1b2c3d4
  const uint32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const payloads: Uint8Array[] = []
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = uint32(at + 8)
    const ip = at + 16 + 14
    const header = ((bytes[ip] ?? 0) & 0x0f) * 4
    const udp = ip + header
    payloads.push(Uint8Array.from(bytes.subarray(udp + 8, udp + bytes.readUInt16BE(udp + 4))))
    at += 16 + length
  }
  return payloads
}
