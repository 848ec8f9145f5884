/** BACnet/IP as a data link (annex J): type 0x81, function, length. */
const BVLC_TYPE = 0x81

/** Functions of J.2. */
const bvlcFunctions = {
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

/** Result codes of J.2.1 for what a device that is no BBMD can't do. */
export const bvlcNaks: Readonly<Record<number, number>> = {
  [bvlcFunctions['write-broadcast-distribution-table']]: 0x0010,
  [bvlcFunctions['read-broadcast-distribution-table']]: 0x0020,
  [bvlcFunctions['register-foreign-device']]: 0x0030,
  [bvlcFunctions['read-foreign-device-table']]: 0x0040,
  [bvlcFunctions['delete-foreign-device-table-entry']]: 0x0050,
  [bvlcFunctions['distribute-broadcast-to-network']]: 0x0060,
}

export interface IpAddress {
  readonly address: string
  readonly port: number
}

export type Bvlc =
  | { readonly kind: 'npdu'; readonly broadcast: boolean; readonly npdu: Uint8Array; readonly origin?: IpAddress }
  /** A function for BBMDs, known by its number. */
  | { readonly kind: 'other'; readonly function: number; readonly data: Uint8Array }

/** A datagram as BVLC; undefined for what is none, its length included. */
export function parseBvlc(datagram: Uint8Array): Bvlc | undefined {
  if (datagram.length < 4 || datagram[0] !== BVLC_TYPE) return undefined
  if ((((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0)) !== datagram.length) return undefined
  const data = datagram.subarray(4)
  switch (datagram[1]) {
    case bvlcFunctions['original-unicast-npdu']:
      return { kind: 'npdu', broadcast: false, npdu: data }
    case bvlcFunctions['original-broadcast-npdu']:
      return { kind: 'npdu', broadcast: true, npdu: data }
    case bvlcFunctions['forwarded-npdu']: {
      if (data.length < 6) return undefined
      const origin = { address: [...data.subarray(0, 4)].join('.'), port: ((data[4] ?? 0) << 8) | (data[5] ?? 0) }
      return { kind: 'npdu', broadcast: true, npdu: data.subarray(6), origin }
    }
    default:
      return { kind: 'other', function: datagram[1] ?? 0, data }
  }
}

/** The octets before an NPDU of `length` octets. */
export function bvlcHeader(broadcast: boolean, length: number): readonly [number, number, number, number] {
  const total = length + 4
  const kind = broadcast ? bvlcFunctions['original-broadcast-npdu'] : bvlcFunctions['original-unicast-npdu']
  return [BVLC_TYPE, kind, total >> 8, total & 0xff]
}

export function bvlcResult(code: number): Uint8Array {
  return Uint8Array.of(BVLC_TYPE, bvlcFunctions.result, 0, 6, code >> 8, code & 0xff)
}
