import { BacnetReject } from '../error-code.ts'
import { objectTypes } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** BACnetRecipient (clause 21). Network 0 is the local one; an address without octets is everybody there. */
export type Recipient =
  | { readonly kind: 'device'; readonly instance: number }
  | { readonly kind: 'address'; readonly network: number; readonly mac: Uint8Array }

/** BACnetRecipientProcess (clause 21). */
export interface RecipientProcess {
  readonly recipient: Recipient
  readonly process: number
}

/** The NPDU tells a MAC address's length in one octet. */
const MAX_MAC = 255

export function readRecipient(reader: Reader): Recipient {
  if (reader.nextIsContext(0)) return { kind: 'device', instance: readDevice(reader, reader.context(0)) }
  reader.opening(1)
  const network = reader.unsigned(reader.application('unsigned'))
  const mac = reader.octets(reader.application('octet-string'))
  reader.closing(1)
  if (network > 0xffff || mac.length > MAX_MAC) throw new BacnetReject('parameter-out-of-range')
  return { kind: 'address', network, mac: mac.slice() }
}

export function writeRecipient(writer: Writer, recipient: Recipient): void {
  if (recipient.kind === 'device') writer.contextObjectId(0, objectTypes.device, recipient.instance)
  else writer.opening(1).unsigned(recipient.network).octetString(recipient.mac).closing(1)
}

export function readRecipientProcess(reader: Reader): RecipientProcess {
  reader.opening(0)
  const recipient = readRecipient(reader)
  reader.closing(0)
  return { recipient, process: reader.unsigned(reader.context(1)) }
}

export function writeRecipientProcess(writer: Writer, { recipient, process }: RecipientProcess): void {
  writer.opening(0)
  writeRecipient(writer, recipient)
  writer.closing(0).contextUnsigned(1, process)
}

/** An object identifier that has to be a device's: its instance. */
export function readDevice(reader: Reader, length: number): number {
  const { type, instance } = reader.objectId(length)
  if (type !== objectTypes.device) throw new BacnetReject('parameter-out-of-range')
  return instance
}
