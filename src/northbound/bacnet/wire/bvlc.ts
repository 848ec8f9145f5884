import type { Writer } from './writer.ts'

/** BACnet/IP as a data link (annex J): type 0x81, function, length. */
const BVLC_TYPE = 0x81
/** Octets before what a function carries. */
export const BVLC_HEADER = 4
/** A station of BACnet/IP: address and port (J.1.2). */
export const IP_MAC_BYTES = 6

/** Functions of J.2. */
export const bvlcFunctions = {
  result: 0x00,
  'write-broadcast-distribution-table': 0x01,
  'read-broadcast-distribution-table': 0x02,
  'read-broadcast-distribution-table-ack': 0x03,
  'forwarded-npdu': 0x04,
  'register-foreign-device': 0x05,
  'read-foreign-device-table': 0x06,
  'read-foreign-device-table-ack': 0x07,
  'delete-foreign-device-table-entry': 0x08,
  'distribute-broadcast-to-network': 0x09,
  'original-unicast-npdu': 0x0a,
  'original-broadcast-npdu': 0x0b,
} as const

export type BvlcFunction = keyof typeof bvlcFunctions

/** What only BBMDs do: each has its NAK (J.2.1). */
export const bvlcNaks = {
  'write-broadcast-distribution-table': 0x0010,
  'read-broadcast-distribution-table': 0x0020,
  'register-foreign-device': 0x0030,
  'read-foreign-device-table': 0x0040,
  'delete-foreign-device-table-entry': 0x0050,
  'distribute-broadcast-to-network': 0x0060,
} as const satisfies Partial<Record<BvlcFunction, number>>

export const BVLC_SUCCESS = 0x0000

export interface IpAddress {
  readonly address: string
  readonly port: number
}

/** What is asked of a BBMD. */
export type BbmdRequest =
  | {
      readonly kind:
        | 'write-broadcast-distribution-table'
        | 'read-broadcast-distribution-table'
        | 'read-foreign-device-table'
    }
  | { readonly kind: 'register-foreign-device'; readonly ttlSeconds: number }
  | { readonly kind: 'delete-foreign-device-table-entry'; readonly entry: IpAddress }
  | { readonly kind: 'distribute-broadcast-to-network'; readonly npdu: Uint8Array }

export type Bvlc =
  | { readonly kind: 'npdu'; readonly broadcast: boolean; readonly npdu: Uint8Array; readonly origin?: IpAddress }
  | { readonly kind: 'result'; readonly code: number }
  | BbmdRequest
  /** What nobody here asked for. */
  | { readonly kind: 'other'; readonly function: number }

/** A datagram as BVLC; undefined for what is none, its length included. */
export function parseBvlc(datagram: Uint8Array): Bvlc | undefined {
  if (datagram.length < BVLC_HEADER || datagram[0] !== BVLC_TYPE) return undefined
  if (uint16(datagram, 2) !== datagram.length) return undefined
  const data = datagram.subarray(BVLC_HEADER)
  switch (datagram[1]) {
    case bvlcFunctions['original-unicast-npdu']:
      return { kind: 'npdu', broadcast: false, npdu: data }
    case bvlcFunctions['original-broadcast-npdu']:
      return { kind: 'npdu', broadcast: true, npdu: data }
    case bvlcFunctions['forwarded-npdu']:
      if (data.length < 6) return undefined
      return { kind: 'npdu', broadcast: true, npdu: data.subarray(6), origin: readStation(data) }
    case bvlcFunctions.result:
      return data.length === 2 ? { kind: 'result', code: uint16(data, 0) } : undefined
    case bvlcFunctions['write-broadcast-distribution-table']:
      return { kind: 'write-broadcast-distribution-table' }
    case bvlcFunctions['read-broadcast-distribution-table']:
      return data.length === 0 ? { kind: 'read-broadcast-distribution-table' } : undefined
    case bvlcFunctions['register-foreign-device']:
      return data.length === 2 ? { kind: 'register-foreign-device', ttlSeconds: uint16(data, 0) } : undefined
    case bvlcFunctions['read-foreign-device-table']:
      return data.length === 0 ? { kind: 'read-foreign-device-table' } : undefined
    case bvlcFunctions['delete-foreign-device-table-entry']:
      return data.length === 6 ? { kind: 'delete-foreign-device-table-entry', entry: readStation(data) } : undefined
    case bvlcFunctions['distribute-broadcast-to-network']:
      return { kind: 'distribute-broadcast-to-network', npdu: data }
    default:
      return { kind: 'other', function: datagram[1] ?? 0 }
  }
}

/** Fills in the four octets that were left free at the front of a datagram. */
export function frame(datagram: Uint8Array, name: BvlcFunction): Uint8Array {
  datagram[0] = BVLC_TYPE
  datagram[1] = bvlcFunctions[name]
  datagram[2] = datagram.length >> 8
  datagram[3] = datagram.length & 0xff
  return datagram
}

export function bvlcResult(code: number): Uint8Array {
  return frame(Uint8Array.of(0, 0, 0, 0, code >> 8, code & 0xff), 'result')
}

/** An NPDU that its origin sent to everybody, passed on (J.2.5). */
export function forwardedNpdu(origin: IpAddress, npdu: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(BVLC_HEADER + 6 + npdu.length)
  datagram.set(stationOctets(origin), BVLC_HEADER)
  datagram.set(npdu, BVLC_HEADER + 6)
  return frame(datagram, 'forwarded-npdu')
}

/** An address as tables of BBMDs and Forwarded-NPDUs hold it (J.1.2): four octets and the port. */
export function stationOctets({ address, port }: IpAddress): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return Uint8Array.of(a, b, c, d, port >> 8, port & 0xff)
}

/** One station of the Broadcast Distribution Table; the mask of two hops (J.4.3.2) is all ones. */
export function writeDistributionEntry(writer: Writer, station: IpAddress): void {
  writer.octets(stationOctets(station)).uint32(0xffff_ffff)
}

export function stationKey({ address, port }: IpAddress): string {
  return `${address}:${port}`
}

/** The station of six octets at the front. */
export function readStation(octets: Uint8Array): IpAddress {
  return { address: [...octets.subarray(0, 4)].join('.'), port: uint16(octets, 4) }
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
