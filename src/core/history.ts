import type { Refusal, Writer } from './ports.ts'

/** One message between a charger and the bridge, as it went over the wire. */
export interface Message {
  readonly kind: 'message'
  /** Milliseconds UTC, by the bridge's clock. */
  readonly at: number
  readonly charger: string
  readonly from: 'charger' | 'bridge'
  readonly form: 'call' | 'result' | 'error' | 'nonsense'
  /** The call that it is or answers; empty where nobody knows. */
  readonly action: string
  readonly text: string
}

/** One write of a building or a person. One that repeats what stands there already is none. */
export interface Write {
  readonly kind: 'write'
  readonly at: number
  readonly source: Writer['source']
  readonly client: string
  /** Undefined: the bridge itself. */
  readonly charger: string | undefined
  readonly connector: number
  readonly point: string
  /** As people read it, with its unit; without a tag that is not shared. */
  readonly value: string
  readonly priority: number | undefined
  /** denied: whoever wrote may not. */
  readonly result: 'accepted' | 'denied' | Refusal
  /** The request as it came, where the protocol tells it: hexadecimal digits. */
  readonly frame: string | undefined
}

/** What a connector's meter said. */
export interface Metered {
  readonly kind: 'metered'
  /** Milliseconds UTC; by the charger's clock where that can be believed. */
  readonly at: number
  readonly charger: string
  readonly connector: number
  readonly powerW: number | undefined
  /** The published total, which only grows in the order in which it is told. */
  readonly energyWh: number | undefined
  readonly session: { readonly transactionId: number; readonly energyWh: number | undefined } | undefined
}

/** What the bridge has to say of itself. */
export interface Note {
  readonly kind: 'note'
  readonly at: number
  /** One word, such as `EntriesLost`. */
  readonly type: string
  /** One line for people. */
  readonly message: string
}

export type Entry = Message | Write | Metered | Note

/** Where everything that happens is told. Synchronous, never throws: it is written later, by somebody else. */
export interface History {
  tell(entry: Entry): void
}

export const noHistory: History = { tell: () => {} }
