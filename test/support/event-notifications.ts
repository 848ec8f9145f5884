import { parseApdu } from '../../src/northbound/bacnet/wire/apdu.ts'
import { parseNpdu } from '../../src/northbound/bacnet/wire/npdu.ts'
import { Reader } from '../../src/northbound/bacnet/wire/reader.ts'
import {
  type EventNotification,
  readEventNotification,
} from '../../src/northbound/bacnet/wire/service/event-notification.ts'
import { octets } from './octets.ts'

export interface Told {
  readonly to: string
  /** Undefined: it is not confirmed. */
  readonly invokeId: number | undefined
  readonly npdu: ReturnType<typeof parseNpdu>
  readonly event: EventNotification
}

/** The event notifications among datagrams; whatever else they are is left out. */
export function eventsIn(datagrams: readonly { readonly to: string; readonly hex: string }[]): readonly Told[] {
  return datagrams.flatMap(({ hex, to }) => {
    const npdu = parseNpdu(octets(hex).subarray(4))
    if (npdu.message !== undefined) return []
    const apdu = parseApdu(npdu.data)
    const isConfirmed = apdu.kind === 'confirmed-request' && apdu.service === 2
    if (!isConfirmed && !(apdu.kind === 'unconfirmed-request' && apdu.service === 3)) return []
    const event = readEventNotification(new Reader(apdu.data))
    return [{ to, invokeId: isConfirmed ? apdu.invokeId : undefined, npdu, event }]
  })
}
