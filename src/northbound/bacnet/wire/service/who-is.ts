import { writeUnconfirmed } from '../apdu.ts'
import { BacnetReject } from '../error-code.ts'
import { MAX_INSTANCE } from '../object-type.ts'
import type { Reader } from '../reader.ts'
import { unconfirmedServices } from '../service.ts'
import type { Writer } from '../writer.ts'

/** Who-Is (16.10): all devices, or those of a range. */
export interface WhoIs {
  readonly low: number
  readonly high: number
}

export function readWhoIs(reader: Reader): WhoIs {
  if (reader.done) return { low: 0, high: MAX_INSTANCE }
  const low = reader.unsigned(reader.context(0))
  // One limit without the other is no range.
  const high = reader.unsigned(reader.context(1))
  reader.finish()
  if (low > MAX_INSTANCE + 1 || high > MAX_INSTANCE + 1) throw new BacnetReject('parameter-out-of-range')
  return { low, high }
}

/** The whole APDU; all devices are asked for without a range. */
export function writeWhoIs(writer: Writer, { low, high }: WhoIs): void {
  writeUnconfirmed(writer, unconfirmedServices['who-is'])
  if (low > 0 || high < MAX_INSTANCE) writer.contextUnsigned(0, low).contextUnsigned(1, high)
}
