import type { Identification } from './device-identification.ts'

/** What kind of unit answers, by the first byte of its Server ID. */
const serverIds = { bridge: 1, charger: 2, blocks: 3 } as const
export type ServerKind = keyof typeof serverIds

const FUNCTION = 17
const RUNNING = 0xff
const STOPPED = 0x00
/** A PDU of 253 bytes less function, byte count, Server ID and run indicator. */
const MAX_TEXT = 249

const encoder = new TextEncoder()

/**
 * The answer to Report Server ID (V1.1b3, 6.13): one byte of Server ID, the run indicator, and `vendor;model;revision`
 * in UTF-8, cut to whole characters that fit.
 */
export function encodeServerId(kind: ServerKind, running: boolean, identification: Identification): Uint8Array {
  const { vendorName, productCode, majorMinorRevision } = identification
  const text = new Uint8Array(MAX_TEXT)
  const { written } = encoder.encodeInto([vendorName, productCode, majorMinorRevision].join(';'), text)
  const pdu = new Uint8Array(4 + written)
  pdu.set([FUNCTION, 2 + written, serverIds[kind], running ? RUNNING : STOPPED])
  pdu.set(text.subarray(0, written), 4)
  return pdu
}
