import { readFileSync } from 'node:fs'

export interface UdpFrame {
  readonly from: string
  readonly to: string
  readonly payload: Uint8Array
}

/** The UDP datagrams of a classic pcap with Ethernet and IPv4, in the order of its frames. */
export function udpFrames(file: string): readonly UdpFrame[] {
  const bytes = readFileSync(file)
  const little = bytes.readUInt32LE(0) === 0xa1b2c3d4
  const uint32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const address = (at: number) => [...bytes.subarray(at, at + 4)].join('.')
  const frames: UdpFrame[] = []
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = uint32(at + 8)
    const ip = at + 16 + 14
    const header = ((bytes[ip] ?? 0) & 0x0f) * 4
    const udp = ip + header
    const payload = Uint8Array.from(bytes.subarray(udp + 8, udp + bytes.readUInt16BE(udp + 4)))
    frames.push({ from: address(ip + 12), to: address(ip + 16), payload })
    at += 16 + length
  }
  return frames
}

/** The payloads alone. */
export function udpPayloads(file: string): readonly Uint8Array[] {
  return udpFrames(file).map(({ payload }) => payload)
}
