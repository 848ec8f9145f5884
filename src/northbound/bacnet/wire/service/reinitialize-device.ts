import { enumerationName } from '../enumeration.ts'
import type { Reader } from '../reader.ts'
import { readPassword } from '../type/password.ts'
import type { Writer } from '../writer.ts'

const states = {
  coldstart: 0,
  warmstart: 1,
  'start-backup': 2,
  'end-backup': 3,
  'start-restore': 4,
  'end-restore': 5,
  'abort-restore': 6,
  'activate-changes': 7,
} as const

/** ReinitializeDevice (16.4). */
export interface ReinitializeDevice {
  readonly state: keyof typeof states
  readonly password: string | undefined
}

export function readReinitializeDevice(reader: Reader): ReinitializeDevice {
  const state = enumerationName(states, reader.unsigned(reader.context(0)))
  const password = reader.nextIsContext(1) ? readPassword(reader, reader.context(1)) : undefined
  reader.finish()
  return { state, password }
}

export function writeReinitializeDevice(writer: Writer, { state, password }: ReinitializeDevice): void {
  writer.contextUnsigned(0, states[state])
  if (password !== undefined) writer.contextCharacterString(1, password)
}
