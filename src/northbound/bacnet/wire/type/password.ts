import { BacnetReject } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import { readText } from '../value.ts'

const MAX_LENGTH = 20

/** The content of a password of DeviceCommunicationControl and ReinitializeDevice (clause 21): 1 to 20 characters. */
export function readPassword(reader: Reader, length: number): string {
  const password = readText(reader, length)
  const characters = [...password].length
  if (characters < 1 || characters > MAX_LENGTH) throw new BacnetReject('parameter-out-of-range')
  return password
}
