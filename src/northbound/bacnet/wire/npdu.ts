import { BacnetReject } from './error-code.ts'
import { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

const VERSION = 1
/** The network number that means all of them (6.2.2). */
export const GLOBAL_BROADCAST = 0xffff

/** A place on a network; no octets: everybody there. */
export interface NetworkAddress {
  readonly network: number
  readonly mac: Uint8Array
}

/** Network layer message types (6.2.4). */
export const networkMessages = {
  'who-is-router-to-network': 0x00,
  'i-am-router-to-network': 0x01,
  'i-could-be-router-to-network': 0x02,
  'reject-message-to-network': 0x03,
  'router-busy-to-network': 0x04,
  'router-available-to-network': 0x05,
  'initialize-routing-table': 0x06,
  'initialize-routing-table-ack': 0x07,
  'establish-connection-to-network': 0x08,
  'disconnect-connection-to-network': 0x09,
  'what-is-network-number': 0x12,
  'network-number-is': 0x13,
} as const

/** Reasons of Reject-Message-To-Network (6.4.4). */
export const networkRejects = {
  other: 0,
  'not-directly-connected': 1,
  busy: 2,
  'unknown-message': 3,
  'too-long': 4,
} as const

export interface Npdu {
  readonly destination: NetworkAddress | undefined
  readonly source: NetworkAddress | undefined
  /** Only with a destination. */
  readonly hopCount: number | undefined
  readonly expectingReply: boolean
  readonly priority: number
  /** A network layer message, instead of an APDU. */
  readonly message: number | undefined
  readonly vendor: number | undefined
  /** The APDU, or what follows the message type. */
  readonly data: Uint8Array
}

/** The network header (6.2). What is cut short or of another version is a BacnetReject, which nobody answers. */
export function parseNpdu(bytes: Uint8Array): Npdu {
  const reader = new Reader(bytes)
  if (reader.uint8() !== VERSION) throw new BacnetReject('other')
  const control = reader.uint8()
  const destination = control & 0x20 ? address(reader) : undefined
  const source = control & 0x08 ? address(reader) : undefined
  // A source is one station (6.2.2): neither nobody nor everybody.
  if (source !== undefined && (source.mac.length === 0 || source.network === GLOBAL_BROADCAST)) {
    throw new BacnetReject('other')
  }
  const hopCount = destination ? reader.uint8() : undefined
  const message = control & 0x80 ? reader.uint8() : undefined
  const vendor = message !== undefined && message >= 0x80 ? reader.uint16() : undefined
  return {
    destination,
    source,
    hopCount,
    expectingReply: (control & 0x04) !== 0,
    priority: control & 0x03,
    message,
    vendor,
    data: bytes.subarray(reader.at),
  }
}

/** What may be left out of a header that is written. */
export interface NpduHeader {
  readonly destination?: NetworkAddress | undefined
  readonly source?: NetworkAddress | undefined
  readonly hopCount?: number
  readonly expectingReply: boolean
  readonly priority?: number
  readonly message?: number
}

/** Writes the header; the APDU, or the message's data, follows. */
export function writeNpdu(writer: Writer, npdu: NpduHeader): void {
  const { destination, source, message } = npdu
  const control =
    (message !== undefined ? 0x80 : 0) |
    (destination ? 0x20 : 0) |
    (source ? 0x08 : 0) |
    (npdu.expectingReply ? 0x04 : 0) |
    (npdu.priority ?? 0)
  writer.uint8(VERSION).uint8(control)
  if (destination) writeAddress(writer, destination)
  if (source) writeAddress(writer, source)
  if (destination) writer.uint8(npdu.hopCount ?? 255)
  if (message !== undefined) writer.uint8(message)
}

function address(reader: Reader): NetworkAddress {
  const network = reader.uint16()
  const mac = reader.octets(reader.uint8())
  if (network === 0) throw new BacnetReject('other')
  return { network, mac }
}

function writeAddress(writer: Writer, { network, mac }: NetworkAddress): void {
  writer.uint16(network).uint8(mac.length).octets(mac)
}
