import { enumerationName } from '../enumeration.ts'
import { BacnetReject } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import { readPassword } from '../type/password.ts'
import type { Writer } from '../writer.ts'

const states = { enable: 0, disable: 1, 'disable-initiation': 2 } as const

/** DeviceCommunicationControl (16.1). */
export interface DeviceCommunicationControl {
  /** For how long; absent: until told otherwise. */
  readonly minutes: number | undefined
  readonly state: keyof typeof states
  readonly password: string | undefined
}

export function readDeviceCommunicationControl(reader: Reader): DeviceCommunicationControl {
  const minutes = reader.nextIsContext(0) ? reader.unsigned(reader.context(0)) : undefined
  const state = enumerationName(states, reader.unsigned(reader.context(1)))
  const password = reader.nextIsContext(2) ? readPassword(reader, reader.context(2)) : undefined
  reader.finish()
  if (minutes !== undefined && minutes > 0xffff) throw new BacnetReject('parameter-out-of-range')
  return { minutes, state, password }
}

export function writeDeviceCommunicationControl(writer: Writer, request: DeviceCommunicationControl): void {
  if (request.minutes !== undefined) writer.contextUnsigned(0, request.minutes)
  writer.contextUnsigned(1, states[request.state])
  if (request.password !== undefined) writer.contextCharacterString(2, request.password)
}
