import { BacnetReject } from '../error-code.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'

/** BACnetPropertyStates (clause 21): the discrete values of many data types, by the number of their tag. */
export type PropertyState =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: keyof typeof numbered; readonly value: number }
  /** `data` is the content octets. */
  | { readonly kind: 'other'; readonly tag: number; readonly data: Uint8Array }

const BOOLEAN = 0
const numbered = {
  binary: 1,
  reliability: 7,
  'event-state': 8,
  unsigned: 11,
} as const
const kindOf: ReadonlyMap<number, keyof typeof numbered> = new Map(
  Object.entries(numbered).map(([kind, tag]) => [tag, kind as keyof typeof numbered]),
)

export function readPropertyState(reader: Reader): PropertyState {
  if (reader.done) throw new BacnetReject('missing-required-parameter')
  const tag = reader.tag()
  if (!tag.context || tag.opening || tag.closing) throw new BacnetReject('invalid-tag')
  if (tag.number === BOOLEAN) return { kind: 'boolean', value: reader.boolean(tag.length) }
  const kind = kindOf.get(tag.number)
  if (kind !== undefined) return { kind, value: reader.unsigned(tag.length) }
  return { kind: 'other', tag: tag.number, data: reader.octets(tag.length).slice() }
}

export function writePropertyState(writer: Writer, state: PropertyState): void {
  if (state.kind === 'boolean') writer.contextBoolean(BOOLEAN, state.value)
  else if (state.kind === 'other') writer.tag(state.tag, true, state.data.length).octets(state.data)
  else writer.contextUnsigned(numbered[state.kind], state.value)
}
